import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative, sep } from 'node:path';

/** A hub on this machine that speaks as much of the Hugging Face Hub's protocol as a download needs. */
export type HubServer = {
  url: string;
  /** "METHOD /path" of what was asked, with the range where one was. */
  asked: string[];
  /** Authorization of each request. */
  tokens: (string | undefined)[];
  /** Files as they are served, by path; taken from `folder`. */
  files: Map<string, Buffer>;
  /** What goes wrong. */
  faults: {
    /** Status and error code of every answer. */
    refuse?: { status: number; code?: string };
    /** Ends the connection after so many bytes of this file, as soon as the client has taken them, once. */
    cut?: { path: string; after: number; taken: () => boolean } | undefined;
    /** Sends other bytes for this file. */
    corrupt?: string | undefined;
    /** Lists this file, and does not have it. */
    missing?: string | undefined;
    /** Knows nothing of ranges. */
    ignoreRanges?: boolean;
    /** Answers nothing to an anonymous client. */
    token?: string;
    /** Says that the list of files goes on there. */
    next?: string;
  };
  close(): Promise<void>;
};

export const COMMIT: string = 'c0ffee'.repeat(6) + 'beef';

/** Serves the files of `folder` as the model `id`, whose branch main is `COMMIT`; files above `lfsFrom` bytes are in large file storage. */
export async function startHub(
  folder: string,
  { id = 'acme/tiny', lfsFrom = 1000 }: { id?: string; lfsFrom?: number } = {},
): Promise<HubServer> {
  const files = new Map<string, Buffer>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (statSync(path).isFile()) files.set(relative(folder, path).split(sep).join('/'), readFileSync(path));
  }
  const hub: Omit<HubServer, 'url' | 'close'> = { asked: [], tokens: [], files, faults: {} };
  const revisions = new Set(['main', 'v1', COMMIT]);

  const entry = (path: string, bytes: Buffer): object => {
    const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    const lfs = { oid: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, pointerSize: 134 };
    return { type: 'file', oid, size: bytes.length, path, ...(bytes.length > lfsFrom ? { lfs } : {}) };
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname } = new URL(request.url!, 'http://hub');
    const { range, authorization } = request.headers;
    hub.asked.push(`${request.method} ${pathname}${range === undefined ? '' : ` ${range}`}`);
    hub.tokens.push(authorization);
    const { refuse, token } = hub.faults;
    const fail = (status: number, code?: string): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...(code === undefined ? {} : { 'x-error-code': code }) });
      response.end(JSON.stringify({ error: 'no' }));
    };
    if (refuse) return fail(refuse.status, refuse.code);
    if (token !== undefined && authorization !== `Bearer ${token}`) return fail(401, 'GatedRepo');
    const [, api] = /^\/api\/models\/([^/]+\/[^/]+)\//.exec(pathname) ?? [];
    if (api !== undefined && api !== id) return fail(401, 'RepoNotFound');
    const json = (value: unknown): void => {
      const { next } = hub.faults;
      response.writeHead(200, {
        'content-type': 'application/json',
        ...(next && Array.isArray(value) ? { link: `<${next}>; rel="next"` } : {}),
      });
      response.end(JSON.stringify(value));
    };
    const revision = decodeURIComponent(/\/revision\/([^/]+)$/.exec(pathname)?.[1] ?? /\/tree\/([^/]+)$/.exec(pathname)?.[1] ?? 'main');
    if (!revisions.has(revision)) return fail(404, 'RevisionNotFound');
    if (pathname.includes('/revision/')) return json({ id, sha: COMMIT });
    if (pathname.includes('/tree/')) return json([...files].map(([path, bytes]) => entry(path, bytes)));
    const path = decodeURIComponent(pathname.slice(`/${id}/resolve/${COMMIT}/`.length));
    const bytes = files.get(path);
    if (!bytes || hub.faults.missing === path) return fail(404, 'EntryNotFound');
    serve(response, hub.faults.corrupt === path ? Buffer.alloc(bytes.length, 7) : bytes, { path, range });
  };
  const serve = (response: ServerResponse, bytes: Buffer, { path, range }: { path: string; range: string | undefined }): void => {
    const from = hub.faults.ignoreRanges ? 0 : Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    const part = bytes.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': part.length,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    const { cut } = hub.faults;
    if (cut?.path !== path) return void response.end(part);
    hub.faults.cut = undefined;
    // bytes that the client has not taken would be lost with the connection
    const cutOff = (): void => void (cut.taken() ? response.destroy() : response.destroyed || setTimeout(cutOff, 5));
    response.write(part.subarray(0, cut.after), cutOff);
  };

  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(hub, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}
