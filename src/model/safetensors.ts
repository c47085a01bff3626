import { readFileSync } from 'node:fs';
import { CliError } from '../errors.ts';

/** Tensors of a model by name: float32 values in C order. */
export type Weights = ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>;

/** Reads the float32 tensors of a safetensors file. Format: huggingface/safetensors, "Format". */
export function readSafetensors(path: string): Weights {
  const file = readFileSync(path);
  const headerBytes = file.length >= 8 ? Number(file.readBigUInt64LE(0)) : Infinity;
  if (headerBytes > file.length - 8) {
    throw new CliError(`Cannot read the weights in ${path}: the header reaches beyond the end of the file`, {
      hint: 'Download the file again; it looks cut short',
    });
  }
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const weights = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__' || entry.dtype !== 'F32') continue;
    const [begin, end] = entry.data_offsets.map((offset) => 8 + headerBytes + offset) as [number, number];
    if (end > file.length || end - begin !== 4 * entry.shape.reduce((product, size) => product * size, 1)) {
      throw new CliError(`Cannot read tensor "${name}" in ${path}: its bytes do not fit its shape`, {
        hint: 'Download the file again; it looks cut short',
      });
    }
    // a copy, because the offset within the file need not be a multiple of four
    weights.set(name, { shape: entry.shape, data: new Float32Array(file.buffer.slice(file.byteOffset + begin, file.byteOffset + end)) });
  }
  return weights;
}
