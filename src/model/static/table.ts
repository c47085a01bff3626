import { EmbedError } from '../../errors.ts';
import { inMemory, listTensors, type StoredTensor } from '../../vectors/safetensors.ts';
import type { TableShape } from '../model.ts';

/**
 * The table of a static model: one vector per token. Threads share the memory of values and weights, so that all of them read the same
 * copy; int8 values stay int8.
 */
export type StaticTable = {
  /** Rows × dims, in C order. */
  values: Float32Array | Int8Array;
  dims: number;
  /** The factor of each token's row, by token id; for int8 rows it is their scale. */
  weights: Float32Array | undefined;
  /** The row of each token, by token id, if tokens share rows. */
  rowOf: Int32Array | undefined;
};

/** Names of the table: that of sentence-transformers, and that of model2vec, which may come with weights and a mapping. */
const TABLE_NAMES = ['embedding.weight', 'embeddings'];

const INTEGERS = ['I8', 'U8', 'I16', 'U16', 'I32', 'U32', 'I64', 'U64'];

/**
 * Checks a table by its header and its mapping.
 *
 * @param path the safetensors file
 * @param where the name of the model's folder in errors
 * @param tokens the number of token ids that may be looked up
 * @throws EmbedError if a tensor is missing or does not fit the others, or if a token has no row
 */
export function tableShape(path: string, { where, tokens }: { where: string; tokens: number }): TableShape {
  const { table, weights, mapping } = tensorsOf(path, where);
  const [rows, dims] = table.shape as [number, number];
  const known = mapping?.count ?? rows;
  if (tokens > known) {
    throw damaged(
      where,
      `its tokenizer.json has ${tokens} tokens, where its ${mapping ? 'mapping has' : 'table has rows for'} ${known}`,
      'The tokenizer belongs to another model: copy the whole folder again',
    );
  }
  if (weights && (weights.count !== known || weights.shape.length !== 1)) {
    throw damaged(where, `it has ${weights.shape.join(' × ')} weights for ${known} tokens`);
  }
  const astray = mapping && readIntegers(mapping).find((row) => row < 0 || row >= rows);
  if (astray !== undefined) throw damaged(where, `its mapping names the row ${astray} of ${rows}`);
  return { rows, dims, precision: table.dtype === 'I8' ? 'int8' : 'fp32' };
}

/** Reads a table that `tableShape` has checked. Throws an EmbedError for values that are not finite. */
export function readStaticTable(path: string): StaticTable {
  const { table, weights, mapping } = tensorsOf(path, path);
  const values = table.dtype === 'I8' ? new Int8Array(sharedBytes(table)) : sharedFloats(table);
  const factors = weights && sharedFloats(weights);
  const dims = table.shape[1]!;
  if (values instanceof Float32Array) assertFinite(values, { path, width: dims, what: 'row' });
  if (factors) assertFinite(factors, { path, width: 1, what: 'weight' });
  return { values, dims, weights: factors, rowOf: mapping && sharedCopy(readIntegers(mapping)) };
}

function tensorsOf(path: string, where: string): { table: StoredTensor; weights?: StoredTensor; mapping?: StoredTensor } {
  const tensors = listTensors(path);
  const name = TABLE_NAMES.find((candidate) => tensors.has(candidate));
  if (name === undefined) throw damaged(where, `its model.safetensors has no tensor ${TABLE_NAMES.map((one) => `"${one}"`).join(' or ')}`);
  const table = tensors.get(name)!;
  if (table.shape.length !== 2 || table.count === 0) {
    throw damaged(where, `its tensor "${name}" has the shape ${table.shape.join(' × ') || 'of one number'}, not tokens × dims`);
  }
  if (table.dtype !== 'I8' && INTEGERS.includes(table.dtype)) {
    throw damaged(where, `its tensor "${name}" holds ${table.dtype}, but embed reads floats and I8`);
  }
  if (name === 'embedding.weight') return { table };
  const weights = tensors.get('weights');
  if (weights && INTEGERS.includes(weights.dtype)) throw damaged(where, `its tensor "weights" holds ${weights.dtype}, not floats`);
  const mapping = tensors.get('mapping');
  if (mapping && !INTEGERS.includes(mapping.dtype)) throw damaged(where, `its tensor "mapping" holds ${mapping.dtype}, not integers`);
  return { table, ...(weights ? { weights } : {}), ...(mapping ? { mapping } : {}) };
}

/** A plain loop: a callback per number takes five times as long on large tables. */
function assertFinite(values: Float32Array, { path, width, what }: { path: string; width: number; what: string }): void {
  for (let at = 0; at < values.length; at++) {
    if (!Number.isFinite(values[at])) throw damaged(path, `the ${what} of token ${Math.floor(at / width)} is not finite`);
  }
}

function damaged(where: string, what: string, hint = 'Copy the whole folder again'): EmbedError {
  return new EmbedError(`Cannot load the model in ${where}: ${what}`, { hint });
}

function sharedBytes(tensor: StoredTensor): SharedArrayBuffer {
  return inMemory('the table of a static model', tensor.bytes, () => {
    const shared = new SharedArrayBuffer(tensor.bytes);
    tensor.readBytes(new Uint8Array(shared));
    return shared;
  });
}

function sharedFloats(tensor: StoredTensor): Float32Array {
  if (tensor.dtype === 'F32') return new Float32Array(sharedBytes(tensor));
  return sharedCopy(tensor.floats!);
}

function sharedCopy<Values extends Float32Array | Int32Array>(values: Values): Values {
  const Kind = values.constructor as new (buffer: SharedArrayBuffer) => Values;
  const shared = new Kind(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
}

const VIEWS = {
  I8: Int8Array,
  U8: Uint8Array,
  I16: Int16Array,
  U16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
} as const;

/** Integers of any type, as int32. Values that do not fit, which are not rows, become -1. */
function readIntegers(tensor: StoredTensor): Int32Array {
  const bytes = inMemory('the mapping of a static model', tensor.bytes, () => new Uint8Array(tensor.bytes));
  tensor.readBytes(bytes);
  const stored = new VIEWS[tensor.dtype as keyof typeof VIEWS](bytes.buffer);
  return Int32Array.from({ length: tensor.count }, (_, at) => {
    const value = Number(stored[at]);
    return value > 0x7fffffff || value < 0 ? -1 : value;
  });
}
