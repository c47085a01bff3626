import { readFileSync } from 'node:fs';
import { CliError } from '../errors.ts';
import { halfToSingle } from '../vectors/npy.ts';

/** Tensors of a model by name: float32 values in C order. */
export type Weights = ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>;

/** Bytes of a value, and how values become float32. */
const TYPES: Readonly<Record<string, { bytes: number; read: (bytes: Uint8Array) => Float32Array }>> = {
  F32: { bytes: 4, read: (bytes) => new Float32Array(aligned(bytes)) },
  F64: { bytes: 8, read: (bytes) => Float32Array.from(new Float64Array(aligned(bytes))) },
  // the upper half of a float32
  BF16: {
    bytes: 2,
    read: (bytes) => new Float32Array(Uint32Array.from(new Uint16Array(aligned(bytes)), (half) => (half << 16) >>> 0).buffer),
  },
  F16: { bytes: 2, read: (bytes) => Float32Array.from(new Uint16Array(aligned(bytes)), halfToSingle) },
};

/** A copy: the offset within the file need not be a multiple of a value's size. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

/** Reads the floating-point tensors of a safetensors file, as float32. Format: huggingface/safetensors, "Format". */
export function readSafetensors(path: string): Weights {
  const file = readFileSync(path);
  const headerBytes = file.length >= 8 ? Number(file.readBigUInt64LE(0)) : Infinity;
  if (headerBytes > file.length - 8) {
    throw new CliError(`Cannot read the weights in ${path}: the header reaches beyond the end of the file`, {
      hint: 'Download the file again; it looks cut short',
    });
  }
  const header = readHeader(file.toString('utf8', 8, 8 + headerBytes), path);
  const weights = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    const type = TYPES[dtype];
    if (!type) continue;
    const [begin, end] = offsets.map((offset) => 8 + headerBytes + offset) as [number, number];
    const size = shape.reduce((product, count) => product * count, 1);
    if (!(begin >= 8 + headerBytes) || end > file.length || end - begin !== type.bytes * size) {
      throw new CliError(`Cannot read tensor "${name}" in ${path}: its bytes do not fit its shape`, {
        hint: 'Download the file again; it looks cut short',
      });
    }
    weights.set(name, { shape, data: type.read(file.subarray(begin, end)) });
  }
  return weights;
}

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

/** The tensors that a header lists. Throws where it is no JSON, or where two of them share bytes. */
function readHeader(json: string, path: string): Header {
  const damaged = (why: string): CliError =>
    new CliError(`Cannot read the weights in ${path}: ${why}`, { hint: 'Download the file again; it looks damaged' });
  let header: Header;
  try {
    header = JSON.parse(json) as Header;
    delete header['__metadata__'];
  } catch {
    throw damaged('its header is no JSON');
  }
  const ranges = Object.entries(header).map(([name, entry]) => {
    const { shape, data_offsets: offsets } = entry ?? {};
    const whole = [...(shape ?? [-1]), ...(offsets ?? [-1])].every((value) => Number.isSafeInteger(value) && value >= 0);
    if (!whole || offsets!.length !== 2) throw damaged(`the header's entry of "${name}" is no tensor`);
    return { name, begin: offsets![0], end: offsets![1] };
  });
  const sorted = ranges.toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  const overlap = sorted.find((range, at) => at > 0 && range.begin < sorted[at - 1]!.end);
  if (overlap) throw damaged(`"${overlap.name}" shares bytes with another tensor`);
  return header;
}
