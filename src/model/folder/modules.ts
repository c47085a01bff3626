import { join } from 'node:path';
import { EmbedError } from '../../errors.ts';
import type { Schema } from '../../schema.ts';
import { readSafetensors, type Weights } from '../../vectors/safetensors.ts';
import { shortened } from '../../text.ts';
import { ACTIVATIONS, dimsOf, misfitOf, POOLING_MODES, type Activation, type Head, type PoolingMode, type Step } from '../head.ts';
import { saveAgain } from '../python.ts';
import { DENSE, LAYER_NORM, NORMALIZE, POOLING } from './schemas.ts';

/** An entry of modules.json; `path` is the folder of its configuration. */
export type ModuleEntry = { idx: number; path: string; type: string };

/** Whether a path from a model's files stays inside its folder, on every system. */
export function staysInside(path: unknown): path is string {
  return typeof path === 'string' && !/^[\\/]|[\\:]/.test(path) && !path.split('/').includes('..');
}

/** The head that the modules after the transformer make up. */
export type ReadHead = { head: Head; includePrompt: boolean };

type ModuleFiles = {
  folder: string;
  has: (file: string) => boolean;
  /** Reads a JSON file of the folder, and notes it for the hash of the model. */
  json: <T>(file: string, schema: Schema) => T;
  /** Notes a file for the hash of the model. */
  note: (file: string) => void;
  hidden: number | undefined;
  truncateDim: number | undefined;
};

/** Whether the first module is a table with one vector per token, not a transformer. */
export function beginsStatic(modules: readonly ModuleEntry[] | undefined): boolean {
  return /^sentence_transformers\..*\bStaticEmbedding$/.test(modules?.[0]?.type ?? '');
}

/** Reads the modules of a sentence-transformers folder, in the order of the list. Throws an EmbedError for a module it does not know. */
export function readHead(modules: readonly ModuleEntry[], files: ModuleFiles): ReadHead {
  const { folder, json, truncateDim } = files;
  const kinds = modules.map((entry) => kindOf(entry, folder));
  const isStatic = beginsStatic(modules);
  if (!isStatic && (kinds[0] !== 'Transformer' || kinds[1] !== 'Pooling')) {
    throw unsupported(folder, `modules.json lists ${shortened(kinds.join(' → ')) || 'nothing'}`);
  }
  const poolingFile = join(modules[isStatic ? 0 : 1]!.path, 'config.json');
  // StaticEmbedding pools by itself, and has no configuration
  const pooling = isStatic ? MEAN : readPooling(json<PoolingConfig>(poolingFile, POOLING), folder);
  const hidden = pooling.hidden ?? files.hidden;
  if (hidden === undefined) throw unsupported(folder, `${poolingFile} does not say how many numbers a token has`);
  const first = isStatic ? 1 : 2;
  const steps = modules.slice(first).flatMap(({ path }, at): Step[] => {
    const kind = kinds[first + at]!;
    if (kind === 'Normalize') return readNormalize(path, files);
    if (kind === 'Dense') return [readDense(path, files)];
    if (kind === 'LayerNorm') return [readLayerNorm(path, files)];
    // it only acts in training
    if (kind === 'Dropout') return [];
    throw unsupported(folder, `modules.json lists the module ${shortened(kind)}`);
  });
  const head: Head = { pooling: pooling.modes, hidden, steps };
  const misfit = misfitOf(head);
  if (misfit) {
    throw new EmbedError(`Cannot load the model in ${folder}: a ${misfit.kind} module takes ${misfit.takes} dims but gets ${misfit.gets}`, {
      hint: 'Copy the whole folder again',
    });
  }
  return { head: truncated(head, truncateDim), includePrompt: pooling.includePrompt };
}

/** The head of a model without modules: the given pooling, and normalisation if `normalized`. Throws an EmbedError without a pooling. */
export function bareHead(
  pooling: PoolingMode | undefined,
  { folder, hidden, truncateDim, normalized = false }: Pick<ModuleFiles, 'folder' | 'hidden' | 'truncateDim'> & { normalized?: boolean },
): ReadHead {
  if (pooling === undefined) {
    throw new EmbedError(`Cannot load the model in ${folder}: modules.json is missing, so nothing says how its tokens become one vector`, {
      hint: 'Copy the whole folder as SentenceTransformer.save() writes it, or choose: --pooling mean, the default of sentence-transformers, or --pooling cls',
    });
  }
  if (hidden === undefined) {
    throw new EmbedError(`Cannot load the model in ${folder}: config.json does not say how many numbers a token has (hidden_size)`, {
      hint: 'Copy the whole folder again',
    });
  }
  const steps: Step[] = normalized ? [{ kind: 'normalize' }] : [];
  return { head: truncated({ pooling: [pooling], hidden, steps }, truncateDim), includePrompt: true };
}

/** The kind of a module of sentence-transformers. Throws an EmbedError for other modules: they require code of their own. */
function kindOf({ type }: ModuleEntry, folder: string): string {
  if (!type.startsWith('sentence_transformers.')) throw unsupported(folder, `modules.json asks for the code of ${shortened(type)}`);
  return type.split('.').at(-1)!;
}

/** The head, cut to the `truncate_dim` of config_sentence_transformers.json. */
function truncated(head: Head, dims: number | undefined): Head {
  if (dims === undefined || dims >= dimsOf(head)) return head;
  return { ...head, steps: [...head.steps, { kind: 'cut', dims }] };
}

/** Old folders have one boolean per mode, new ones a list of modes. */
type PoolingConfig = Record<string, unknown> & { pooling_mode?: string | string[]; include_prompt?: boolean };

type ReadPooling = { modes: readonly PoolingMode[]; hidden: number | undefined; includePrompt: boolean };

