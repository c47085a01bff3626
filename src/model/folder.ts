import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliError } from '../errors.ts';

/** A sentence encoder as its folder describes it. Layout: sentence-transformers, "Creating Custom Models". */
export type Model = {
  name: string;
  folder: string;
  onnxPath: string;
  /** sha256 over every file that decides a vector. */
  hash: string;
  dims: number;
  /** Longest input in tokens, special tokens and prompt included. */
  maxTokens: number;
  pooling: Pooling;
  normalized: boolean;
  /** Named prompts of the model, and the ones that documents and queries get. */
  prompts: Readonly<Record<string, string>>;
  documentPrompt: string | undefined;
  queryPrompt: string | undefined;
  tokenizer: { json: object; config: object };
  /** What build.json adds for the models we built ourselves. */
  build: Build;
};

/** How token vectors become one vector. */
export type Pooling = 'mean' | 'cls';

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

  const onnxFile = ['model.onnx', 'onnx/model.onnx'].find((file) => existsSync(join(folder, file)));
  if (!onnxFile) {
    throw new CliError(`Cannot load the model in ${folder}: it has neither model.onnx nor onnx/model.onnx`, {
      hint: 'Export it once with Python: optimum-cli export onnx --task feature-extraction -m MODEL DIR',
    });
  }
  const modules = readModules(json<Module[]>('modules.json'), folder);
  const pooling = readPooling(json<PoolingConfig>(join(modules.pooling, 'config.json')), folder);
  const bert = json<{ max_seq_length?: number | null; do_lower_case?: boolean }>('sentence_bert_config.json', {});
  if (bert.do_lower_case) throw unsupported(folder, 'sentence_bert_config.json asks for do_lower_case');
  const config = json<{ hidden_size?: number; max_position_embeddings?: number }>('config.json');
  const tokenizerConfig = json<{ model_max_length?: number }>('tokenizer_config.json', {});
  const prompts = json<SentenceTransformersConfig>('config_sentence_transformers.json', {});
  if (prompts.truncate_dim) throw unsupported(folder, 'config_sentence_transformers.json asks for truncate_dim');
  const named = Object.fromEntries(Object.entries(prompts.prompts ?? {}).filter(([, text]) => text !== ''));
  if (pooling.includePrompt === false && Object.keys(named).length > 0) {
    throw unsupported(folder, 'its pooling leaves the prompt out (include_prompt: false)');
  }
  const build = json<Build>('build.json', {});
  const tokenizer = { json: json<object>('tokenizer.json'), config: tokenizerConfig };
  read(onnxFile);
  return {
    name,
    folder,
    onnxPath: join(folder, onnxFile),
    hash: `sha256:${hash.digest('hex')}`,
    dims: pooling.dims ?? config.hidden_size ?? 0,
    maxTokens:
      bert.max_seq_length ?? Math.min(tokenizerConfig.model_max_length ?? Infinity, config.max_position_embeddings ?? Infinity, 1e6),
    pooling: pooling.mode,
    normalized: modules.normalize,
    prompts: named,
    // the reference's order for documents, then its default prompt
    documentPrompt: ['document', 'passage', 'corpus', prompts.default_prompt_name ?? ''].find((key) => Object.hasOwn(named, key)),
    queryPrompt: ['query', prompts.default_prompt_name ?? ''].find((key) => Object.hasOwn(named, key)),
    tokenizer,
    build,
  };
}

type SentenceTransformersConfig = { prompts?: Record<string, string>; default_prompt_name?: string | null; truncate_dim?: number | null };

type Module = { idx: number; path: string; type: string };

function readModules(modules: Module[], folder: string): { pooling: string; normalize: boolean } {
  const sorted = modules.toSorted((a, b) => a.idx - b.idx);
  const kinds = sorted.map(({ type }) => type.split('.').at(-1) ?? type);
  const unknown = kinds.find((kind) => !['Transformer', 'Pooling', 'Normalize'].includes(kind));
  if (unknown) throw unsupported(folder, `modules.json lists the module ${unknown}`);
  const order = kinds.join(' → ');
  if (order !== 'Transformer → Pooling' && order !== 'Transformer → Pooling → Normalize') {
    throw unsupported(folder, `modules.json lists ${order}`);
  }
  return { pooling: sorted[1]!.path, normalize: kinds.length === 3 };
}

/** Old folders have one boolean a mode, new ones a list of modes. */
type PoolingConfig = Record<string, unknown> & { pooling_mode?: string | string[]; include_prompt?: boolean };

function readPooling(
  config: PoolingConfig,
  folder: string,
): { mode: Pooling; dims: number | undefined; includePrompt: boolean | undefined } {
  const named = typeof config.pooling_mode === 'string' ? config.pooling_mode.split(/[+,\s]+/) : config.pooling_mode;
  const modes =
    named ??
    Object.keys(config)
      .filter((key) => key.startsWith('pooling_mode_') && config[key] === true)
      .map((key) => key.replace('pooling_mode_', '').replace(/_tokens?$/, ''));
  const mode = modes[0];
  if (modes.length !== 1 || (mode !== 'mean' && mode !== 'cls')) {
    throw unsupported(folder, `its pooling is ${modes.join(' + ') || 'not named'}`);
  }
  const dims = config['embedding_dimension'] ?? config['word_embedding_dimension'];
  return { mode, dims: typeof dims === 'number' ? dims : undefined, includePrompt: config.include_prompt };
}

function unsupported(folder: string, what: string): CliError {
  return new CliError(`Cannot use the model in ${folder}: ${what}, which embed does not support yet`, {
    hint: 'Supported are a transformer in ONNX, mean or cls pooling over all tokens, and Normalize',
  });
}
