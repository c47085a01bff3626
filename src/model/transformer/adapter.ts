import { EmbedError } from '../../errors.ts';
import { shortened } from '../../text.ts';
import { listTensors, readSafetensors, type Tensor, type Weights } from '../../vectors/safetensors.ts';
import { prefixOf } from './bert.ts';

/** LoRA adapters, as PEFT writes them: pairs of narrow matrices whose products are added to the weights of a model. */

/** The settings of an adapter that decide what is added. */
export type Adapter = {
  /** Its weights. */
  file: string;
  rank: number;
  alpha: number;
  /** Whether the product is scaled by α/√r in the place of α/r (Kalajdzievski 2023). */
  rootScaled: boolean;
  /** Other ranks and alphas, by the end of a module's name. */
  ranks: Readonly<Record<string, number>>;
  alphas: Readonly<Record<string, number>>;
  /** The ends of the names of the modules that it changes; undefined if its weights say it. */
  targets: readonly string[] | undefined;
};

/** A change of one tensor: a product that is added to it, or another tensor in its place. */
type Change = { a: Tensor; b: Tensor; scale: number; embedding: boolean } | { instead: Tensor };

/**
 * The weights with an adapter folded in. Each value is W + s·BA in float64, rounded to float32 once. Products are made when a tensor is read.
 *
 * @throws EmbedError where the adapter does not fit the weights or its own settings
 */
export function withAdapter(weights: Weights, adapter: Adapter): Weights {
  const changed = new Map(weights);
  for (const [name, change] of changesOf(weights, adapter)) {
    const tensor = weights.get(name)!;
    changed.set(name, {
      shape: tensor.shape,
      get data() {
        return 'instead' in change ? change.instead.data : added(tensor, change);
      },
    });
  }
  return changed;
}

function added({ shape, data }: Tensor, { a, b, scale, embedding }: Exclude<Change, { instead: Tensor }>): Float32Array {
  const [rows = 0, columns = 0] = shape;
  const rank = a.shape[0]!;
  const [left, right] = [b.data, a.data];
  const result = new Float32Array(data.length);
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    for (let k = 0; k < rank; k++) {
      // the product for a table of embeddings is stored transposed
      const factor = embedding ? right[k * rows + row]! : left[row * rank + k]!;
      for (let column = 0; column < columns; column++) {
        sums[column]! += factor * (embedding ? left[column * rank + k]! : right[k * columns + column]!);
      }
    }
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      result[at] = data[at]! + scale * sums[column]!;
    }
  }
  return result;
}

/** The changes of an adapter, by the names of the tensors in the weights. */
function changesOf(weights: Weights, adapter: Adapter): Map<string, Change> {
  const stored = storedIn(adapter);
  const nameOf = finder(weights);
  const changes = new Map<string, Change>();
  const adapted = new Set([...stored.keys()].flatMap((name) => A_OF.exec(name)?.[1] ?? []));
  for (const [name, tensor] of stored) {
    const [, module, embedded] = A_OF.exec(name) ?? [];
    if (module === undefined) {
      if (B_OF.test(name)) {
        if (!stored.has(name.replace(B_OF, '.lora_$1A$2'))) throw misfit(adapter, `it has "${shortened(name)}" without its other half`);
        continue;
      }
      if (!isInEncoder(name)) continue;
      // old versions of PEFT kept a bias under this name, and new ones do not find it
      if (adapted.has(name.replace(/\.\w+$/, ''))) throw misfit(adapter, `"${shortened(name)}" has a name of an old version of PEFT`);
      const own = nameOf(name.replace('.base_layer.', '.'));
      changes.set(fitting(own, { adapter, name, weights, shape: tensor.shape }), { instead: tensor });
      continue;
    }
    if (!isInEncoder(module)) continue;
    const { targets } = adapter;
    if (targets && !targets.some((target) => module === target || module.endsWith(`.${target}`))) {
      throw misfit(adapter, `it changes "${shortened(module)}", which target_modules does not name`);
    }
    const b = stored.get(name.replace(`lora_${embedded ?? ''}A`, `lora_${embedded ?? ''}B`));
    if (!b) throw misfit(adapter, `it has "${shortened(name)}" without its other half`);
    const rank = valueFor(module, adapter.ranks) ?? adapter.rank;
    if (tensor.shape.length !== 2 || b.shape.length !== 2 || tensor.shape[0] !== rank || b.shape[1] !== rank) {
      throw misfit(
        adapter,
        `"${shortened(name)}" has ${tensor.shape.join(' × ')} numbers, where adapter_config.json asks for the rank ${rank}`,
      );
    }
    const shape = embedded === undefined ? [b.shape[0]!, tensor.shape[1]!] : [tensor.shape[1]!, b.shape[0]!];
    const alpha = valueFor(module, adapter.alphas) ?? adapter.alpha;
    const scale = alpha / (adapter.rootScaled ? Math.sqrt(rank) : rank);
    changes.set(fitting(nameOf(`${module}.weight`), { adapter, name, weights, shape }), {
      a: tensor,
      b,
      scale,
      embedding: embedded !== undefined,
    });
  }
  return changes;
}

