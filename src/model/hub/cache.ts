import { randomUUID } from 'node:crypto';
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { replaceFile } from '../../files/disk.ts';
import { TOKEN_FILES } from '../folder/tokenizer-files.ts';
import { collectFiles } from './model-files.ts';

/**
 * The cache that Hugging Face's libraries share: blobs by their hash, a folder of links for each commit, and names of commits.
 * Layout: huggingface_hub, "Understand caching".
 */

/** A published model, `owner/name`, and one of its branches, tags or commits. */
export type HubName = { id: string; revision: string | undefined };

const OWNER_NAME = /^\w[\w.-]*\/\w[\w.-]*$/;
const REVISION = /^\w[\w./-]*$/;

/** A commit in full. */
export const COMMIT: RegExp = /^[0-9a-f]{40}$/;

/** Reads `owner/name[@revision]`; undefined for anything else. */
export function parseHubName(name: string): HubName | undefined {
  const [id = '', ...rest] = name.replace(/^https:\/\/huggingface\.co\//, '').split('@');
  const revision = rest.length > 0 ? rest.join('@') : undefined;
  const safe =
    OWNER_NAME.test(id) && !/\.\.|--/.test(id) && (revision === undefined || (REVISION.test(revision) && !revision.includes('..')));
  return safe ? { id, revision } : undefined;
}

/** Files that Python always asks for. Unless such a file is noted as absent, a copy may lack it by accident. */
const DECISIVE: readonly string[] = ['config_sentence_transformers.json', 'sentence_bert_config.json', ...TOKEN_FILES];

/** Thrown if it is not known whether the model has a file, so that the hub has to be asked. */
class Incomplete extends Error {}

/** One model in a cache. */
export class CachedModel {
  readonly #folder: string;
  readonly #id: string;

  /** @param root the cache's folder */
  constructor(root: string, id: string) {
    this.#id = id;
    this.#folder = join(root, `models--${id.replace('/', '--')}`);
  }

  /** The commit that a branch or tag named when it was fetched. */
  commitOf(revision: string = 'main'): string | undefined {
    if (COMMIT.test(revision)) return revision;
    try {
      const commit = readFileSync(join(this.#folder, 'refs', revision), 'utf8').trim();
      return COMMIT.test(commit) ? commit : undefined;
    } catch {
      return undefined;
    }
  }

  setCommit(revision: string, commit: string): void {
    if (this.commitOf(revision) === commit) return;
    const path = join(this.#folder, 'refs', revision);
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, commit);
  }

  snapshot(commit: string): string {
    return join(this.#folder, 'snapshots', commit);
  }

  /**
   * The folder of a commit if it has all files that are needed, and the files that it may lack by accident.
   *
   * @param trusting once there is a modules.json, treats a file that is not here as absent from the model; else its absence must be noted
   */
  async find(
    commit: string,
    { force, trusting }: { force: boolean; trusting: boolean },
  ): Promise<{ folder: string; unsure: string[] } | undefined> {
    const folder = this.snapshot(commit);
    const has = (file: string): boolean => existsSync(join(folder, file));
    const unsure: string[] = [];
    if (!has('config.json') && !has('modules.json')) return undefined;
    const settled = (file: string): boolean => {
      if (has(file)) return true;
      if (existsSync(this.#absent(commit, file))) return false;
      if (!trusting || !has('modules.json')) throw new Incomplete();
      if (DECISIVE.includes(file)) unsure.push(file);
      return false;
    };
    const get = (file: string): Promise<string> => (has(file) ? Promise.resolve(join(folder, file)) : Promise.reject(new Incomplete()));
    try {
      await collectFiles({ where: this.#id, has, names: () => [], settled, get }, { force });
      return { folder, unsure };
    } catch {
      return undefined;
    }
  }

  /** Notes that a commit does not have a file. */
  setAbsent(commit: string, file: string): void {
    const path = this.#absent(commit, file);
    if (existsSync(path)) return;
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, '', { flag: 'wx' });
    } catch {
      // a cache without write access: the hub is asked again next time
    }
  }

  #absent(commit: string, file: string): string {
    return join(this.#folder, '.no_exist', commit, file);
  }

  /** Path of the blob with a hash. */
  blob(hash: string): string {
    const folder = join(this.#folder, 'blobs');
    mkdirSync(folder, { recursive: true });
    return join(folder, hash);
  }

  /** Links `file` of a commit to a blob. Returns its path. */
  link(commit: string, file: string, blob: string): string {
    const path = join(this.snapshot(commit), file);
    if (existsSync(path) && realpathSync(path) === realpathSync(blob)) return path;
    mkdirSync(dirname(path), { recursive: true });
    const part = `${path}.${randomUUID()}.part`;
    try {
      symlinkSync(relative(dirname(path), blob), part);
    } catch {
      // Windows allows links to some users only
      copyFileSync(blob, part, constants.COPYFILE_EXCL);
    }
    renameSync(part, path);
    return path;
  }
}

/** A model in the cache as `embed models` lists it. */
export type CacheEntry = { id: string; revision: string; commit: string; folder: string; bytes: number };

/** The models of a cache, one entry per commit. */
export function listCache(root: string): CacheEntry[] {
  const folders = existsSync(root) ? readdirSync(root).filter((name) => name.startsWith('models--')) : [];
  return folders.flatMap((name) => {
    const id = name.slice('models--'.length).replace('--', '/');
    const snapshots = join(root, name, 'snapshots');
    const names = namesIn(join(root, name, 'refs'));
    const commits = existsSync(snapshots) ? readdirSync(snapshots).filter((commit) => COMMIT.test(commit)) : [];
    return commits.map((commit) => ({
      id,
      revision: names.get(commit) ?? commit,
      commit,
      folder: join(snapshots, commit),
      bytes: bytesIn(join(snapshots, commit)),
    }));
  });
}

/** Names of commits, by commit; "main" comes before other names. */
function namesIn(refs: string): Map<string, string> {
  const names = new Map<string, string>();
  const files = existsSync(refs) ? readdirSync(refs, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()) : [];
  for (const { parentPath, name } of files) {
    const path = join(parentPath, name);
    const commit = readFileSync(path, 'utf8').trim();
    const called = relative(refs, path);
    if (!names.has(commit) || called === 'main') names.set(commit, called);
  }
  return names;
}

/** Bytes of all files in a folder; links are followed. */
export function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true }).reduce<number>((sum, name) => {
    const stats = statSync(join(folder, String(name)), { throwIfNoEntry: false });
    return sum + (stats?.isFile() ? stats.size : 0);
  }, 0);
}
