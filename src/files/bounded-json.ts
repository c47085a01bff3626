import { EmbedError } from '../errors.ts';
import { grouped } from '../text.ts';
import { readRegularFile } from './regular-file.ts';

/** Limits of a JSON text. They are checked before it is parsed: a text of 40 MB of "[" would become 2.7 GB of lists. */
export type JsonLimits = {
  /** Lists and objects within each other. */
  maxDepth: number;
  /** Lists and objects, all together. */
  maxNodes: number;
  /** Keys of objects, all together. */
  maxKeys: number;
};

/**
 * Reads a JSON file of a stranger.
 *
 * @throws EmbedError if it is not a regular file, or beyond a limit
 * @throws SyntaxError if it is not JSON
 */
export function readBoundedJson(path: string, { maxBytes, ...limits }: JsonLimits & { maxBytes: number }): unknown {
  return parseJson(readRegularFile(path, { maxBytes }), { ...limits, path });
}

/**
 * Parses a JSON text.
 *
 * @param path the name of its file in errors
 * @throws EmbedError if it is beyond a limit
 * @throws SyntaxError if it is not JSON
 */
export function parseJson(bytes: Uint8Array, { maxDepth, maxNodes, maxKeys, path }: JsonLimits & { path: string }): unknown {
  const { depth, nodes, keys } = bytes.length < maxKeys && hasFew(bytes, maxDepth) ? { depth: 0, nodes: 0, keys: 0 } : shapeOf(bytes);
  for (const [count, limit, what] of [
    [depth, maxDepth, 'lists and objects within each other'],
    [nodes, maxNodes, 'lists and objects'],
    [keys, maxKeys, 'keys'],
  ] as const) {
    if (count <= limit) continue;
    throw new EmbedError(`Cannot read ${path}: its JSON has ${grouped(count)} ${what}, more than the limit of ${grouped(limit)}`, {
      hint: 'Copy it again; no known model has such a file',
    });
  }
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) as unknown;
}

/** Whether a text has at most `limit` brackets that open. That of a vocabulary has few, and finding them takes a tenth of the time of a scan. */
function hasFew(bytes: Uint8Array, limit: number): boolean {
  let left = limit;
  for (const bracket of [OPEN_LIST, OPEN_OBJECT]) {
    for (let at = bytes.indexOf(bracket); at >= 0; at = bytes.indexOf(bracket, at + 1)) {
      // after a quotation mark it begins a text, such as [MASK]
      if (bytes[at - 1] !== QUOTE && left-- === 0) return false;
    }
  }
  return true;
}

/** How deep a JSON text is nested, and its numbers of lists and objects and of keys. */
function shapeOf(bytes: Uint8Array): { depth: number; nodes: number; keys: number } {
  let keys = 0;
  let depth = 0;
  let deepest = 0;
  let nodes = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      nodes++;
      if (++depth > deepest) deepest = depth;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
    else if (byte === COLON) keys++;
  }
  return { depth: deepest, nodes, keys };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
