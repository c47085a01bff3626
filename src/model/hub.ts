import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CliError } from '../errors.ts';
import { version } from '../version.ts';
import { CachedModel, COMMIT, listCache, type CacheEntry, type HubName } from './hub-cache.ts';
import { collectFiles } from './model-files.ts';
import { staysInside } from './modules.ts';

/** The one door to the Hugging Face Hub (@huggingface/hub): models that are named by their owner and name. */

export type HubOptions = {
  signal: AbortSignal;
  /** Called with the bytes of a file that are here. */
  onProgress?: (file: string, done: number, total: number) => void;
  note?: (text: string) => void;
  /** Ask the hub even where the cache has the model: its branch may have moved. */
  update?: boolean;
  /** Take a model that asks for code of its own, without it. */
  force?: boolean;
};

/** A model that is here. */
export type Located = { folder: string; commit: string };

/**
 * The folder of a published model: from the cache, where it is whole; else downloaded, each file checked against the hash that the hub
 * lists before it gets its name. What was there of an earlier download is gone on with.
 */
export async function locateModel({ id, revision = 'main' }: HubName, options: HubOptions): Promise<Located> {
  const { update = false, force = false, note = () => {} } = options;
  const cache = new CachedModel(await cacheRoot(), id);
  const commit = cache.commitOf(revision);
  const whole = commit && !update ? await cache.find(commit, { force, trusting: false }) : undefined;
  if (commit && whole) return { folder: whole.folder, commit };
  const trusted = commit ? await cache.find(commit, { force, trusting: true }) : undefined;
  const take = (why: string): Located => {
    const unsure = trusted?.unsure ?? [];
    if (unsure.length > 0)
      note(`note: ${why}, so it is not known whether ${id} has ${unsure.join(', ')}; embed models get ${id}${at(revision)} settles it`);
    // what else is missing is told when the folder is read
    return { folder: cache.snapshot(commit!), commit: commit! };
  };
  if (isOffline()) {
    if (commit && update) note('note: HF_HUB_OFFLINE forbids to ask whether it has moved on');
    if (commit && existsSync(join(cache.snapshot(commit), 'modules.json'))) return take('HF_HUB_OFFLINE forbids the network');
    throw new CliError(`Cannot load the model ${id}${at(revision)}: it is not in the cache, and HF_HUB_OFFLINE forbids the network`, {
      hint: `Fetch it where there is a network: embed models get ${id}${at(revision)}; embed models lists what is here`,
    });
  }
  try {
    return await download(cache, { id, revision }, options);
  } catch (error) {
    if (!trusted || update || !(error instanceof Unreachable)) throw error;
    note(`note: ${error.message}; taking ${id} from the cache`);
    return take('the hub cannot be asked');
  }
}

/** The folder of a published model, if it is in the cache; nothing is downloaded. */
export async function cachedModel({ id, revision }: HubName): Promise<Located | undefined> {
  const cache = new CachedModel(await cacheRoot(), id);
  const commit = cache.commitOf(revision);
  const found = commit && (await cache.find(commit, { force: true, trusting: true }));
  return found ? { folder: found.folder, commit } : undefined;
}

/** The models in the cache. */
export async function cachedModels(): Promise<CacheEntry[]> {
  return listCache(await cacheRoot());
}

/** The cache's folder: HF_HUB_CACHE, else below HF_HOME, else in the user's cache. */
export async function cacheRoot(): Promise<string> {
  const { getHFHubCachePath } = await import('@huggingface/hub');
  return fromHome(getHFHubCachePath());
}

/** A path that may begin with ~. */
function fromHome(path: string): string {
  return path.replace(/^~(?=[\\/]|$)/, homedir());
}

const at = (revision: string): string => (revision === 'main' ? '' : `@${revision}`);

const isSet = (name: string): boolean => /^(1|on|yes|true)$/i.test(process.env[name] ?? '');

function isOffline(): boolean {
  return isSet('HF_HUB_OFFLINE') || isSet('TRANSFORMERS_OFFLINE');
}

function endpoint(): string {
  return (process.env['HF_ENDPOINT'] || 'https://huggingface.co').replace(/\/+$/, '');
}