/** Names of the two halves: those of a layer end in "weight", those of a table of embeddings do not. */
const A_OF = /^(.*)\.lora_(embedding_)?A(?:\.weight)?$/;
const B_OF = /\.lora_(embedding_)?B(\.weight)?$/;

/** PEFT puts these words before the names of a model's own modules. */
const WRAPPED = /^base_model\.model\./;

/** The tensors of the adapter's file, under the names of the modules. */
function storedIn(adapter: Adapter): Map<string, Tensor> {
  const floats = readSafetensors(adapter.file);
  const other = [...listTensors(adapter.file)].find(([name]) => !floats.has(name));
  if (other !== undefined) throw misfit(adapter, `"${shortened(other[0])}" holds ${other[1].dtype} instead of floats`);
  if (floats.size === 0) throw misfit(adapter, 'it has no tensors');
  return new Map([...floats].map(([name, tensor]) => [name.replace(WRAPPED, ''), tensor]));
}

/** Parts of a model beside the encoder: no vector depends on them. */
const BESIDE = /(?:^|\.)(?:pooler|classifier|pre_classifier|cls|lm_head|predictions|qa_outputs|score|vocab_\w+)(?:\.|$)/;

function isInEncoder(name: string): boolean {
  return !BESIDE.test(name);
}

/** Finds the names of the adapter's tensors in the weights. A model with other parts, or one without them, has another prefix. */
function finder(weights: Weights): (name: string) => string {
  const prefix = prefixOf(weights);
  return (name) => [name, prefix + name, name.replace(/^[^.]*\./, '')].find((one) => weights.has(one)) ?? name;
}

/** The name, if the weights have a tensor of that name and shape. */
function fitting(
  own: string,
  { adapter, name, weights, shape }: { adapter: Adapter; name: string; weights: Weights; shape: readonly number[] },
): string {
  const found = weights.get(own);
  if (!found) throw misfit(adapter, `it changes "${shortened(own)}", which the weights do not have`);
  if (found.shape.length === shape.length && found.shape.every((size, at) => size === shape[at])) return own;
  throw misfit(adapter, `"${shortened(name)}" is for ${shape.join(' × ')} numbers, where the weights have ${found.shape.join(' × ')}`);
}

/** The value of the first pattern that a module's name ends in. */
function valueFor(module: string, patterns: Readonly<Record<string, number>>): number | undefined {
  return Object.entries(patterns).find(([pattern]) =>
    pattern.startsWith('^') ? module === pattern.slice(1) : module === pattern || module.endsWith(`.${pattern}`),
  )?.[1];
}

function misfit({ file }: Adapter, what: string): EmbedError {
  return new EmbedError(`Cannot fold the adapter ${file} into the weights beside it: ${what}`, {
    hint: 'The adapter belongs to another model, or is damaged: copy both again',
  });
}
