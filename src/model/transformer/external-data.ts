import { closeSync, fstatSync, readSync } from 'node:fs';
import { takeRegularFile } from '../../files/regular-file.ts';
import { EmbedError } from '../../errors.ts';
import { shortened } from '../../text.ts';

/** Names of the files beside an ONNX file that hold its values (TensorProto.external_data). Throws an EmbedError for files elsewhere. */
export function externalFiles(path: string): string[] {
  const names = locationsIn(path);
  const leading = names.find((name) => name === '' || /[\\/:\0\ufffd]/.test(name) || name === '..' || name === '.');
  if (leading === undefined) return names;
  throw new EmbedError(`Cannot use ${path}: its values are in ${shortened(JSON.stringify(leading))}, which is not a file beside it`, {
    hint: 'Export it again, with its values in the same folder',
  });
}

/**
 * The messages of ONNX (onnx.proto) in which tensors can stand: the fields of each by number, and the kind of message in them. A tensor
 * names its file in entries of a key and a value, in either order.
 */
const MESSAGES = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: { 13: 'entry' },
  entry: {},
} as const satisfies Record<string, Record<number, string>>;
type Kind = keyof typeof MESSAGES;

/** The limit of protobuf itself. */
const MAX_DEPTH = 100;

/** Values are passed over, so the time depends on the number of nodes, not on the length of the file. */
function locationsIn(path: string): string[] {
  const descriptor = takeRegularFile(path);
  try {
    const reader = openReader(descriptor);
    const names = new Set<string>();
    walk('model', { reader, from: 0, to: fstatSync(descriptor).size, names, depth: 0 });
    return [...names].toSorted();
  } finally {
    closeSync(descriptor);
  }
}

type Place = { reader: Reader; from: number; to: number; names: Set<string>; depth: number };

/** Reads one message. Returns false where it is damaged: then ONNX Runtime refuses the file as a whole. */
function walk(kind: Kind, { reader, from, to, names, depth }: Place): boolean {
  if (depth > MAX_DEPTH) return false;
  const fields: Readonly<Record<number, Kind>> = MESSAGES[kind];
  let key = '';
  let value = '';
  for (let at = from; at < to;) {
    const tag = reader.varint(at, to);
    if (tag === undefined) return false;
    const { value: number, next } = tag;
    const { field, type } = tagOf(number);
    const end = reader.end(next, { type, field, to });
    if (end === undefined) return false;
    if (type === BYTES) {
      const { next: start } = reader.varint(next, to)!;
      const inner = fields[field];
      if (inner !== undefined && !walk(inner, { reader, from: start, to: end, names, depth: depth + 1 })) return false;
      if (kind === 'entry' && field === 1) key = reader.text(start, end);
      if (kind === 'entry' && field === 2) value = reader.text(start, end);
    }
    at = end;
  }
  if (kind === 'entry' && key === 'location') names.add(value);
  return true;
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const GROUP = 3;
const GROUP_END = 4;
const FIXED32 = 5;

/** Tags have 32 bits; ONNX Runtime ignores further ones. */
function tagOf(number: number): { field: number; type: number } {
  return { field: Math.floor((number % 2 ** 32) / 8), type: number % 8 };
}

/** The wire format of Protocol Buffers, read piece by piece. Source: protobuf.dev, "Encoding". */
type Reader = {
  /** A number, and the offset after it; undefined where it is damaged. */
  varint(at: number, to: number): { value: number; next: number } | undefined;
  /** The end of a field whose content begins at `at`; undefined where it is damaged. */
  end(at: number, field: { type: number; field: number; to: number }): number | undefined;
  text(from: number, to: number): string;
};

const PIECE_BYTES = 1 << 13;

/** A longer key or value is no name of a file. */
const MAX_TEXT_BYTES = 4096;

function openReader(descriptor: number): Reader {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let begin = 0;
  let length = 0;
  const byteAt = (at: number): number | undefined => {
    if (at < begin || at >= begin + length) {
      begin = at;
      length = readSync(descriptor, piece, 0, PIECE_BYTES, at);
      if (length === 0) return undefined;
    }
    return piece[at - begin];
  };
  const varint: Reader['varint'] = (from, to) => {
    let value = 0;
    for (let at = from; at < to && at < from + 10; at++) {
      const byte = byteAt(at);
      if (byte === undefined) return undefined;
      value += (byte & 0x7f) * 2 ** (7 * (at - from));
      if (byte < 0x80) return { value, next: at + 1 };
    }
    return undefined;
  };
  const end: Reader['end'] = (at, { type, field, to }) => {
    let found: number | undefined;
    if (type === VARINT) found = varint(at, to)?.next;
    else if (type === FIXED64) found = at + 8;
    else if (type === FIXED32) found = at + 4;
    else if (type === BYTES) {
      const size = varint(at, to);
      found = size && size.next + size.value;
    } else if (type === GROUP) found = groupEnd(at, field, to);
    return found !== undefined && found <= to ? found : undefined;
  };
  /** Groups may hold groups; a loop, because a file could hold a million. */
  const groupEnd = (from: number, field: number, to: number): number | undefined => {
    const open = [field];
    for (let at = from; at < to;) {
      const tag = varint(at, to);
      if (tag === undefined) return undefined;
      const { field: number, type } = tagOf(tag.value);
      if (type === GROUP) open.push(number);
      else if (type === GROUP_END) {
        if (open.pop() !== number) return undefined;
        if (open.length === 0) return tag.next;
      }
      const next = type === GROUP || type === GROUP_END ? tag.next : end(tag.next, { type, field: number, to });
      if (next === undefined) return undefined;
      at = next;
    }
    return undefined;
  };
  return {
    varint,
    end,
    text: (from, to) => {
      const bytes = Buffer.alloc(Math.min(to - from, MAX_TEXT_BYTES));
      for (let at = 0; at < bytes.length; at++) bytes[at] = byteAt(from + at) ?? 0;
      return bytes.toString('utf8');
    },
  };
}
