import { exactOptional, fits, object, picklist, textThat, tuple, whole, type Schema } from '../../../schema.ts';
import type { TextKey } from '../../../analysis/duplicates/text-copies.ts';

/** What is known of two texts: they repeat each other, or do so with labels that disagree. */
export type EntryKind = 'duplicate' | 'conflict';

/**
 * Two texts that are known to repeat each other, by their hashes in hex, the lower first; those of a conflict cover the labels too. Of
 * copies, both hashes are one, and `count` says how many there may be besides the first.
 */
export type Entry = { kind: EntryKind; texts: readonly [string, string]; count?: number };

/** How many hex digits a hash has: 128 bits. */
const DIGITS = 32;

const hash = textThat((text) => /^[0-9a-f]{32}$/.test(text), `a hash of ${DIGITS} hex digits`);

const ENTRY: Schema<Entry> = object({
  kind: picklist(['duplicate', 'conflict']),
  texts: tuple([hash, hash]),
  count: exactOptional(whole(1)),
}) as Schema<Entry>;

/** An entry as a line of a file. */
export function entryLine({ kind, texts, count }: Entry): string {
  return JSON.stringify({ kind, texts, ...(count === undefined ? {} : { count }) });
}

/** A line as embed writes it. */
const LINE = /^\{"kind":"(duplicate|conflict)","texts":\["([0-9a-f]{32})","([0-9a-f]{32})"\](?:,"count":([1-9]\d{0,8}))?\}$/;

/** The entry of a line that is written as embed does it: ten times as fast as by its value. Undefined for other lines, which may hold one too. */
export function entryOfLine(line: string): Entry | undefined {
  const [, kind, a, b, count] = LINE.exec(line) ?? [];
  if (a === undefined || b === undefined) return undefined;
  if (a < b && count === undefined) return { kind: kind as EntryKind, texts: [a, b] };
  return a === b && count !== undefined && kind === 'duplicate' ? { kind, texts: [a, a], count: Number(count) } : undefined;
}

/** The entry that a value of a line stands for; undefined where it is none. */
export function entryOf(value: unknown): Entry | undefined {
  if (!fits(ENTRY, value)) return undefined;
  const { kind, texts, count } = value;
  const [a, b] = texts;
  // only copies are counted, and a text cannot disagree with itself
  if ((a === b) !== (count !== undefined) || (a === b && kind === 'conflict')) return undefined;
  return { kind, texts: pairOf(a, b), ...(count === undefined ? {} : { count }) };
}

/** Two hashes, the lower first. */
export function pairOf(a: string, b: string): [string, string] {
  return a <= b ? [a, b] : [b, a];
}

/** Entries that say different things, sorted; of the same copies, the larger count holds. */
export function distinctEntries(entries: readonly Entry[]): readonly Entry[] {
  if (entries.every((entry, at) => at === 0 || isBefore(entries[at - 1]!, entry))) return entries;
  const found = new Map<string, Entry>();
  for (const entry of entries) {
    const key = `${entry.kind} ${entry.texts.join(' ')}`;
    if ((found.get(key)?.count ?? 0) < (entry.count ?? 1)) found.set(key, entry);
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

function isBefore(one: Entry, other: Entry): boolean {
  if (one.kind !== other.kind) return one.kind < other.kind;
  const [[a, b], [c, d]] = [one.texts, other.texts];
  return a < c || (a === c && b < d);
}

/** A hash as it is written. */
export function hexOf(key: TextKey): string {
  const bytes = Buffer.alloc(DIGITS / 2);
  key.forEach((word, at) => bytes.writeInt32LE(word, 4 * at));
  return bytes.toString('hex');
}

export function keyOfHex(hex: string): TextKey {
  const bytes = Buffer.from(hex, 'hex');
  return [bytes.readInt32LE(0), bytes.readInt32LE(4), bytes.readInt32LE(8), bytes.readInt32LE(12)];
}
