import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliError } from '../errors.ts';
import { BUILT_FAMILIES, whyNoGraph, type BertConfig } from './families.ts';
import type { Transformer } from './graph-cache.ts';
import { dimsOf, isNormalized, type Head } from './head.ts';
import { readHead, type ModuleEntry } from './modules.ts';

/** A sentence encoder as its folder describes it. Layout: sentence-transformers, "Creating Custom Models". */
export type Model = {
  name: string;
  folder: string;
  transformer: Transformer;
  /** sha256 over every file that decides a vector. */
  hash: string;
  dims: number;
  /** Longest input in tokens, special tokens and prompt included. */
  maxTokens: number;
  head: Head;
  /** The head's modes of pooling, joined by "+". */
  pooling: string;
  normalized: boolean;
  /** Whether the tokens of a prompt count when tokens become one vector. */
  includePrompt: boolean;
  /** Named prompts of the model, and the ones that documents and queries get. */
  prompts: Readonly<Record<string, string>>;
  documentPrompt: string | undefined;
  queryPrompt: string | undefined;
  tokenizer: { json: object; config: object };
  /** What build.json adds for the models we built ourselves. */
  build: Build;
};

export type Build = {
  precision?: string;
  revision?: string;
  scripts?: readonly string[];
  /** From which cosine on two texts are duplicates, and what says so. */
  duplicates?: { minCosine: number; rule: string; data: string };
};

const PACKAGED = 'minilm';

/** Whether `name` is a model in the package. */
export function isPackaged(name: string): boolean {
  return name === PACKAGED;
}

/** Loads a model by the name of a packaged one, or by its folder. Throws a CliError for anything not supported. */
export function loadModel(nameOrFolder: string = PACKAGED): Model {
  const packaged = nameOrFolder === PACKAGED && !existsSync(nameOrFolder);
  const folder = packaged ? fileURLToPath(new URL(`../../models/${PACKAGED}`, import.meta.url)) : resolve(nameOrFolder);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new CliError(`Cannot find the model "${nameOrFolder}": no such folder`, {
      hint: `Give the folder of a sentence-transformers model with its ONNX file, or leave --model out for the packaged ${PACKAGED}`,
    });
  }
  return readFolder(folder, packaged ? PACKAGED : basename(folder));
}

function readFolder(folder: string, name: string): Model {
  const hash = createHash('sha256');
  const read = (file: string): Buffer => {
    const bytes = readFileSync(join(folder, file));
    hash.update(`${file}\0${bytes.length}\0`).update(bytes);
    return bytes;
  };
  const json = <T>(file: string, fallback?: T): T => {
    if (!existsSync(join(folder, file))) {
      if (fallback !== undefined) return fallback;
      throw new CliError(`Cannot load the model in ${folder}: ${file} is missing`, {
        hint: 'Copy the whole folder as SentenceTransformer.save() writes it, its ONNX file included',
      });
    }
    try {
      return JSON.parse(read(file).toString('utf8')) as T;
    } catch (cause) {
      throw new CliError(`Cannot load the model in ${folder}: ${file} is not valid JSON`, {
        hint: 'Copy it again; it looks damaged',
        cause,
      });
    }
  };

  const bert = json<{ max_seq_length?: number | null; do_lower_case?: boolean }>('sentence_bert_config.json', {});
  const config = json<BertConfig & { max_position_embeddings?: number }>('config.json');
  const tokenizerConfig = json<{ model_max_length?: number }>('tokenizer_config.json', {});
  const prompts = json<SentenceTransformersConfig>('config_sentence_transformers.json', {});
  const { head, includePrompt } = readHead(json<ModuleEntry[]>('modules.json'), {
    folder,
    json,
    note: read,
    hidden: config.hidden_size ?? config.dim,
    truncateDim: prompts.truncate_dim ?? undefined,
  });
  const named = Object.fromEntries(Object.entries(prompts.prompts ?? {}).filter(([, text]) => text !== ''));
  const transformer = findTransformer(folder, { config, read });
  const build = json<Build>('build.json', {});
  const tokenizerJson = json<object>('tokenizer.json');
  const tokenizer = { json: bert.do_lower_case ? lowercasing(tokenizerJson) : tokenizerJson, config: tokenizerConfig };
  return {
    name,
    folder,
    transformer,
    hash: `sha256:${hash.digest('hex')}`,
    dims: dimsOf(head),
    maxTokens:
      bert.max_seq_length ?? Math.min(tokenizerConfig.model_max_length ?? Infinity, config.max_position_embeddings ?? Infinity, 1e6),
    head,
    pooling: head.pooling.join('+'),
    normalized: isNormalized(head),
    includePrompt,
    prompts: named,
    // the reference's order for documents, then its default prompt
    documentPrompt: ['document', 'passage', 'corpus', prompts.default_prompt_name ?? ''].find((key) => Object.hasOwn(named, key)),
    queryPrompt: ['query', prompts.default_prompt_name ?? ''].find((key) => Object.hasOwn(named, key)),
    tokenizer,
    build,
  };
}

