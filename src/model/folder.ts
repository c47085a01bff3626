import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliError } from '../errors.ts';
import { contentHash } from './content-hash.ts';
import { externalFiles } from './external-data.ts';
import { embeddingRows } from './bert.ts';
import { dimsOf, isNormalized, type Head, type PoolingMode } from './head.ts';
import { bareHead, readHead, staysInside, type ModuleEntry } from './modules.ts';
import { readAllSafetensors } from './safetensors.ts';
import {
  maxTokensOf,
  promptsOf,
  TRANSFORMER_SETTINGS,
  type Prompts,
  type SentenceTransformersConfig,
  type TransformerSettings,
} from './settings.ts';
import { chooseTransformer, type Listing, type ModelConfig, type Transformer } from './transformer.ts';

/** A sentence encoder as its folder describes it. Layout: sentence-transformers, "Creating Custom Models". */
export type Model = {
  name: string;
  folder: string;
  /** What it is a copy of: a published model, with its commit where that is known. */
  revision: string | null;
  transformer: Transformer;
  /** Of the numbers that are multiplied; null where an ONNX file does not say. */
  precision: string | null;
  /** How near the vectors are to those in float32, where it was measured. */
  fidelity?: Fidelity;
  /** Hash of the model in float32 that it was made of. */
  base?: string;
  /** The family of its transformer, as config.json names it. */
  architecture: string;
  /** sha256 over every file that decides a vector. */
  hash: string;
  dims: number;
  /** Longest input in tokens, special tokens and prompt included. */
  maxTokens: number;
  head: Head;
  /** The head's modes of pooling, joined by "+". */
  pooling: string;
  normalized: boolean;
  /** Whether it is pooled otherwise than its folder says. */
  repooled?: true;
  /** Whether the tokens of a prompt count when tokens become one vector. */
  includePrompt: boolean;
  tokenizer: { json: object; config: object };
  /** What build.json adds for the models we built ourselves. */
  build: Build;
} & Prompts;

/** Cosines between the vectors of a smaller precision and those in float32, over some texts. */
export type Fidelity = { texts: number; meanCosine: number; worstCosine: number };

export type Build = {
  precision?: string;
  revision?: string;
  scripts?: readonly string[];
  /** How close its vectors are to those of the reference, on the golden texts. */
  fidelity?: { golden?: { int8?: Fidelity } };
  /** From which cosine on two texts are duplicates, and what says so. */
  duplicates?: { minCosine: number; rule: string; data: string };
};

/** What the caller knows of a folder that does not stand in it. */
export type FolderOptions = {
  revision?: string | undefined;
  /** How tokens become one vector, for a bare transformer that does not say it. */
  pooling?: PoolingMode | undefined;
  /** Take a model that asks for code of its own, without it. */
  force?: boolean | undefined;
};

/** The model that is in the package. */
export const PACKAGED = 'minilm';

/** Folder of the packaged model `name`; undefined where there is none of that name. */
export function packagedFolder(name: string): string | undefined {
  return name === PACKAGED ? fileURLToPath(new URL(`../../models/${name}`, import.meta.url)) : undefined;
}