const MEAN: ReadPooling = { modes: ['mean'], hidden: undefined, includePrompt: true };

function readPooling(config: PoolingConfig, folder: string): ReadPooling {
  // in the order in which the reference concatenates the results; without a flag it takes the mean
  const flags = OLD_FLAGS.filter(([key]) => config[key] === true).map(([, mode]) => mode);
  const modes = (config.pooling_mode ?? undefined) === undefined ? (flags.length > 0 ? flags : ['mean']) : [config.pooling_mode!].flat();
  const known = modes.filter((mode): mode is PoolingMode => POOLING_MODES.includes(mode as PoolingMode));
  if (known.length === 0 || known.length < modes.length || known.length > MAX_MODES)
    throw unsupported(folder, `its pooling is ${shortened(modes.join(' + ')) || 'not named'}`);
  const hidden = config['embedding_dimension'] ?? config['word_embedding_dimension'];
  return { modes: known, hidden: typeof hidden === 'number' ? hidden : undefined, includePrompt: config.include_prompt !== false };
}

/** Modes side by side. */
const MAX_MODES = 16;

const OLD_FLAGS: readonly (readonly [string, PoolingMode])[] = [
  ['pooling_mode_cls_token', 'cls'],
  ['pooling_mode_max_tokens', 'max'],
  ['pooling_mode_mean_tokens', 'mean'],
  ['pooling_mode_mean_sqrt_len_tokens', 'mean_sqrt_len_tokens'],
  ['pooling_mode_weightedmean_tokens', 'weightedmean'],
  ['pooling_mode_lasttoken', 'lasttoken'],
];

/** Names of the values that a module reads and writes. */
type Ports = { module_input_name?: string; module_output_name?: string | null };

/** Refuses a module that works on anything but the vector of a text. */
function assertPorts({ module_input_name: input = VECTOR, module_output_name: output }: Ports, file: string, folder: string): void {
  const other = [input, output ?? input].find((name) => name !== VECTOR);
  if (other !== undefined) throw unsupported(folder, `${file} asks for ${shortened(other)} instead of ${VECTOR}`);
}

const VECTOR = 'sentence_embedding';

function readNormalize(path: string, { folder, has, json }: ModuleFiles): Step[] {
  const file = join(path, 'config.json');
  // old versions write no settings, and an empty folder is lost in copies
  if (has(file)) assertPorts(json<Ports>(file, NORMALIZE), file, folder);
  return [{ kind: 'normalize' }];
}

type DenseConfig = Ports & {
  in_features: number;
  out_features: number;
  bias?: boolean;
  activation_function?: string;
  use_residual?: boolean;
};

function readDense(path: string, files: ModuleFiles): Step {
  const file = join(path, 'config.json');
  const config = files.json<DenseConfig>(file, DENSE);
  const { in_features: inputs, out_features: outputs, bias, activation_function: named = 'torch.nn.Tanh', use_residual: adds } = config;
  assertPorts(config, file, files.folder);
  const activation = named.split('.').at(-1) as Activation;
  // a function of the same name from another package may differ
  if (!ACTIVATIONS.includes(activation) || !named.startsWith('torch.'))
    throw unsupported(files.folder, `${file} asks for the activation ${shortened(named)}`);
  const weights = readWeights(path, files);
  const matrix = (name: string): Float32Array => tensor(weights, name, inputs * outputs, { path, files });
  return {
    kind: 'dense',
    inputs,
    outputs,
    weight: matrix('linear.weight'),
    bias: bias === false ? undefined : tensor(weights, 'linear.bias', outputs, { path, files }),
    activation,
    ...(adds === true ? { residual: inputs === outputs ? 'input' : matrix('residual.weight') } : {}),
  };
}

function readLayerNorm(path: string, files: ModuleFiles): Step {
  const { dimension } = files.json<{ dimension: number }>(join(path, 'config.json'), LAYER_NORM);
  const weights = readWeights(path, files);
  return {
    kind: 'layernorm',
    weight: tensor(weights, 'norm.weight', dimension, { path, files }),
    bias: tensor(weights, 'norm.bias', dimension, { path, files }),
    // the default of torch.nn.LayerNorm
    epsilon: 1e-5,
  };
}

function readWeights(path: string, { folder, has, note }: ModuleFiles): Weights {
  const file = join(path, 'model.safetensors');
  if (!has(file)) {
    const old = has(join(path, 'pytorch_model.bin'));
    throw new EmbedError(`Cannot load the model in ${folder}: ${file} is missing${old ? ', there is only pytorch_model.bin' : ''}`, {
      hint: old
        ? `Save the model again with Python: ${saveAgain(folder)}`
        : 'Copy the whole folder as SentenceTransformer.save() writes it',
    });
  }
  note(file);
  return readSafetensors(join(folder, file));
}

function tensor(weights: Weights, name: string, size: number, { path, files }: { path: string; files: ModuleFiles }): Float32Array {
  const found = weights.get(name);
  const data = found?.data;
  if (data?.length === size) return data;
  const file = join(path, 'model.safetensors');
  throw new EmbedError(
    `Cannot load the model in ${files.folder}: ${file} ${found ? `has "${name}" of ${found.shape.join(' × ')} numbers where its config.json asks for ${size}` : `has no float32 tensor "${name}"`}`,
    { hint: 'Copy the whole folder again' },
  );
}

function unsupported(folder: string, what: string): EmbedError {
  return new EmbedError(`Cannot use the model in ${folder}: ${what}, which embed does not support`, {
    hint: 'Supported modules of sentence-transformers: a transformer and Pooling in every mode, or StaticEmbedding; then Dense, LayerNorm, Normalize and Dropout',
  });
}
