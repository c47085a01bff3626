import { BlockList, isIP } from 'node:net';
import { EmbedError } from '../../errors.ts';

/** The proxy that the environment names for an address: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in upper or lower case. */
export type Proxy = {
  /** The variable that names it. */
  variable: string;
  url: URL;
  /** Its address in messages: without the credentials. */
  shown: string;
  /** The value of Proxy-Authorization; undefined without credentials. */
  authorization: string | undefined;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Lower case wins, as in curl and in Python. */
function valueOf(name: string, env: Environment): { variable: string; value: string } | undefined {
  for (const variable of [name, name.toUpperCase()]) {
    const value = env[variable]?.trim();
    if (value) return { variable, value };
  }
  return undefined;
}

/** Whether any proxy is named. */
export function hasProxy(env: Environment = process.env): boolean {
  return ['http_proxy', 'https_proxy', 'all_proxy'].some((name) => valueOf(name, env) !== undefined);
}

/** The proxy for an address; undefined if it is reached directly. Throws an EmbedError for a variable that names none. */
export function proxyFor(target: URL, env: Environment = process.env): Proxy | undefined {
  const named = valueOf(`${target.protocol.slice(0, -1)}_proxy`, env) ?? valueOf('all_proxy', env);
  if (named === undefined || isDirect(target, valueOf('no_proxy', env)?.value ?? '')) return undefined;
  const { variable, value } = named;
  const url = parsed(value);
  if (url === undefined) {
    throw new EmbedError(`the proxy in ${variable} is not the address of an HTTP proxy`, {
      hint: `Set it to http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, or unset ${variable}`,
    });
  }
  const { username, password, protocol, host } = url;
  const credentials = username || password ? `${decoded(username)}:${decoded(password)}` : undefined;
  return {
    variable,
    url,
    shown: `${protocol}//${host}`,
    authorization: credentials && `Basic ${Buffer.from(credentials).toString('base64')}`,
  };
}

/** An address without its scheme is one of HTTP. */
function parsed(value: string): URL | undefined {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (!URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  return /^https?:$/.test(url.protocol) ? url : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // a % that stands for itself
    return text;
  }
}

const PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** Whether NO_PROXY names a host: by its name, a domain above it, its address, a range of addresses, or `*`; with a port only on that port. */
function isDirect({ hostname, port, protocol }: URL, noProxy: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const onPort = port || PORTS[protocol];
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === '*') return true;
      const [, ipv6, name = '', itsPort] = /^(?:\[(.*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
      const wanted = (ipv6 ?? name).replace(/^\*?\./, '');
      if (wanted === '' || (itsPort !== undefined && itsPort !== onPort)) return false;
      return host === wanted || (isIP(host) === 0 && host.endsWith(`.${wanted}`)) || isInRange(host, wanted);
    });
}

/** Whether an address is in a range such as 10.0.0.0/8. */
function isInRange(host: string, range: string): boolean {
  const [net = '', bits = ''] = range.split('/');
  const family = isIP(host);
  if (family === 0 || isIP(net) !== family || !/^\d+$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(net, Number(bits), kind);
  return list.check(host, kind);
}
