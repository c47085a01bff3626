import { closeSync, openSync, readSync } from 'node:fs';
import { remembered } from '../../files/content-hash.ts';
import type { Runs } from '../model.ts';

/** Operators that choose the scale of integers by all values of a batch, those of other texts included. */
const MARK = Buffer.from('DynamicQuantize', 'latin1');

const CHUNK_BYTES = 4 << 20;

/**
 * Whether the vector of a text depends on the texts that share its batch, as with graphs that were quantized dynamically: then a vector
 * cannot be taken over from another run, where the text had other company.
 */
export function dependsOnBatch(runs: Runs): boolean {
  if (runs.kind !== 'onnx') return false;
  return remembered('dynamic quantization', runs.path, { find: (path) => String(hasMark(path)), form: /^(true|false)$/ }) === 'true';
}

function hasMark(path: string): boolean {
  const descriptor = openSync(path, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let at = 0, bytes; (bytes = readSync(descriptor, chunk, 0, CHUNK_BYTES, at)) > 0; at += Math.max(1, bytes - MARK.length)) {
      if (chunk.subarray(0, bytes).includes(MARK)) return true;
      if (bytes <= MARK.length) return false;
    }
    return false;
  } finally {
    closeSync(descriptor);
  }
}
