import { request as plainRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { connect as connectSecurely } from 'node:tls';
import { EmbedError } from '../../errors.ts';
import { proxyFor, type Proxy } from './proxy.ts';

/** `fetch` by way of the proxies of the environment, which that of Node 20 ignores. Loaded only where there is one. */

/** As many as fetch follows. */
const MAX_REDIRECTS = 20;

/** Without a byte for so long, a connection counts as lost, as in fetch. */
const IDLE_MS = 300_000;

/** Sends a request that has no body, and follows redirects. Where the proxy fails, throws an EmbedError that names its variable, and never the credentials in it. */
export async function proxiedFetch(from: string, { headers, signal }: { headers: Headers; signal: AbortSignal }): Promise<Response> {
  let url = new URL(from);
  const sent = new Headers(headers);
  // fetch decodes what is compressed; here it is asked for as it is
  sent.set('accept-encoding', 'identity');
  for (let hops = 0; ; hops++) {
    const proxy = proxyFor(url);
    const message = await answered(url, { proxy, headers: sent, signal });
    const status = message.statusCode!;
    const location = message.headers.location;
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined) {
      if (status === 407 && proxy) {
        message.destroy();
        throw refused(proxy, status, url);
      }
      return responseOf(message, url);
    }
    message.resume();
    if (hops === MAX_REDIRECTS) throw new Error('too many redirects');
    const next = new URL(location, url);
    // another host must not get the token
    if (next.origin !== url.origin) sent.delete('authorization');
    url = next;
  }
}

type Sending = { proxy: Proxy | undefined; headers: Headers; signal: AbortSignal };

/** Sends one request: plain ones are forwarded by the proxy, encrypted ones go through a tunnel. */
async function answered(url: URL, { proxy, headers, signal }: Sending): Promise<IncomingMessage> {
  const own = Object.fromEntries(headers);
  if (!proxy)
    return responseTo(
      url.protocol === 'https:' ? secureRequest(url, { headers: own, signal }) : plainRequest(url, { headers: own, signal }),
    );
  if (url.protocol === 'https:') {
    const socket = await tunnel(proxy, url, signal);
    const { hostname } = url;
    const host = hostname.replace(/^\[|\]$/g, '');
    const createConnection = (): Socket => connectSecurely({ socket, host, ...(isIP(host) ? {} : { servername: host }) });
    return responseTo(secureRequest(url, { headers: own, signal, createConnection }));
  }
  const request = toProxy(proxy, { method: 'GET', path: url.href, headers: { ...own, host: url.host }, signal });
  return responseTo(request).catch((cause: unknown) => {
    throw unreachable(proxy, cause, signal);
  });
}

function toProxy({ url, authorization }: Proxy, options: RequestOptions): ClientRequest {
  const send = url.protocol === 'https:' ? secureRequest : plainRequest;
  return send({
    ...options,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    headers: { ...options.headers, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) },
  });
}

/** A connection to a host that the proxy passes on as it is. */
function tunnel(proxy: Proxy, target: URL, signal: AbortSignal): Promise<Socket> {
  const address = `${target.hostname}:${target.port || 443}`;
  const request = toProxy(proxy, { method: 'CONNECT', path: address, headers: { host: address }, signal });
  return new Promise((resolve, reject) => {
    request.once('connect', ({ statusCode }, socket: Socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(refused(proxy, statusCode!, target));
    });
    request.once('error', (cause) => reject(unreachable(proxy, cause, signal)));
    request.setTimeout(IDLE_MS, () => request.destroy(new Error('timeout')));
    request.end();
  });
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
    request.setTimeout(IDLE_MS, () => request.destroy(new Error('timeout')));
    request.end();
  });
}

function responseOf(message: IncomingMessage, url: URL): Response {
  const headers = new Headers();
  for (let at = 0; at < message.rawHeaders.length; at += 2) headers.append(message.rawHeaders[at]!, message.rawHeaders[at + 1]!);
  const status = message.statusCode!;
  const empty = [204, 205, 304].includes(status);
  if (empty) message.resume();
  const response = new Response(empty ? null : (Readable.toWeb(message) as ReadableStream), { status, headers });
  return Object.defineProperty(response, 'url', { value: url.href });
}

function unreachable({ variable, shown }: Proxy, cause: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  return new EmbedError(`the proxy ${shown}, which ${variable} names, cannot be reached (${code ?? message})`, {
    hint: `Correct ${variable}, unset it, or name the hosts that need no proxy in NO_PROXY`,
    cause,
  });
}

function refused({ variable, shown, authorization, url: { protocol, host } }: Proxy, status: number, target: URL): EmbedError {
  if (status !== 407) {
    return new EmbedError(`the proxy ${shown}, which ${variable} names, does not connect to ${target.host} (status ${status})`, {
      hint: `Ask whoever runs the proxy, or name ${target.hostname} in NO_PROXY if it can be reached directly`,
    });
  }
  const what = authorization === undefined ? 'asks for a user and a password' : 'does not accept the user and password in it';
  return new EmbedError(`the proxy ${shown}, which ${variable} names, ${what} (status 407)`, {
    hint: `Set ${variable} to ${protocol}//USER:PASSWORD@${host}`,
  });
}
