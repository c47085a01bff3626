import { closeSync, fstatSync, readSync } from 'node:fs';
import { EmbedError } from '../errors.ts';
import { parseJson } from '../files/bounded-json.ts';
import { createFile } from '../files/part-file.ts';
import { readFully } from '../files/read-fully.ts';
import { takeRegularFile } from '../files/regular-file.ts';
import { array, looseObject, misfitOf, string, tuple, wholeBetween, type InferOutput } from '../schema.ts';
import { megabytes, shortened } from '../text.ts';
import { halfToSingle } from './value-types.ts';

/** A tensor in float32. `data` holds the values in C order; each access reads them from disk again. */
export type Tensor = { shape: readonly number[]; readonly data: Float32Array };

/** Tensors of a model by name. */
export type Weights = ReadonlyMap<string, Tensor>;

/** Bytes per value, and how values become float32. */
const TYPES: Readonly<Record<string, { bytes: number; read: (bytes: ArrayBuffer) => Float32Array }>> = {
  F32: { bytes: 4, read: (bytes) => new Float32Array(bytes) },
  F64: { bytes: 8, read: (bytes) => new Float32Array(new Float64Array(bytes)) },
  // bfloat16 is the upper half of a float32
  BF16: {
    bytes: 2,
    read: (bytes) => new Float32Array(eachHalf(bytes, new Uint32Array(bytes.byteLength / 2), (half) => half << 16).buffer),
  },
  F16: { bytes: 2, read: (bytes) => eachHalf(bytes, new Float32Array(bytes.byteLength / 2), halfToSingle) },
};

/** Bytes per value of the types that are not converted: integers, and floats of eight bits, whose scales stand elsewhere. */
const OTHER_BYTES: Readonly<Record<string, number>> = {
  F8_E4M3: 1,
  F8_E5M2: 1,
  I8: 1,
  U8: 1,
  I16: 2,
  U16: 2,
  I32: 4,
  U32: 4,
  I64: 8,
  U64: 8,
};

/** A loop instead of `Float32Array.from`, which first makes a list of all values: that of 250,000 words does not fit into memory. */
function eachHalf<Values extends Uint32Array | Float32Array>(bytes: ArrayBuffer, into: Values, read: (half: number) => number): Values {
  const halves = new Uint16Array(bytes);
  for (let at = 0; at < halves.length; at++) into[at] = read(halves[at]!);
  return into;
}

/** The limit of the reference. The largest published model needs a thousandth of this. */
const MAX_HEADER_BYTES = 100e6;

/** A header is an object of tensors, each of which holds two lists. */
const HEADER_LIMITS = { maxDepth: 4, maxNodes: 1e6, maxKeys: 2e6 };

const SIZE = wholeBetween(0, Number.MAX_SAFE_INTEGER);
const TENSOR = looseObject({ dtype: string(), shape: array(SIZE), data_offsets: tuple([SIZE, SIZE]) });

/** A tensor as the file stores it. */
export type StoredTensor = {
  /** The format's name for the type of the values: F32, I8, … */
  dtype: string;
  shape: readonly number[];
  /** The values, converted to float32; undefined for other types. */
  readonly floats: Float32Array | undefined;
  /** Fills `into`, which must be `bytes` long, with the stored bytes. */
  readBytes(into: Uint8Array): void;
  /** Number of values, and of bytes. */
  count: number;
  bytes: number;
};

/**
 * Lists all tensors of a safetensors file. Only the header is read, and checked against the file's length. Values are read
 * when they are asked for, so that a model of several GB never has to fit into memory twice.
 * Format: huggingface/safetensors, "Format".
 *
 * @throws EmbedError where the header is damaged or the file is cut short
 */
export function listTensors(path: string): ReadonlyMap<string, StoredTensor> {
  const { header, from, size } = readHeader(path);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of header) {
    const type = Object.hasOwn(TYPES, dtype) ? TYPES[dtype] : undefined;
    const width = type?.bytes ?? (Object.hasOwn(OTHER_BYTES, dtype) ? OTHER_BYTES[dtype] : undefined);
    if (width === undefined) continue;
    const [begin, end] = [from + offsets[0], from + offsets[1]];
    const count = shape.reduce((product, length) => product * length, 1);
    const bytes = end - begin;
    if (end > size || bytes !== width * count) {
      throw new EmbedError(`Cannot read tensor "${name}" in ${path}: its bytes do not fit its shape`, {
        hint: 'Download the file again; it looks cut short',
      });
    }
    const readBytes = (into: Uint8Array): void => {
      const descriptor = takeRegularFile(path);
      try {
        readFully(descriptor, into, { position: begin, path });
      } finally {
        closeSync(descriptor);
      }
    };
    tensors.set(name, {
      dtype,
      shape,
      count,
      bytes,
      readBytes,
      get floats() {
        if (!type) return undefined;
        return inMemory(`tensor "${name}" in ${path}`, bytes, () => {
          const stored = new Uint8Array(bytes);
          readBytes(stored);
          return type.read(stored.buffer);
        });
      },
    });
  }
  return tensors;
}

