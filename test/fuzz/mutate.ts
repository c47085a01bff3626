/** What readers stumble over: ends of text, quotes, brackets, numbers beyond their range, bytes that are no text. */
const TOKENS: readonly Buffer[] = [
  '\0',
  '\n',
  '\r',
  '\r\n',
  '"',
  '""',
  ',',
  ';',
  '\t',
  '\\',
  '\\u0000',
  '\\ud800',
  '[',
  ']',
  '{',
  '}',
  ':',
  'null',
  'true',
  '""""',
  '{"a":{"b":',
  '[[[[[[[[',
  '-1',
  '0',
  '1e999',
  '-1e-999',
  '9007199254740993',
  '99999999999999999999999999',
  '0x10',
  '__proto__',
  'constructor',
  'embedding',
  '\u2028',
  '\ufeff',
  '😀',
].map((token) => Buffer.from(token));

const BYTES: readonly Buffer[] = [
  [0xff],
  [0xfe, 0xff],
  [0xff, 0xfe],
  [0xc3],
  [0xe2, 0x82],
  [0xf0, 0x9f],
  [0xed, 0xa0, 0x80],
  [0xc0, 0x80],
  [0x1f, 0x8b],
  [0x7f, 0xff, 0xff, 0xff],
].map((bytes) => Buffer.from(bytes));

/** Most bytes that a mutation adds. */
const MAX_ADDED = 1 << 16;

/**
 * Changes bytes in one to four places: flips, cuts, doubles, moves and inserts.
 *
 * @param uniform numbers in [0, 1): the same numbers give the same bytes
 */
export function mutate(bytes: Buffer, uniform: () => number): Buffer {
  const below = (count: number): number => Math.floor(uniform() * count);
  const piece = (from: Buffer): [number, number] => {
    const start = below(from.length + 1);
    return [start, Math.min(from.length, start + below(1 << below(10)))];
  };
  const join = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts);
  const changes: ((from: Buffer) => Buffer)[] = [
    (from) => {
      const copy = Buffer.from(from);
      if (copy.length > 0) copy[below(copy.length)]! ^= 1 << below(8);
      return copy;
    },
    (from) => {
      const copy = Buffer.from(from);
      if (copy.length > 0) copy[below(copy.length)] = below(256);
      return copy;
    },
    (from) => from.subarray(0, below(from.length + 1)),
    (from) => {
      const [start, end] = piece(from);
      return join(from.subarray(0, start), from.subarray(end));
    },
    (from) => {
      const [start, end] = piece(from);
      return join(from.subarray(0, end), from.subarray(start));
    },
    (from) => {
      const [start, end] = piece(from);
      const to = below(from.length + 1);
      return join(from.subarray(0, to), from.subarray(start, end), from.subarray(to));
    },
    (from) => {
      const tokens = uniform() < 0.75 ? TOKENS : BYTES;
      const token = tokens[below(tokens.length)]!;
      const times = uniform() < 0.9 ? 1 : below(Math.floor(MAX_ADDED / token.length));
      const at = below(from.length + 1);
      return join(from.subarray(0, at), Buffer.alloc(times * token.length, token), from.subarray(at));
    },
  ];
  let mutated = bytes;
  for (let count = 1 + below(4); count > 0; count--) mutated = changes[below(changes.length)]!(mutated);
  return mutated;
}
