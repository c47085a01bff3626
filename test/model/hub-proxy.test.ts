import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { proxyFor } from '../../src/model/hub/proxy.ts';
import { startEmbed } from '../children.ts';
import { COMMIT, startHub, type HubServer } from '../hub-server.ts';
import { inFreshFolder, run } from '../run.ts';
import { writeLookupModel } from './tiny-bert.ts';

/** A proxy on this machine: it forwards plain requests and opens tunnels, to wherever `route` leads. */
type ProxyServer = { url: string; asked: string[]; authorizations: (string | undefined)[]; refuse?: number; close(): Promise<void> };

async function startProxy(route: (host: string) => number): Promise<ProxyServer> {
  const sockets = new Set<Socket>();
  const server = createServer((incoming, outgoing) => {
    proxy.asked.push(`${incoming.method} ${new URL(incoming.url!).host}`);
    proxy.authorizations.push(incoming.headers['proxy-authorization']);
    if (proxy.refuse !== undefined) return void outgoing.writeHead(proxy.refuse).end();
    const { host, pathname, search } = new URL(incoming.url!);
    const { 'proxy-authorization': _, ...headers } = incoming.headers;
    const onward = request({ host: '127.0.0.1', port: route(host), path: pathname + search, method: incoming.method, headers });
    onward.on('response', (answer: IncomingMessage) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
      // a connection that breaks off behind the proxy breaks off before it
      answer.on('error', () => outgoing.destroy());
    });
    onward.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(onward);
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (incoming, socket: Socket, head) => {
    proxy.asked.push(`CONNECT ${incoming.url}`);
    proxy.authorizations.push(incoming.headers['proxy-authorization']);
    if (proxy.refuse !== undefined) return void socket.end(`HTTP/1.1 ${proxy.refuse} No\r\n\r\n`);
    const onward = connect(route(incoming.url!), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    sockets.add(onward);
    for (const end of [socket, onward]) end.on('error', () => [socket, onward].forEach((one) => one.destroy()));
  });
  const proxy: ProxyServer = {
    url: `http://127.0.0.1:${await listening(server)}`,
    asked: [],
    authorizations: [],
    close: () => closed(server, sockets),
  };
  return proxy;
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function closed(server: Server, sockets: Iterable<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

const NAMES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];
let hub: HubServer;
let proxy: ProxyServer;
const port = (url: string): number => Number(new URL(url).port);

beforeEach(async () => {
  const folder = inFreshFolder();
  for (const name of NAMES.flatMap((one) => [one, one.toUpperCase()])) vi.stubEnv(name, undefined);
  for (const name of ['HF_TOKEN', 'HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HUB_OFFLINE']) vi.stubEnv(name, undefined);
  writeLookupModel('served');
  hub = await startHub('served');
  vi.stubEnv('HF_HOME', `${folder}/home`);
  // a name that only the proxy can resolve
  vi.stubEnv('HF_ENDPOINT', 'http://hub.test');
  proxy = await startProxy(() => port(hub.url));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([hub.close(), proxy.close()]);
});

const tokenizer = `home/hub/models--acme--tiny/snapshots/${COMMIT}/tokenizer.json`;

describe('a proxy', () => {
  it.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'])('in %s forwards every request to the hub', async (variable) => {
    vi.stubEnv(variable, proxy.url);
    const { code, err } = await run(['models', 'get', 'acme/tiny']);
    expect([code, err]).toEqual([0, expect.stringContaining('next: ')]);
    expect(readFileSync(tokenizer)).toEqual(hub.files.get('tokenizer.json'));
    expect(proxy.asked).toHaveLength(hub.asked.length);
    expect(new Set(proxy.asked)).toEqual(new Set(['GET hub.test']));
  });

  it('is asked for the rest of a file where the connection broke off, and passes the token on', async () => {
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('HF_TOKEN', 'hf_right');
    let sent = 0;
    hub.faults.cut = { path: 'tokenizer.json', after: 700, taken: () => ++sent > 20 };
    expect((await run(['models', 'get', 'acme/tiny'])).code).toBe(0);
    expect(hub.asked.filter((line) => line.includes('tokenizer.json'))).toEqual([
      expect.stringMatching(/tokenizer.json$/),
      expect.stringMatching(/tokenizer.json bytes=\d+-$/),
    ]);
    expect(readFileSync(tokenizer)).toEqual(hub.files.get('tokenizer.json'));
    expect(new Set(hub.tokens)).toEqual(new Set(['Bearer hf_right']));
  });

  it('gets the user and password in its address, and the hub does not', async () => {
    vi.stubEnv('HTTP_PROXY', proxy.url.replace('//', '//anna:p%40ss@'));
    expect((await run(['models', 'get', 'acme/tiny'])).code).toBe(0);
    expect(new Set(proxy.authorizations)).toEqual(new Set([`Basic ${Buffer.from('anna:p@ss').toString('base64')}`]));
  });

  it.each([
    [
      'that asks for a password',
      407,
      '',
      /which HTTP_PROXY names, asks for a user and a password \(status 407\)\nhint: Set HTTP_PROXY to http:\/\/USER:PASSWORD@127/,
    ],
    [
      'that takes another password',
      407,
      'anna:secret@',
      /does not accept the user and password in it \(status 407\)\nhint: Set HTTP_PROXY to/,
    ],
  ])('%s is named, and never its password', async (_, status, credentials, message) => {
    proxy.refuse = status;
    vi.stubEnv('HTTP_PROXY', proxy.url.replace('//', `//${credentials}`));
    const { code, err } = await run(['models', 'get', 'acme/tiny']);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
    expect(err).toMatch(/^error: Cannot fetch the model acme\/tiny: the proxy http:\/\/127\.0\.0\.1:\d+, which/);
    expect(err).not.toContain('secret');
  });

  it('that refuses a tunnel is named', async () => {
    proxy.refuse = 403;
    vi.stubEnv('HF_ENDPOINT', 'https://hub.test');
    vi.stubEnv('https_proxy', proxy.url);
    const { err } = await run(['models', 'get', 'acme/tiny']);
    expect(err).toMatch(
      /the proxy \S+, which https_proxy names, does not connect to hub\.test \(status 403\)\nhint: Ask whoever runs the proxy, or name hub\.test in NO_PROXY/,
    );
  });

  it.each(['http://hub.test', 'https://hub.test'])('that is not there is named, with the variable, for %s', async (endpoint) => {
    const unused = createTcpServer();
    const free = await listening(unused);
    await closed(unused, []);
    vi.stubEnv('HF_ENDPOINT', endpoint);
    vi.stubEnv('ALL_PROXY', `http://anna:secret@127.0.0.1:${free}`);
    const { code, err } = await run(['models', 'get', 'acme/tiny']);
    expect(code).toBe(2);
    expect(err).toContain(
      `the proxy http://127.0.0.1:${free}, which ALL_PROXY names, cannot be reached (ECONNREFUSED)\nhint: Correct ALL_PROXY, unset it, or`,
    );
    expect(err).not.toContain('secret');
  });

  it.each(['socks5://anna:secret@127.0.0.1:1080', 'http://', 'not a proxy'])('in words that name none, %j, is an error', async (value) => {
    vi.stubEnv('HTTP_PROXY', value);
    const { code, err } = await run(['models', 'get', 'acme/tiny']);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('the proxy in HTTP_PROXY is not the address of an HTTP proxy\nhint: Set it to http://HOST:PORT'),
    ]);
    expect(err).not.toContain('secret');
  });

  it('is passed by for the hosts in NO_PROXY', async () => {
    vi.stubEnv('HF_ENDPOINT', hub.url);
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', 'localhost, 127.0.0.1');
    expect((await run(['models', 'get', 'acme/tiny'])).code).toBe(0);
    expect(proxy.asked).toEqual([]);
    expect(hub.asked.length).toBeGreaterThan(0);
  });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describe.skipIf(!hasOpenssl)('a tunnel', () => {
  it('carries an encrypted connection that the proxy cannot read', async () => {
    const files = ['-keyout', 'key.pem', '-out', 'cert.pem', '-subj', '/CN=hub.test', '-addext', 'subjectAltName=DNS:hub.test'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files], { stdio: 'ignore' });
    const sockets = new Set<Socket>();
    const secure = createTlsServer({ key: readFileSync('key.pem'), cert: readFileSync('cert.pem') }, (socket) => {
      const onward = connect(port(hub.url), '127.0.0.1');
      for (const end of [socket, onward]) {
        sockets.add(end);
        end.on('error', () => [socket, onward].forEach((one) => one.destroy()));
      }
      socket.pipe(onward).pipe(socket);
    });
    const securePort = await listening(secure);
    const tunnels = await startProxy(() => securePort);
    try {
      const { http_proxy: _, ...env } = process.env;
      const asked = (more: NodeJS.ProcessEnv): ReturnType<typeof startEmbed> =>
        startEmbed(['models', 'get', 'acme/tiny'], {
          env: { ...env, HF_ENDPOINT: 'https://hub.test', HTTPS_PROXY: tunnels.url.replace('//', '//anna:secret@'), ...more },
        });
      const untrusted = await asked({}).ended;
      expect(untrusted).toMatchObject({
        code: 2,
        err: expect.stringMatching(/https:\/\/hub\.test cannot be reached \((DEPTH_ZERO_)?SELF_SIGNED_CERT\)/) as string,
      });
      const ended = await asked({ NODE_EXTRA_CA_CERTS: 'cert.pem' }).ended;
      expect([ended.code, ended.err]).toEqual([0, expect.stringContaining('next: ')]);
      expect(readFileSync(tokenizer)).toEqual(hub.files.get('tokenizer.json'));
      expect(new Set(tunnels.asked)).toEqual(new Set(['CONNECT hub.test:443']));
      expect(new Set(tunnels.authorizations)).toEqual(new Set([`Basic ${Buffer.from('anna:secret').toString('base64')}`]));
    } finally {
      await Promise.all([closed(secure, sockets), tunnels.close()]);
    }
  });
});

