import { readSync } from 'node:fs';

export const VARINT = 0;
const FIXED64 = 1;
export const BYTES = 2;
const GROUP = 3;
const GROUP_END = 4;
const FIXED32 = 5;

/** Tags have 32 bits; ONNX Runtime ignores further ones. */
export function tagOf(number: number): { field: number; type: number } {
  return { field: Math.floor((number % 2 ** 32) / 8), type: number % 8 };
}

/** The wire format of Protocol Buffers, read piece by piece. Source: protobuf.dev, "Encoding". */
export type WireReader = {
  /** A number, and the offset after it; undefined where it is damaged. */
  varint(at: number, to: number): { value: number; next: number } | undefined;
  /** The end of a field whose content begins at `at`; undefined where it is damaged. */
  end(at: number, field: { type: number; field: number; to: number }): number | undefined;
  text(from: number, to: number): string;
};

const PIECE_BYTES = 1 << 13;

/** A longer key or value is no name of a file. */
const MAX_TEXT_BYTES = 4096;

/** Reads the messages of a file that is open. */
export function openWireReader(descriptor: number): WireReader {
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
  const varint: WireReader['varint'] = (from, to) => {
    let value = 0;
    for (let at = from; at < to && at < from + 10; at++) {
      const byte = byteAt(at);
      if (byte === undefined) return undefined;
      value += (byte & 0x7f) * 2 ** (7 * (at - from));
      if (byte < 0x80) return { value, next: at + 1 };
    }
    return undefined;
  };
  const end: WireReader['end'] = (at, { type, field, to }) => {
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
