import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EmbedError } from '../../errors.ts';
import { version } from '../../version.ts';
import { staysInside } from '../folder/modules.ts';
import { CachedModel, COMMIT, listCache, type CacheEntry, type HubName } from './cache.ts';
import { hasProxy } from './proxy.ts';
import { fetchFile, isHere, stopped, Unreachable, type ListedFile } from './download.ts';
import { collectFiles } from './model-files.ts';

/** The one door to the Hugging Face Hub (@huggingface/hub): models that are named by their owner and name. */
export type HubOptions = {
  signal: AbortSignal;
  /** Called with the bytes of a file that have arrived, and its size. */
  onProgress?: (file: string, done: number, total: number) => void;
  note?: (text: string) => void;
  /** Ask the hub even where the cache has the model: its branch may have moved. */
  update?: boolean;
  /** Load a model that requires custom code, without running that code. */
  force?: boolean;
};

/** The local folder of a published model, and its commit. */
export type Located = { folder: string; commit: string };

/**
 * The folder of a published model. If it is not whole in the cache, it is downloaded: each file is checked against the hash that the
 * hub lists before it gets its name. A partial download is resumed. Throws an EmbedError if the model cannot be had.
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
    // reading the folder reports other missing files
    return { folder: cache.snapshot(commit!), commit: commit! };
  };
  if (isOffline()) {
    if (commit && update) note('note: HF_HUB_OFFLINE is set, so the hub is not asked for a newer commit');
    if (commit && existsSync(join(cache.snapshot(commit), 'modules.json'))) return take('HF_HUB_OFFLINE forbids the network');
    throw new EmbedError(`Cannot load the model ${id}${at(revision)}: it is not in the cache, and HF_HUB_OFFLINE forbids the network`, {
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

/** HF_TOKEN, or the token that `hf auth login` has stored. */
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

/** A `fetch` for the hub. It throws an EmbedError if the hub refuses, and Unreachable if it does not answer. */
function hubFetch({ id, revision = 'main' }: HubName, signal: AbortSignal): typeof fetch {
  const token = accessToken();
  // that of Node 20 ignores proxies
  const direct: typeof fetch | undefined = hasProxy() ? undefined : fetch;
  return async (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    const headers = new Headers(init?.headers);
    headers.set('user-agent', `embed/${version()}`);
    // a download may be on another host, which must not get the token
    const { origin } = new URL(address);
    if (token && origin === new URL(endpoint()).origin) headers.set('authorization', `Bearer ${token}`);
    let response: Response;
    try {
      response = direct
        ? await direct(input, { ...init, headers, signal })
        : await (await import('./proxied-fetch.ts')).proxiedFetch(address, { headers, signal });
    } catch (cause) {
      if (signal.aborted) throw stopped();
      throw unreachable(id, cause);
    }
    if (response.ok || response.status === 416) return response;
    await response.body?.cancel();
    throw refusal(response, { id, revision }, token !== undefined);
  };
}

function unreachable(id: string, cause: unknown): Unreachable {
  if (cause instanceof EmbedError) {
    return new Unreachable(`Cannot fetch the model ${id}: ${cause.message}`, { ...(cause.hint ? { hint: cause.hint } : {}), cause });
  }
  const { message, code, cause: inner } = cause as Error & { code?: string; cause?: { code?: string } };
  return new Unreachable(`Cannot fetch the model ${id}: ${endpoint()} cannot be reached (${inner?.code ?? code ?? message})`, {
    hint: 'Give the command again when there is a network, or a folder with --model; embed models lists what is here',
    cause,
  });
}

/** The error for a status of the hub. */
function refusal({ status, headers, url }: Response, { id, revision }: HubName, withToken: boolean): EmbedError {
  const code = headers.get('x-error-code');
  const cannot = `Cannot fetch the model ${id}`;
  const page = `${endpoint()}/${id}`;
  if (code === 'RevisionNotFound') {
    return new EmbedError(`${cannot}: it has no revision "${revision}"`, {
      hint: `Look for its branches, tags and commits at ${page}/tree/main`,
    });
  }
  if (code === 'EntryNotFound') {
    return new EmbedError(`${cannot}: ${new URL(url).pathname} is gone from the hub`, { hint: 'Give the command again' });
  }
  if (status === 401 && code === null && withToken) {
    return new EmbedError(`${cannot}: the hub does not accept the token (status 401)`, { hint: 'Unset HF_TOKEN, or log in again' });
  }
  if (code === 'GatedRepo' || status === 403 || (status === 401 && code !== 'RepoNotFound')) {
    return new EmbedError(
      `${cannot}: its authors restrict access to it, and ${withToken ? 'this token has no access' : 'no token was given'} (status ${status})`,
      {
        hint: `Accept its terms at ${page}, then set HF_TOKEN to a token of yours that may read it`,
      },
    );
  }
  if (status === 404 || status === 401) {
    return new EmbedError(`${cannot}: there is no folder and no public model of that name at ${endpoint()}`, {
      hint: 'Check the name; for a private model set HF_TOKEN',
    });
  }
  const Kind = status >= 500 || status === 429 ? Unreachable : EmbedError;
  return new Kind(`${cannot}: ${new URL(url).host} answers with status ${status}`, {
    hint: 'Give the command again later: it resumes where it stopped',
  });
}

async function download(cache: CachedModel, name: HubName, { signal, onProgress, force = false }: HubOptions): Promise<Located> {
  const { modelInfo, listFiles } = await import('@huggingface/hub');
  const { id, revision = 'main' } = name;
  const ask = hubFetch(name, signal);
  const hubUrl = endpoint();
  const { sha: commit } = await modelInfo({ name: id, revision, hubUrl, fetch: ask, additionalFields: ['sha'] });
  if (!COMMIT.test(commit))
    throw new EmbedError(`Cannot fetch the model ${id}: ${hubUrl} gives no commit for "${revision}"`, { hint: 'Check HF_ENDPOINT' });
  const files = new Map<string, ListedFile>();
  for await (const { type, path, size, oid, lfs } of listFiles({ repo: id, revision: commit, recursive: true, hubUrl, fetch: ask })) {
    // hashes and paths become file names
    if (type !== 'file' || !staysInside(path) || !/^[0-9a-f]{40,64}$/.test(lfs?.oid ?? oid ?? '')) continue;
    if (lfs) files.set(path, { path, size: lfs.size, hash: lfs.oid, algorithm: 'sha256' });
    else if (oid !== undefined) files.set(path, { path, size, hash: oid, algorithm: 'sha1' });
  }
  const has = (file: string): boolean => files.has(file);
  const get = async (file: string): Promise<string> => {
    const listed = files.get(file);
    if (!listed)
      throw new EmbedError(`Cannot fetch the model ${id}: the hub does not list ${file}`, { hint: 'Tell the authors of the model' });
    const here = join(cache.snapshot(commit), file);
    if (listed.size > 0 && (await isHere(here, listed))) return here;
    const blob = cache.blob(listed.hash);
    const url = `${hubUrl}/${id}/resolve/${commit}/${file.split('/').map(encodeURIComponent).join('/')}`;
    if (!(await isHere(blob, listed))) await fetchFile(url, listed, { blob, ask, signal, id, onProgress });
    return cache.link(commit, file, blob);
  };
  const settled = (file: string): boolean => {
    if (!has(file)) cache.setAbsent(commit, file);
    return has(file);
  };
  await collectFiles({ where: id, has, names: () => [...files.keys()], settled, get }, { force });
  cache.setCommit(revision, commit);
  return { folder: cache.snapshot(commit), commit };
}
