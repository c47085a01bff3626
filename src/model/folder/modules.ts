import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../../errors.ts';
import { readSafetensors, type Weights } from '../../vectors/safetensors.ts';
import { ACTIVATIONS, dimsOf, misfitOf, POOLING_MODES, type Activation, type Head, type PoolingMode, type Step } from '../head.ts';
import { SAVE_ANEW } from '../transformer/choose.ts';

/** What modules.json lists, each with the folder of its configuration. */
export type ModuleEntry = { idx: number; path: string; type: string };

/** Whether a path that stands in a model's files stays in its folder, on every system. */
export function staysInside(path: unknown): path is string {
  return typeof path === 'string' && !/^[\\/]|[\\:]/.test(path) && !path.split('/').includes('..');
}

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

/** Whether the first module is a table with one vector a token, not a transformer. */
export function beginsStatic(modules: readonly ModuleEntry[] | undefined): boolean {
  return /^sentence_transformers\..*\bStaticEmbedding$/.test(String(modules?.[0]?.type));
}

/** Reads the modules of a sentence-transformers folder, in the order of the list. Any that it does not know is an error. */
export function readHead(modules: readonly ModuleEntry[], files: ModuleFiles): ReadHead {
  const { folder, json, truncateDim } = files;
  const kinds = modules.map((entry) => kindOf(entry, folder));
  const isStatic = beginsStatic(modules);
  if (!isStatic && (kinds[0] !== 'Transformer' || kinds[1] !== 'Pooling')) {
    throw unsupported(folder, `modules.json lists ${kinds.join(' → ') || 'nothing'}`);
  }
  const poolingFile = join(modules[isStatic ? 0 : 1]!.path, 'config.json');
  // a table pools by itself, and has no configuration
  const pooling = isStatic ? MEAN : readPooling(json<PoolingConfig>(poolingFile), folder);
  const hidden = pooling.hidden ?? files.hidden;
  if (hidden === undefined) throw unsupported(folder, `${poolingFile} does not say how many numbers a token has`);
  const first = isStatic ? 1 : 2;
  const steps = modules.slice(first).flatMap(({ path }, at): Step[] => {
    const kind = kinds[first + at]!;
    if (kind === 'Normalize') return readNormalize(path, files);
    if (kind === 'Dense') return [readDense(path, files)];
    if (kind === 'LayerNorm') return [readLayerNorm(path, files)];
    // it drops nothing but in training
    if (kind === 'Dropout') return [];
    throw unsupported(folder, `modules.json lists the module ${kind}`);
  });
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
  return { head: truncated(head, truncateDim, folder), includePrompt: pooling.includePrompt };
}

/** The head of a model without modules: pooled as asked for, brought to unit length where that is said, and nothing else. */
export function bareHead(
  pooling: PoolingMode | undefined,
  { folder, hidden, truncateDim, normalized = false }: Pick<ModuleFiles, 'folder' | 'hidden' | 'truncateDim'> & { normalized?: boolean },
): ReadHead {
  if (pooling === undefined) {
    throw new CliError(`Cannot load the model in ${folder}: modules.json is missing, so nothing says how its tokens become one vector`, {
      hint: 'Copy the whole folder as SentenceTransformer.save() writes it, or say it: --pooling mean, as sentence-transformers takes for granted, or --pooling cls',
    });
  }
  if (hidden === undefined) {
    throw new CliError(`Cannot load the model in ${folder}: config.json does not say how many numbers a token has (hidden_size)`, {
      hint: 'Copy the whole folder again',
    });
  }
  const steps: Step[] = normalized ? [{ kind: 'normalize' }] : [];
  return { head: truncated({ pooling: [pooling], hidden, steps }, truncateDim, folder), includePrompt: true };
}

/** What a module is, of those that sentence-transformers brings along; of others nothing is known but the name. */
function kindOf({ type }: ModuleEntry, folder: string): string {
  if (typeof type !== 'string') throw unsupported(folder, `modules.json has a module without a type`);
  if (!type.startsWith('sentence_transformers.')) throw unsupported(folder, `modules.json asks for the code of ${type}`);
  return type.split('.').at(-1)!;
}

/** The head with no more than the numbers that config_sentence_transformers.json asks for. */
function truncated(head: Head, dims: number | undefined, folder: string): Head {
  if (dims === undefined || dims >= dimsOf(head)) return head;
  if (!Number.isInteger(dims) || dims < 1) throw unsupported(folder, `config_sentence_transformers.json has truncate_dim ${dims}`);
  return { ...head, steps: [...head.steps, { kind: 'cut', dims }] };
}

/** Old folders have one boolean a mode, new ones a list of modes. */
type PoolingConfig = Record<string, unknown> & { pooling_mode?: string | string[]; include_prompt?: boolean };

type ReadPooling = { modes: readonly PoolingMode[]; hidden: number | undefined; includePrompt: boolean };

const MEAN: ReadPooling = { modes: ['mean'], hidden: undefined, includePrompt: true };

function readPooling(config: PoolingConfig, folder: string): ReadPooling {
  // in the order in which the reference puts the results side by side; it takes the mean where no flag is set
  const flags = OLD_FLAGS.filter(([key]) => config[key] === true).map(([, mode]) => mode);
  const modes = config.pooling_mode === undefined ? (flags.length > 0 ? flags : ['mean']) : [config.pooling_mode].flat();
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

/** Which of the values that modules hand on a module takes and gives. */
type Ports = { module_input_name?: string; module_output_name?: string | null };

/** Refuses a module that works on anything but the vector of a text. */
function assertPorts({ module_input_name: input = VECTOR, module_output_name: output }: Ports, file: string, folder: string): void {
  const other = [input, output ?? input].find((name) => name !== VECTOR);
  if (other !== undefined) throw unsupported(folder, `${file} asks for ${other} in the place of ${VECTOR}`);
}

const VECTOR = 'sentence_embedding';

function readNormalize(path: string, { folder, json }: ModuleFiles): Step[] {
  const file = join(path, 'config.json');
  // it had no settings once, and an empty folder is lost in copies
  if (existsSync(join(folder, file))) assertPorts(json<Ports>(file), file, folder);
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
  const config = files.json<DenseConfig>(file);
  const { in_features: inputs, out_features: outputs, bias, activation_function: named = 'torch.nn.Tanh', use_residual: adds } = config;
  assertPorts(config, file, files.folder);
  if (![inputs, outputs].every((count) => Number.isSafeInteger(count) && count > 0)) {
    throw unsupported(files.folder, `${file} takes ${inputs} numbers and gives ${outputs}`);
  }
  const activation = String(named).split('.').at(-1) as Activation;
  // a function of the same name from elsewhere may be another one
  if (!ACTIVATIONS.includes(activation) || !named.startsWith('torch.'))
    throw unsupported(files.folder, `${file} asks for the activation ${named}`);
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
      hint: old ? `Save the model anew with Python: ${SAVE_ANEW}` : 'Copy the whole folder as SentenceTransformer.save() writes it',
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
  throw new CliError(
    `Cannot load the model in ${files.folder}: ${file} ${found ? `has "${name}" of ${found.shape.join(' × ')} numbers where its config.json asks for ${size}` : `has no float32 tensor "${name}"`}`,
    { hint: 'Copy the whole folder again' },
  );
}

function unsupported(folder: string, what: string): CliError {
  return new CliError(`Cannot use the model in ${folder}: ${what}, which embed does not support`, {
    hint: 'Supported are a transformer and Pooling in every mode, or StaticEmbedding; Dense, LayerNorm, Normalize and Dropout, of sentence-transformers itself',
  });
}
