import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { CliError } from '../../errors.ts';
import { contentHash } from '../../files/content-hash.ts';
import { isFolder } from '../../files/disk.ts';
import { dimsOf, isNormalized, type PoolingMode } from '../head.ts';
import type { Build, Fidelity, Model } from '../model.ts';
import { PACKAGED, PACKAGED_MODELS, packagedFolder } from '../packaged.ts';
import type { ModelConfig } from '../transformer/choose.ts';
import { beginsStatic, staysInside, type ModuleEntry } from './modules.ts';
import { promptsOf, type SentenceTransformersConfig } from './settings.ts';
import { readStatic, staticReference, type Model2vecConfig } from './static-folder.ts';
import { readTransformer } from './transformer-folder.ts';

/** What the caller knows of a folder that does not stand in it. */
export type FolderOptions = {
  revision?: string | undefined;
  /** How tokens become one vector, for a bare transformer that does not say it. */
  pooling?: PoolingMode | undefined;
  /** Take a model that asks for code of its own, without it. */
  force?: boolean | undefined;
};

/** Loads the packaged model, or that of a folder. Throws a CliError for anything not supported. */
export function loadModel(nameOrFolder?: string, options: FolderOptions = {}): Model {
  // nothing in the folder one is in stands for what was not named
  if (nameOrFolder === undefined) return readFolder(packagedFolder(PACKAGED)!, PACKAGED, options);
  const packaged = isFolder(nameOrFolder) ? undefined : packagedFolder(nameOrFolder);
  if (packaged !== undefined) return readFolder(packaged, nameOrFolder, options);
  if (!isFolder(nameOrFolder)) {
    throw new CliError(`Cannot find the model "${nameOrFolder}": ${existsSync(nameOrFolder) ? 'it is a file' : 'no such folder'}`, {
      hint: `Give the folder of a sentence-transformers model, its name on the Hugging Face Hub (owner/name), or one of the package: ${PACKAGED_MODELS.join(', ')}`,
    });
  }
  return readFolder(resolve(nameOrFolder), basename(resolve(nameOrFolder)), options);
}

/** Reads the folder of a model that is called `name`. */
export function readFolder(folder: string, name: string, { revision, pooling, force }: FolderOptions = {}): Model {
  let hash: string | undefined;
  const noted: string[] = [];
  const note = (file: string): void => void noted.push(file);
  const has = (file: string): boolean => existsSync(join(folder, file));
  const json = <T>(file: string, fallback?: T): T => {
    if (!has(file)) {
      if (fallback !== undefined) return fallback;
      throw new CliError(`Cannot load the model in ${folder}: ${file} is missing`, {
        hint: 'Copy the whole folder as SentenceTransformer.save() writes it',
      });
    }
    note(file);
    let value: unknown;
    try {
      value = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    } catch (cause) {
      throw new CliError(`Cannot load the model in ${folder}: ${file} is not valid JSON`, {
        hint: 'Copy it again; it looks damaged',
        cause,
      });
    }
    const list = file === 'modules.json';
    if (typeof value === 'object' && value !== null && Array.isArray(value) === list) return value as T;
    throw new CliError(`Cannot load the model in ${folder}: ${file} holds no JSON ${list ? 'list' : 'object'}`, {
      hint: 'Copy it again; it looks damaged',
    });
  };

  const modules = has('modules.json') ? json<ModuleEntry[]>('modules.json') : undefined;
  const root = transformerPath(modules, folder);
  // a table without a transformer needs none
  const optional = beginsStatic(modules) && !has(join(root, 'config.json'));
  const config = optional ? undefined : json<ModelConfig>(join(root, 'config.json'));
  const usage = once(() => json<SentenceTransformersConfig>('config_sentence_transformers.json', {}));
  const build = once(() => json<Build>('build.json', {}));
  const files = { folder, modules, root, has, json, note, usage, build };
  const reference = staticReference(modules, config);
  const parts =
    reference === undefined
      ? readTransformer(config!, { ...files, pooling, force: force === true })
      : readStatic(reference, { ...files, config: config as Model2vecConfig | undefined });
  const { head } = parts;
  return {
    name,
    folder,
    ...parts,
    revision: revision ?? build().revision ?? null,
    precision: build().precision ?? parts.precision,
    // a list of models does without it
    get hash() {
      return (hash ??= hashOf(folder, noted));
    },
    dims: dimsOf(head),
    ...(build().fidelity?.golden?.int8 ? { fidelity: figuresOf(build().fidelity!.golden!.int8!) } : {}),
    pooling: head.pooling.join('+'),
    normalized: isNormalized(head),
    ...promptsOf(usage(), folder),
    build: build(),
  };
}

/** A value that is made when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** build.json says more of each figure. */
function figuresOf({ texts, meanCosine, worstCosine }: Fidelity): Fidelity {
  return { texts, meanCosine, worstCosine };
}

/** sha256 over files by name and content. */
function hashOf(folder: string, files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0${contentHash(join(folder, file))}\n`);
  return `sha256:${hash.digest('hex')}`;
}

/** The folder of the first module within that of the model: '' in all but old layouts. */
function transformerPath(modules: readonly ModuleEntry[] | undefined, folder: string): string {
  for (const entry of modules ?? []) {
    const path: unknown = entry?.path;
    if (staysInside(path)) continue;
    throw new CliError(`Cannot load the model in ${folder}: modules.json has a path that is none: ${JSON.stringify(path)}`, {
      hint: 'Copy the whole folder as SentenceTransformer.save() writes it',
    });
  }
  return modules?.[0]?.path ?? '';
}