/** The floating-point tensors of a safetensors file; see `listTensors`. */
export function readSafetensors(path: string): Weights {
  const weights = new Map<string, Tensor>();
  for (const [name, tensor] of listTensors(path)) {
    if (!Object.hasOwn(TYPES, tensor.dtype)) continue;
    weights.set(name, {
      shape: tensor.shape,
      get data() {
        return tensor.floats!;
      },
    });
  }
  return weights;
}

/** The floating-point tensors of a model, whose weights may be in several files. */
export function readAllSafetensors(files: readonly string[]): Weights {
  return new Map(files.flatMap((file) => [...readSafetensors(file)]));
}

/** Reads values with `read`. Throws an EmbedError if they do not fit into memory: a file with holes can claim any size. */
export function inMemory<Values>(what: string, bytes: number, read: () => Values): Values {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new EmbedError(`Cannot read ${what}: its ${megabytes(bytes)} do not fit into memory`, {
      hint: 'Download the file again if the model is smaller; else take a smaller model',
      cause,
    });
  }
}

type TensorHeader = readonly (readonly [name: string, tensor: InferOutput<typeof TENSOR>])[];

/** Reads the header of a file. `from` is the offset where the values begin, `size` the file's length, both in bytes. */
function readHeader(path: string): { header: TensorHeader; from: number; size: number } {
  const descriptor = takeRegularFile(path);
  try {
    const { size } = fstatSync(descriptor);
    const length = Buffer.alloc(8);
    const bytes = readSync(descriptor, length, 0, 8, 0) === 8 ? length.readBigUInt64LE() : undefined;
    if (length.toString('latin1') === 'version ') {
      throw new EmbedError(`Cannot read the weights in ${path}: it is only a Git LFS pointer to the weights`, {
        hint: 'Fetch the weights: git lfs pull',
      });
    }
    if (bytes === undefined || bytes > size - 8) throw damaged(path, 'the header reaches beyond the end of the file');
    if (bytes > MAX_HEADER_BYTES) {
      throw damaged(path, `its header has ${megabytes(Number(bytes))}, more than the limit of ${megabytes(MAX_HEADER_BYTES)}`);
    }
    const json = Buffer.allocUnsafe(Number(bytes));
    readFully(descriptor, json, { position: 8, path });
    return { header: parseHeader(json, path), from: 8 + json.length, size };
  } finally {
    closeSync(descriptor);
  }
}

function damaged(path: string, why: string): EmbedError {
  return new EmbedError(`Cannot read the weights in ${path}: ${why}`, { hint: 'Download the file again; it looks damaged' });
}

/** The tensors that a header lists. Throws where the header is not JSON, or where two tensors share bytes. */
function parseHeader(json: Uint8Array, path: string): TensorHeader {
  let parsed: unknown;
  try {
    parsed = parseJson(json, { ...HEADER_LIMITS, path: `the weights in ${path}` });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw damaged(path, 'its header is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw damaged(path, 'its header is not a JSON object');
  const { __metadata__: _, ...tensors } = parsed as Record<string, unknown>;
  const entries = Object.entries(tensors);
  for (const [name, entry] of entries) {
    const misfit = misfitOf(TENSOR, entry);
    if (misfit !== undefined) throw damaged(path, `the header's entry ${shortened(JSON.stringify(name))} is not a tensor: ${misfit}`);
  }
  const header = entries as unknown as TensorHeader;
  const sorted = header
    .map(
      ([
        name,
        {
          data_offsets: [begin, end],
        },
      ]) => ({ name, begin, end }),
    )
    .toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  const overlap = sorted.find((range, at) => at > 0 && range.begin < sorted[at - 1]!.end);
  if (overlap) throw damaged(path, `${shortened(JSON.stringify(overlap.name))} shares bytes with another tensor`);
  return header;
}

/** Writes a safetensors file: length of the header, header, values. Format: huggingface/safetensors, "Format". */
export function writeSafetensors(path: string, tensors: readonly NamedTensor[]): void {
  let end = 0;
  const entries = tensors.map(({ name, shape, data }) => {
    const begin = end;
    end += data.byteLength;
    return [name, { dtype: data instanceof Int8Array ? 'I8' : 'F32', shape, data_offsets: [begin, end] }];
  });
  const header = JSON.stringify(Object.fromEntries(entries));
  // the format wants values to begin at a multiple of eight bytes
  const padded = Buffer.from(header.padEnd(Math.ceil(header.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const part = createFile(path);
  try {
    part.write(length, 0);
    part.write(padded, 8);
    let at = 8 + padded.length;
    for (const { data } of tensors) {
      part.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
      at += data.byteLength;
    }
  } finally {
    part.close();
  }
}

export type NamedTensor = { name: string; shape: number[]; data: Float32Array | Int8Array };
