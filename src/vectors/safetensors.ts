import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { EmbedError } from '../errors.ts';
import { createFile } from '../files/part-file.ts';
import { readFully } from '../files/read-fully.ts';
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

/** Bytes per value of the integer types. */
const INTEGER_BYTES: Readonly<Record<string, number>> = { I8: 1, U8: 1, I16: 2, U16: 2, I32: 4, U32: 4, I64: 8, U64: 8 };

/** A loop instead of `Float32Array.from`, which first makes a list of all values: that of 250,000 words does not fit into memory. */
function eachHalf<Values extends Uint32Array | Float32Array>(bytes: ArrayBuffer, into: Values, read: (half: number) => number): Values {
  const halves = new Uint16Array(bytes);
  for (let at = 0; at < halves.length; at++) into[at] = read(halves[at]!);
  return into;
}

/** A longer header is taken for damage: the largest published model needs a thousandth of this. */
const MAX_HEADER_BYTES = 100e6;

/** A tensor as the file stores it. */
export type StoredTensor = {
  /** The format's name for the type of the values: F32, I8, … */
  dtype: string;
  shape: readonly number[];
  /** The values, converted to float32; undefined for integers. */
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
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    const type = TYPES[dtype];
    const width = type?.bytes ?? INTEGER_BYTES[dtype];
    if (width === undefined) continue;
    const [begin, end] = offsets.map((offset) => from + offset) as [number, number];
    const count = shape.reduce((product, length) => product * length, 1);
    const bytes = end - begin;
    if (end > size || bytes !== width * count) {
      throw new EmbedError(`Cannot read tensor "${name}" in ${path}: its bytes do not fit its shape`, {
        hint: 'Download the file again; it looks cut short',
      });
    }
    const readBytes = (into: Uint8Array): void => {
      const descriptor = openSync(path, 'r');
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
        const stored = new Uint8Array(bytes);
        readBytes(stored);
        return type.read(stored.buffer);
      },
    });
  }
  return tensors;
}

/** The floating-point tensors of a safetensors file; see `listTensors`. */
export function readSafetensors(path: string): Weights {
  const weights = new Map<string, Tensor>();
  for (const [name, tensor] of listTensors(path)) {
    if (!(tensor.dtype in TYPES)) continue;
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

type TensorHeader = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

/** Reads the header of a file. `from` is the offset where the values begin, `size` the file's length, both in bytes. */
function readHeader(path: string): { header: TensorHeader; from: number; size: number } {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const length = Buffer.alloc(8);
    const bytes = readSync(descriptor, length, 0, 8, 0) === 8 ? Number(length.readBigUInt64LE()) : Infinity;
    if (length.toString('latin1') === 'version ') {
      throw new EmbedError(`Cannot read the weights in ${path}: it is only a Git LFS pointer to the weights`, {
        hint: 'Fetch the weights: git lfs pull',
      });
    }
    if (bytes > Math.min(size - 8, MAX_HEADER_BYTES)) {
      throw new EmbedError(`Cannot read the weights in ${path}: the header reaches beyond the end of the file`, {
        hint: 'Download the file again; it looks cut short',
      });
    }
    const json = Buffer.alloc(bytes);
    readFully(descriptor, json, { position: 8, path });
    return { header: parseHeader(json.toString('utf8'), path), from: 8 + bytes, size };
  } finally {
    closeSync(descriptor);
  }
}

/** The tensors that a header lists. Throws where the header is not JSON, or where two tensors share bytes. */
function parseHeader(json: string, path: string): TensorHeader {
  const damaged = (why: string): EmbedError =>
    new EmbedError(`Cannot read the weights in ${path}: ${why}`, { hint: 'Download the file again; it looks damaged' });
  let header: TensorHeader;
  try {
    header = JSON.parse(json) as TensorHeader;
    delete header['__metadata__'];
  } catch {
    throw damaged('its header is not JSON');
  }
  const ranges = Object.entries(header).map(([name, entry]) => {
    const { shape, data_offsets: offsets } = entry ?? {};
    const whole = [...(shape ?? [-1]), ...(offsets ?? [-1])].every((value) => Number.isSafeInteger(value) && value >= 0);
    if (!whole || offsets!.length !== 2) throw damaged(`the header's entry "${name}" is not a tensor`);
    return { name, begin: offsets![0], end: offsets![1] };
  });
  const sorted = ranges.toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  const overlap = sorted.find((range, at) => at > 0 && range.begin < sorted[at - 1]!.end);
  if (overlap) throw damaged(`"${overlap.name}" shares bytes with another tensor`);
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
