import type { Matrix } from '../../src/vectors/matrix.ts';
import { normals } from './normals.ts';

export const everyRow = (rows: number): Int32Array => Int32Array.from({ length: rows }, (_, row) => row);

/** Rows that are hard for a screen, each in its own way. */
export const shapes: Readonly<Record<string, (rows: number, cols: number, seed: number) => Matrix>> = {
  random: (rows, cols, seed) => ({ data: Float32Array.from({ length: rows * cols }, normals(seed)), rows, cols }),
  clustered: (rows, cols, seed) => around(rows, cols, seed, { centres: 20, spread: 0.3 }),
  'one template': (rows, cols, seed) => around(rows, cols, seed, { centres: 1, spread: 0.02 }),
  equal: (rows, cols, seed) => around(rows, cols, seed, { centres: 1, spread: 0 }),
  'a subspace with small tails': (rows, cols, seed) => {
    const normal = normals(seed);
    const data = Float32Array.from({ length: rows * cols }, (_, at) => (at % cols < 3 ? normal() : 1e-4 * normal()));
    return { data, rows, cols };
  },
  // cos = 0.6, 0.8, 0.28 …: whole numbers, so that many pairs are at one value exactly
  'few directions': (rows, cols, seed) => {
    const normal = normals(seed);
    const data = new Float32Array(rows * cols);
    for (let row = 0; row < rows; row++) {
      for (let d = 0; d < 2; d++) data[row * cols + d] = Math.round(3 * normal());
      data[row * cols + 2] = 1;
    }
    return { data, rows, cols };
  },
  'one large value': (rows, cols, seed) => {
    const normal = normals(seed);
    return { data: Float32Array.from({ length: rows * cols }, (_, at) => (at % cols === 0 ? 50 : normal())), rows, cols };
  },
};

function around(rows: number, cols: number, seed: number, { centres, spread }: { centres: number; spread: number }): Matrix {
  const normal = normals(seed);
  const base = Float32Array.from({ length: centres * cols }, normal);
  const data = Float32Array.from({ length: rows * cols }, (_, at) => {
    const centre = (Math.floor(at / cols) * 7) % centres;
    return base[centre * cols + (at % cols)]! + spread * normal();
  });
  return { data, rows, cols };
}
