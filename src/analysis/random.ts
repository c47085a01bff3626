/** Returns a generator of uniform numbers in [0, 1). Source: mulberry32 (Tommy Ettinger, public domain). */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns a generator of normal numbers with mean 0 and variance 1. Source: Box and Muller 1958. */
export function gaussians(seed: number): () => number {
  const uniform = uniforms(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Draws `size` of the rows, all equally likely, and keeps their order. Source: Fan, Muller, Rezucha 1962, selection sampling. */
export function drawRows(rows: Int32Array, size: number, seed: number): Int32Array {
  if (rows.length <= size) return rows.slice();
  const uniform = uniforms(seed);
  const drawn = new Int32Array(size);
  let taken = 0;
  for (let at = 0; taken < size; at++) {
    if (uniform() * (rows.length - at) < size - taken) drawn[taken++] = rows[at]!;
  }
  return drawn;
}
