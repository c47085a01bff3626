import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  constants,
  createReadStream,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { EmbedError } from '../../errors.ts';
import { isOurs, isRunning } from '../../files/disk.ts';

/** A file as the hub lists it. The hash of large files is their sha256, that of others is git's sha1 of a blob. */
export type ListedFile = { path: string; size: number; hash: string; algorithm: 'sha256' | 'sha1' };

/** The hub does not answer, or the connection broke off; a copy in the cache may still serve. */
export class Unreachable extends EmbedError {}

export function stopped(): EmbedError {
  return new EmbedError('stopped', { hint: 'the same command resumes where it stopped' });
}

/** Attempts in a row without new bytes, after which a download fails. */
const MAX_ATTEMPTS = 4;

type Fetching = {
  blob: string;
  ask: typeof fetch;
  signal: AbortSignal;
  id: string;
  /** Called with the bytes of a file that have arrived, and its size. */
  onProgress: ((file: string, done: number, total: number) => void) | undefined;
};

/** Downloads a file to `blob`; a partial download is resumed. Throws an EmbedError if it does not have the listed hash. */
export async function fetchFile(url: string, file: ListedFile, { blob, ask, signal, id, onProgress }: Fetching): Promise<void> {
  const part = claimPart(blob);
  const report = (done: number): void => onProgress?.(file.path, done, file.size);
  for (let attempt = 1; ; attempt++) {
    const before = lengthOf(part);
    try {
      await fetchRest(url, part, { ask, id, size: file.size, report });
      break;
    } catch (error) {
      // as long as bytes arrive, it is worth another attempt
      if (lengthOf(part) > before) attempt = 1;
      if (!(error instanceof Unreachable) || attempt === MAX_ATTEMPTS) throw error;
      if (signal.aborted) throw stopped();
      await wait(250 * 2 ** attempt, undefined, { signal }).catch(() => {});
    }
  }
  const hash = await hashPart(part, file);
  if (hash !== file.hash) {
    rmSync(part);
    throw new EmbedError(
      `Cannot fetch the model ${id}: what arrived of ${file.path} is not what the hub lists (${file.algorithm} ${hash})`,
      {
        hint: 'Give the command again; nothing of that file was kept',
      },
    );
  }
  renameSync(part, blob);
}

// a part that is a link is not followed; Windows has no such flag
const WRITE = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

/** Appends the missing bytes to a part. */
async function fetchRest(
  url: string,
  part: string,
  { ask, id, size, report }: Pick<Fetching, 'ask' | 'id'> & { size: number; report: (done: number) => void },
): Promise<void> {
  let done = lengthOf(part);
  if (done >= size && size > 0) return;
  const response = await ask(url, done > 0 ? { headers: { range: `bytes=${done}-` } } : {});
  // a server that does not know ranges sends all of it again
  const resumes = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${done}-`) === true;
  if (!resumes) done = 0;
  const descriptor = openSync(part, WRITE | (resumes ? 0 : constants.O_TRUNC), 0o666);
  try {
    report(done);
    for await (const chunk of response.body ?? []) {
      for (let from = 0; from < chunk.length;) from += writeSync(descriptor, chunk, from, chunk.length - from, done + from);
      done += chunk.length;
      report(done);
      if (done > size) break;
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).syscall === 'write') throw cause;
    throw new Unreachable(
      `Cannot fetch the model ${id}: the connection broke off after ${done} of ${size} bytes of ${basename(new URL(url).pathname)}`,
      {
        hint: 'Give the command again: it resumes where it stopped',
        cause,
      },
    );
  } finally {
    closeSync(descriptor);
  }
  if (done >= size) return;
  throw new Unreachable(`Cannot fetch the model ${id}: only ${done} of ${size} bytes of ${basename(new URL(url).pathname)} arrived`, {
    hint: 'Give the command again: it resumes where it stopped',
  });
}

export function lengthOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The path of a download in progress. If a run that has ended left a part, it is renamed to this path. */
function claimPart(blob: string): string {
  const own = `${blob}.${process.pid}.incomplete`;
  const names = readdirSync(dirname(blob)).filter((name) => name.startsWith(`${basename(blob)}.`) && name.endsWith('.incomplete'));
  for (const name of names) {
    const owner = Number(name.slice(basename(blob).length + 1, -'.incomplete'.length));
    if (!(owner > 0) || isRunning(owner)) continue;
    try {
      renameSync(join(dirname(blob), name), own);
      break;
    } catch {
      // another run was faster
    }
  }
  const stats = lstatSync(own, { throwIfNoEntry: false });
  // a link, or a file with a second name, would be written through; another user could change theirs
  if (stats && !(stats.isFile() && stats.nlink === 1 && isOurs(stats))) rmSync(own, { recursive: true, force: true });
  return own;
}

/** Whether a file is here, with the content that the hub lists. */
export async function isHere(path: string, file: ListedFile): Promise<boolean> {
  return existsSync(path) && lengthOf(path) === file.size && (await hashPart(path, file)) === file.hash;
}

async function hashPart(part: string, { algorithm }: ListedFile): Promise<string> {
  const hash: Hash = createHash(algorithm);
  // git hashes a blob with its length before it
  if (algorithm === 'sha1') hash.update(`blob ${lengthOf(part)}\0`);
  for await (const chunk of createReadStream(part, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
