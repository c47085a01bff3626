import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../errors.ts';
import { ACTIVATIONS, misfitOf, POOLING_MODES, type Activation, type Head, type PoolingMode, type Step } from './head.ts';
import { readSafetensors, type Weights } from './safetensors.ts';

/** What modules.json lists, each with the folder of its configuration. */
export type ModuleEntry = { idx: number; path: string; type: string };

/** How the modules after the transformer turn its token vectors into one. */
export type ReadHead = { head: Head; includePrompt: boolean };

type ModuleFiles = {
  folder: string;
  /** Reads a JSON file of the folder, as part of what decides a vector. */
  json: <T>(file: string) => T;
  /** Notes a file as part of what decides a vector. */
  note: (file: string) => void;
  hidden: number | undefined;
  truncateDim: number | undefined;
};

/** Reads the modules of a sentence-transformers folder. Any that it does not know is an error. */
export function readHead(modules: readonly ModuleEntry[], files: ModuleFiles): ReadHead {
  const { folder, json, truncateDim } = files;
  const sorted = modules.toSorted((a, b) => a.idx - b.idx).map((entry) => ({ ...entry, kind: entry.type.split('.').at(-1) ?? entry.type }));
  const [first, second, ...rest] = sorted;
  if (first?.kind !== 'Transformer' || second?.kind !== 'Pooling') {
    throw unsupported(folder, `modules.json lists ${sorted.map(({ kind }) => kind).join(' → ') || 'nothing'}`);
  }
  const pooling = readPooling(json<PoolingConfig>(join(second.path, 'config.json')), folder);
  const hidden = pooling.hidden ?? files.hidden;
  if (hidden === undefined) throw unsupported(folder, `${join(second.path, 'config.json')} does not say how many numbers a token has`);
  const steps = rest.map(({ kind, path }): Step => {
    if (kind === 'Normalize') return { kind: 'normalize' };
    if (kind === 'Dense') return readDense(path, files);
    if (kind === 'LayerNorm') return readLayerNorm(path, files);
    throw unsupported(folder, `modules.json lists the module ${kind}`);
  });
  if (truncateDim !== undefined) steps.push({ kind: 'cut', dims: truncateDim });
  const head: Head = { pooling: pooling.modes, hidden, steps };
  const misfit = misfitOf(head);
  if (misfit) {
    throw new CliError(
      `Cannot load the model in ${folder}: a ${misfit.kind} module takes ${misfit.takes} numbers where it gets ${misfit.gets}`,
      {
        hint: 'Copy the whole folder again',
      },
    );
  }
  return { head, includePrompt: pooling.includePrompt };
}

/** Old folders have one boolean a mode, new ones a list of modes. */
type PoolingConfig = Record<string, unknown> & { pooling_mode?: string | string[]; include_prompt?: boolean };

function readPooling(
  config: PoolingConfig,
  folder: string,
): { modes: readonly PoolingMode[]; hidden: number | undefined; includePrompt: boolean } {
  const named = typeof config.pooling_mode === 'string' ? config.pooling_mode.split(/[+,\s]+/) : config.pooling_mode;
  // in the order in which the reference puts the results side by side
  const flags = OLD_FLAGS.filter(([key]) => config[key] === true).map(([, mode]) => mode);
  const modes = named ?? flags;
  const known = modes.filter((mode): mode is PoolingMode => POOLING_MODES.includes(mode as PoolingMode));
  if (known.length === 0 || known.length < modes.length) throw unsupported(folder, `its pooling is ${modes.join(' + ') || 'not named'}`);
  const hidden = config['embedding_dimension'] ?? config['word_embedding_dimension'];
  return { modes: known, hidden: typeof hidden === 'number' ? hidden : undefined, includePrompt: config.include_prompt !== false };
}

const OLD_FLAGS: readonly (readonly [string, PoolingMode])[] = [
  ['pooling_mode_cls_token', 'cls'],
  ['pooling_mode_max_tokens', 'max'],
  ['pooling_mode_mean_tokens', 'mean'],
  ['pooling_mode_mean_sqrt_len_tokens', 'mean_sqrt_len_tokens'],
  ['pooling_mode_weightedmean_tokens', 'weightedmean'],
  ['pooling_mode_lasttoken', 'lasttoken'],
];

type DenseConfig = { in_features: number; out_features: number; bias?: boolean; activation_function?: string };

function readDense(path: string, files: ModuleFiles): Step {
  const {
    in_features: inputs,
    out_features: outputs,
    bias,
    activation_function: named,
  } = files.json<DenseConfig>(join(path, 'config.json'));
  const activation = named === undefined ? 'Tanh' : named.split('.').at(-1);
  if (!ACTIVATIONS.includes(activation as Activation))
    throw unsupported(files.folder, `${join(path, 'config.json')} asks for the activation ${named}`);
  const weights = readWeights(path, files);
  return {
    kind: 'dense',
    inputs,
    outputs,
    weight: tensor(weights, 'linear.weight', inputs * outputs, { path, files }),
    bias: bias === false ? undefined : tensor(weights, 'linear.bias', outputs, { path, files }),
    activation: activation as Activation,
  };
}

function readLayerNorm(path: string, files: ModuleFiles): Step {
  const { dimension } = files.json<{ dimension: number }>(join(path, 'config.json'));
  const weights = readWeights(path, files);
  return {
    kind: 'layernorm',
    weight: tensor(weights, 'norm.weight', dimension, { path, files }),
    bias: tensor(weights, 'norm.bias', dimension, { path, files }),
    // torch.nn.LayerNorm's own
    epsilon: 1e-5,
  };
}

function readWeights(path: string, { folder, note }: ModuleFiles): Weights {
  const file = join(path, 'model.safetensors');
  if (!existsSync(join(folder, file))) {
    const old = existsSync(join(folder, path, 'pytorch_model.bin'));
    throw new CliError(`Cannot load the model in ${folder}: ${file} is missing${old ? ', there is only pytorch_model.bin' : ''}`, {
      hint: old
        ? 'Save the model anew with Python: SentenceTransformer(DIR).save(NEW_DIR) writes safetensors'
        : 'Copy the whole folder as SentenceTransformer.save() writes it',
    });
  }
  note(file);
  return readSafetensors(join(folder, file));
}

function tensor(weights: Weights, name: string, size: number, { path, files }: { path: string; files: ModuleFiles }): Float32Array {
  const found = weights.get(name);
  if (found?.data.length === size) return found.data;
  const file = join(path, 'model.safetensors');
  throw new CliError(
    `Cannot load the model in ${files.folder}: ${file} ${found ? `has "${name}" of ${found.shape.join(' × ')} numbers where its config.json asks for ${size}` : `has no float32 tensor "${name}"`}`,
    { hint: 'Copy the whole folder again' },
  );
}

function unsupported(folder: string, what: string): CliError {
  return new CliError(`Cannot use the model in ${folder}: ${what}, which embed does not support`, {
    hint: 'Supported are a transformer in ONNX, Pooling in every mode, Dense, LayerNorm and Normalize',
  });
}