/** HF_TOKEN, or the one that `hf auth login` has left. */
function accessToken(): string | undefined {
  const given = (process.env['HF_TOKEN'] || process.env['HUGGING_FACE_HUB_TOKEN'])?.trim();
  if (given || isSet('HF_HUB_DISABLE_IMPLICIT_TOKEN')) return given;
  const home = process.env['HF_HOME'] || join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'huggingface');
  try {
    return readFileSync(process.env['HF_TOKEN_PATH'] || join(fromHome(home), 'token'), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** The hub does not answer, or the connection broke off: what is in the cache may still do. */
class Unreachable extends CliError {}

/** Asks the hub; whatever is not an answer is an error in words. */
function hubFetch({ id, revision = 'main' }: HubName, signal: AbortSignal): typeof fetch {
  const token = accessToken();
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('user-agent', `embed/${version()}`);
    // what the hub refers to may be another host
    const { origin } = new URL(input instanceof Request ? input.url : input);
    if (token && origin === new URL(endpoint()).origin) headers.set('authorization', `Bearer ${token}`);
    let response: Response;
    try {
      response = await fetch(input, { ...init, headers, signal });
    } catch (cause) {
      if (signal.aborted) throw stopped();
      throw unreachable(id, cause);
    }
    if (response.ok || response.status === 416) return response;
    await response.body?.cancel();
    throw refusal(response, { id, revision }, token !== undefined);
  };
}

function stopped(): CliError {
  return new CliError('stopped', { hint: 'the same command goes on where it stopped' });
}

function unreachable(id: string, cause: unknown): Unreachable {
  const { message, cause: inner } = cause as Error & { cause?: { code?: string } };
  return new Unreachable(`Cannot fetch the model ${id}: ${endpoint()} cannot be reached (${inner?.code ?? message})`, {
    hint: 'Give the command again when there is a network, or a folder with --model; embed models lists what is here',
    cause,
  });
}

/** What a status of the hub means. */
function refusal({ status, headers, url }: Response, { id, revision }: HubName, withToken: boolean): CliError {
  const code = headers.get('x-error-code');
  const cannot = `Cannot fetch the model ${id}`;
  const page = `${endpoint()}/${id}`;
  if (code === 'RevisionNotFound') {
    return new CliError(`${cannot}: it has no revision "${revision}"`, {
      hint: `Look for its branches, tags and commits at ${page}/tree/main`,
    });
  }
  if (code === 'EntryNotFound') {
    return new CliError(`${cannot}: ${new URL(url).pathname} is gone from the hub`, { hint: 'Give the command again' });
  }
  if (status === 401 && code === null && withToken) {
    return new CliError(`${cannot}: the hub does not accept the token (status 401)`, { hint: 'Unset HF_TOKEN, or log in again' });
  }
  if (code === 'GatedRepo' || status === 403 || (status === 401 && code !== 'RepoNotFound')) {
    return new CliError(
      `${cannot}: its makers ask who uses it, and ${withToken ? 'this token has no access' : 'no token was given'} (status ${status})`,
      {
        hint: `Accept its terms at ${page}, then set HF_TOKEN to a token of yours that may read it`,
      },
    );
  }
  if (status === 404 || status === 401) {
    return new CliError(`${cannot}: there is no folder and no public model of that name at ${endpoint()}`, {
      hint: 'Check the name; for a private model set HF_TOKEN',
    });
  }
  const Kind = status >= 500 || status === 429 ? Unreachable : CliError;
  return new Kind(`${cannot}: ${new URL(url).host} answers with status ${status}`, {
    hint: 'Give the command again later: it goes on where it stopped',
  });
}

/** A file as the hub lists it: `sha256` of large ones, `sha1` as git computes it of the others. */
type ListedFile = { path: string; size: number; hash: string; algorithm: 'sha256' | 'sha1' };

async function download(cache: CachedModel, name: HubName, { signal, onProgress, force = false }: HubOptions): Promise<Located> {
  const { modelInfo, listFiles } = await import('@huggingface/hub');
  const { id, revision = 'main' } = name;
  const ask = hubFetch(name, signal);
  const hubUrl = endpoint();
  const { sha: commit } = await modelInfo({ name: id, revision, hubUrl, fetch: ask, additionalFields: ['sha'] });
  if (!COMMIT.test(commit))
    throw new CliError(`Cannot fetch the model ${id}: ${hubUrl} gives no commit for "${revision}"`, { hint: 'Check HF_ENDPOINT' });
  const files = new Map<string, ListedFile>();
  for await (const { type, path, size, oid, lfs } of listFiles({ repo: id, revision: commit, recursive: true, hubUrl, fetch: ask })) {
    // hashes and paths become names of files
    if (type !== 'file' || !staysInside(path) || !/^[0-9a-f]{40,64}$/.test(lfs?.oid ?? oid ?? '')) continue;
    if (lfs) files.set(path, { path, size: lfs.size, hash: lfs.oid, algorithm: 'sha256' });
    else if (oid !== undefined) files.set(path, { path, size, hash: oid, algorithm: 'sha1' });
  }
  const has = (file: string): boolean => files.has(file);
  const get = async (file: string): Promise<string> => {
    const listed = files.get(file);
    if (!listed)
      throw new CliError(`Cannot fetch the model ${id}: the hub does not list ${file}`, { hint: 'Tell the makers of the model' });
    const here = join(cache.snapshot(commit), file);
    if (lengthOf(here) === listed.size && listed.size > 0) return here;
    const blob = cache.blob(listed.hash);
    const url = `${hubUrl}/${id}/resolve/${commit}/${file.split('/').map(encodeURIComponent).join('/')}`;
    if (lengthOf(blob) !== listed.size) await fetchFile(url, listed, { blob, ask, signal, id, onProgress });
    return cache.link(commit, file, blob);
  };
  const settled = (file: string): boolean => {
    if (!has(file)) cache.setAbsent(commit, file);
    return has(file);
  };
  await collectFiles({ where: id, has, settled, get }, { force });
  cache.setCommit(revision, commit);
  return { folder: cache.snapshot(commit), commit };
}

/** How often a download is taken up again when the connection breaks off. */
const ATTEMPTS = 4;

type Fetching = {
  blob: string;
  ask: typeof fetch;
  signal: AbortSignal;
  id: string;
  onProgress: HubOptions['onProgress'];
};

/** Downloads a file to `blob`, from where an earlier download stopped. */
async function fetchFile(url: string, file: ListedFile, { blob, ask, signal, id, onProgress }: Fetching): Promise<void> {
  const part = claimPart(blob);
  const report = (done: number): void => onProgress?.(file.path, done, file.size);
  for (let attempt = 1; ; attempt++) {
    const before = lengthOf(part);
    try {
      await fetchRest(url, part, { ask, id, size: file.size, report });
      break;
    } catch (error) {
      // as long as something arrives, it is worth going on
      if (lengthOf(part) > before) attempt = 1;
      if (!(error instanceof Unreachable) || attempt === ATTEMPTS) throw error;
      if (signal.aborted) throw stopped();
      await wait(250 * 2 ** attempt, undefined, { signal }).catch(() => {});
    }
  }
  const hash = await hashPart(part, file);
  if (hash !== file.hash) {
    rmSync(part);
    throw new CliError(`Cannot fetch the model ${id}: what arrived of ${file.path} is not what the hub lists (${file.algorithm} ${hash})`, {
      hint: 'Give the command again; nothing of that file was kept',
    });
  }
  renameSync(part, blob);
}

/** Appends to a part what it still lacks. */
async function fetchRest(
  url: string,
  part: string,
  { ask, id, size, report }: Pick<Fetching, 'ask' | 'id'> & { size: number; report: (done: number) => void },
): Promise<void> {
  let done = lengthOf(part);
  if (done >= size && size > 0) return;
  const response = await ask(url, done > 0 ? { headers: { range: `bytes=${done}-` } } : {});
  // a server that does not know ranges sends all of it again
  const goesOn = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${done}-`) === true;
  if (!goesOn) done = 0;
  const descriptor = openSync(part, goesOn ? 'r+' : 'w');
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
        hint: 'Give the command again: it goes on where it stopped',
        cause,
      },
    );
  } finally {
    closeSync(descriptor);
  }
  if (done >= size) return;
  throw new Unreachable(`Cannot fetch the model ${id}: only ${done} of ${size} bytes of ${basename(new URL(url).pathname)} arrived`, {
    hint: 'Give the command again: it goes on where it stopped',
  });
}

function lengthOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** A name for what is downloaded, with what a run that has ended left of it. */
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
  return own;
}

function isRunning(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function hashPart(part: string, { algorithm }: ListedFile): Promise<string> {
  const hash: Hash = createHash(algorithm);
  // git hashes a blob with its length before it
  if (algorithm === 'sha1') hash.update(`blob ${lengthOf(part)}\0`);
  for await (const chunk of createReadStream(part, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