/** Whether `name` is a folder; one of that name stands before packaged and published models. */
export function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Loads the packaged model, or that of a folder. Throws a CliError for anything not supported. */
export function loadModel(nameOrFolder?: string, options: FolderOptions = {}): Model {
  // nothing in the folder one is in stands for what was not named
  if (nameOrFolder === undefined) return readFolder(packagedFolder(PACKAGED)!, PACKAGED, options);
  const packaged = isFolder(nameOrFolder) ? undefined : packagedFolder(nameOrFolder);
  if (packaged !== undefined) return readFolder(packaged, nameOrFolder, options);
  if (!isFolder(nameOrFolder)) {
    throw new CliError(`Cannot find the model "${nameOrFolder}": ${existsSync(nameOrFolder) ? 'it is a file' : 'no such folder'}`, {
      hint: `Give the folder of a sentence-transformers model, its name on the Hugging Face Hub (owner/name), or leave --model out for the packaged ${PACKAGED}`,
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
  const config = json<ModelConfig>(join(root, 'config.json'));
  const settingsFile = join(root, TRANSFORMER_SETTINGS.find((file) => has(join(root, file))) ?? TRANSFORMER_SETTINGS[0]!);
  const settings = json<TransformerSettings>(settingsFile, {});
  const tokenizerConfig = json<{ model_max_length?: number }>(join(root, 'tokenizer_config.json'), {});
  const usage = json<SentenceTransformersConfig>('config_sentence_transformers.json', {});
  const hidden = config.hidden_size ?? config.dim ?? config.d_model;
  const files = { folder, json, note, hidden, truncateDim: usage.truncate_dim ?? undefined };
  const { head, includePrompt } = modules ? readHead(modules, files) : bareHead(pooling, files);
  const within = <T>(file: string): T => json<T>(join(root, file));
  const listing = {
    where: join(folder, root),
    config,
    has: (file: string): boolean => has(join(root, file)),
    json: within,
    force: force === true,
  };
  const transformer = findTransformer(folder, listing, note);
  const build = json<Build>('build.json', {});
  const tokenizerJson = json<object>(join(root, 'tokenizer.json'));
  assertTokensKnown(tokenizerJson, transformer, folder);
  const tokenizer = { json: settings.do_lower_case ? lowercasing(tokenizerJson) : tokenizerJson, config: tokenizerConfig };
  return {
    name,
    folder,
    revision: revision ?? build.revision ?? null,
    transformer,
    architecture: config.model_type ?? 'not named',
    precision: build.precision ?? (transformer.kind === 'weights' ? 'fp32' : null),
    // a list of models does without it
    get hash() {
      return (hash ??= hashOf(folder, noted));
    },
    dims: dimsOf(head),
    ...(build.fidelity?.golden?.int8 ? { fidelity: figuresOf(build.fidelity.golden.int8) } : {}),
    maxTokens: maxTokensOf(settings, { where: folder, file: settingsFile, config, tokenizerLimit: tokenizerConfig.model_max_length }),
    head,
    pooling: head.pooling.join('+'),
    normalized: isNormalized(head),
    includePrompt,
    ...promptsOf(usage, folder),
    tokenizer,
    build,
  };
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

/** The transformer that is taken, its files noted as part of what decides a vector. */
function findTransformer(folder: string, listing: Listing, note: (file: string) => void): Transformer {
  const choice = chooseTransformer(listing);
  const take = (file: string): string => {
    note(relative(folder, join(listing.where, file)));
    return join(listing.where, file);
  };
  if (choice.kind === 'weights') return { ...choice, files: choice.files.map(take), config: listing.config };
  const { file, why } = choice;
  for (const name of externalFiles(join(listing.where, file))) {
    if (listing.has(join(dirname(file), name))) take(join(dirname(file), name));
  }
  return { kind: 'onnx', path: take(file), why };
}

/** Refuses a tokenizer that has tokens which the weights have no vector for. */
function assertTokensKnown(json: object, transformer: Transformer, folder: string): void {
  if (transformer.kind === 'onnx') return;
  const rows = embeddingRows(readAllSafetensors(transformer.files));
  const { model, added_tokens: added = [] } = json as { model?: { vocab?: object }; added_tokens?: { id?: number }[] };
  const vocab: object = Object(model?.vocab);
  const largest = (Array.isArray(vocab) ? [vocab.length - 1] : Object.values(vocab as Record<string, number>)).reduce(
    (most, id) => Math.max(most, id),
    added.reduce((most, { id = -1 }) => Math.max(most, id), -1),
  );
  if (rows === undefined || largest < rows) return;
  throw new CliError(
    `Cannot load the model in ${folder}: its tokenizer.json has the token id ${largest}, where its weights have ${rows} embeddings`,
    { hint: 'The tokenizer belongs to another model: copy the whole folder again' },
  );
}

type Normalizer = { type?: string; normalizers?: Normalizer[] };

/** The tokenizer as the reference uses it where do_lower_case is set: lower case is the first step, after written-out special tokens. */
function lowercasing(json: object): object {
  const { normalizer } = json as { normalizer?: Normalizer | null };
  if ([normalizer, ...(normalizer?.normalizers ?? [])].some((step) => step?.type === 'Lowercase')) return json;
  return { ...json, normalizer: { type: 'Sequence', normalizers: [{ type: 'Lowercase' }, ...(normalizer ? [normalizer] : [])] } };
}