describe('proxyFor', () => {
  const env = { HTTPS_PROXY: 'proxy.lan:3128' };
  const direct = (url: string, no: string): boolean => proxyFor(new URL(url), { ...env, NO_PROXY: no }) === undefined;

  it.each<[string, string, boolean]>([
    ['https://huggingface.co/a', '', false],
    ['https://huggingface.co/a', '*', true],
    ['https://huggingface.co/a', 'example.org *', true],
    ['https://huggingface.co/a', 'huggingface.co', true],
    ['https://cdn.huggingface.co/a', 'huggingface.co', true],
    ['https://cdn.huggingface.co/a', '.huggingface.co', true],
    ['https://cdn.huggingface.co/a', '*.huggingface.co', true],
    ['https://nothuggingface.co/a', 'huggingface.co', false],
    ['https://huggingface.co.evil/a', 'huggingface.co', false],
    ['https://HuggingFace.co/a', 'localhost,HUGGINGFACE.CO', true],
    ['https://huggingface.co/a', 'huggingface.co:443', true],
    ['https://huggingface.co/a', 'huggingface.co:8443', false],
    ['https://huggingface.co:8443/a', '.co:8443', true],
    ['https://10.1.2.3/a', '10.0.0.0/8', true],
    ['https://11.1.2.3/a', '10.0.0.0/8', false],
    ['https://10.1.2.3/a', '2.3', false],
    ['https://10.1.2.3/a', '10.0.0.0/99', false],
    ['https://[::1]/a', '::1', true],
    ['https://[::1]:8443/a', '[::1]:8443', true],
    ['https://[::1]/a', '[::1]:8443', false],
    ['https://[fd00::5]/a', 'fd00::/8', true],
  ])('of %s with NO_PROXY=%s: direct %s', (url, no, expected) => {
    expect(direct(url, no)).toBe(expected);
  });

  it('takes the variable of the scheme first, in lower case first, and an address without a scheme', () => {
    const all = { http_proxy: 'a:1', HTTP_PROXY: 'b:1', HTTPS_PROXY: 'c:1', ALL_PROXY: 'd:1' };
    const found = (url: string, from: Record<string, string>): (string | undefined)[] => {
      const proxied = proxyFor(new URL(url), from);
      return [proxied?.variable, proxied?.shown];
    };
    expect(found('http://x/', all)).toEqual(['http_proxy', 'http://a:1']);
    expect(found('https://x/', all)).toEqual(['HTTPS_PROXY', 'http://c:1']);
    expect(found('https://x/', { ALL_PROXY: 'd:1', https_proxy: ' ' })).toEqual(['ALL_PROXY', 'http://d:1']);
    expect(found('https://x/', { HTTP_PROXY: 'b:1' })).toEqual([undefined, undefined]);
  });
});
