import { writeFileSync } from 'node:fs';
import type { Matrix } from '../src/vectors/matrix.ts';
import { npyHeader } from '../src/vectors/npy.ts';

/** Writes a whole matrix at once. */
export function writeNpy(path: string, { data, rows, cols }: Matrix): void {
  writeFileSync(path, Buffer.concat([npyHeader({ rows, cols }), Buffer.from(data.buffer, data.byteOffset, data.byteLength)]));
}