/**
 * The ONNX file of a folder, where it has one; else its weights, where a graph can be built from them.
 *
 * @param read reads a file as part of what decides a vector
 */
function findTransformer(folder: string, { config, read }: { config: BertConfig; read: (file: string) => Buffer }): Transformer {
  const has = (file: string): boolean => existsSync(join(folder, file));
  const onnx = ['model.onnx', 'onnx/model.onnx'].find(has);
  if (onnx !== undefined) {
    read(onnx);
    return { kind: 'onnx', path: join(folder, onnx) };
  }
  const files = weightFiles(folder, has);
  const why =
    files.length > 0 ? whyNoGraph(config) : has('pytorch_model.bin') ? 'its weights are in pytorch_model.bin' : 'it has no weights';
  if (why !== undefined) {
    const old = files.length === 0 && has('pytorch_model.bin');
    throw new CliError(`Cannot load the model in ${folder}: there is no model.onnx or onnx/model.onnx, and ${why}`, {
      hint: old
        ? 'Save it anew with Python: SentenceTransformer(DIR).save(NEW_DIR) writes safetensors'
        : files.length > 0
          ? `Export it once with Python: optimum-cli export onnx --task feature-extraction -m MODEL DIR; graphs are built for ${BUILT_FAMILIES}`
          : 'Copy the whole folder as SentenceTransformer.save() writes it',
    });
  }
  for (const file of files) read(file);
  return { kind: 'weights', files: files.map((file) => join(folder, file)), config };
}

/** model.safetensors, or the files that its index lists. */
function weightFiles(folder: string, has: (file: string) => boolean): string[] {
  if (has('model.safetensors')) return ['model.safetensors'];
  const index = 'model.safetensors.index.json';
  if (!has(index)) return [];
  const { weight_map: map = {} } = JSON.parse(readFileSync(join(folder, index), 'utf8')) as { weight_map?: Record<string, string> };
  const files = [...new Set(Object.values(map))];
  // a name must not lead out of the folder
  const missing = files.find((file) => file !== basename(file) || !has(file));
  if (missing === undefined) return files;
  throw new CliError(`Cannot load the model in ${folder}: ${missing}, which ${index} lists, is missing`, {
    hint: 'Copy the whole folder again',
  });
}

type SentenceTransformersConfig = { prompts?: Record<string, string>; default_prompt_name?: string | null; truncate_dim?: number | null };

/** The tokenizer as the reference uses it where do_lower_case is set: lower case is the first step, after written-out special tokens. */
function lowercasing(json: object): object {
  const { normalizer } = json as { normalizer?: object | null };
  return { ...json, normalizer: { type: 'Sequence', normalizers: [{ type: 'Lowercase' }, ...(normalizer ? [normalizer] : [])] } };
}
