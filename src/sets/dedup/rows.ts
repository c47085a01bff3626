import { APART, factsOf, type Facts } from '../../analysis/duplicates/facts/facts.ts';
import type { Fold } from '../../analysis/duplicates/fold-text.ts';
import type { Apart } from '../../analysis/duplicates/relation.ts';
import { textKey, type TextKey } from '../../analysis/duplicates/text-copies.ts';
import type { SetRow } from '../../vectors/rows-file.ts';
import type { OpenedInput, OpenedRows } from '../opened-input.ts';
import { rowNumbers, rowsWhere } from '../row-numbers.ts';
import type { KnownTexts } from '../row-texts.ts';
import type { OpenMarks, RowMarks } from './baseline/marks.ts';
import { collectValues, type Priority, type Ranks } from './keep.ts';
import { blankOnly, foreignTest, openReasons, reasonOf, unreadKey, type Reason, type Reasons } from './reasons.ts';
import { readField, saysYes, type NamedField } from './row-fields.ts';

/** A corpus or set as it was opened, with the texts of its rows and its name for messages. */
export type OpenedCorpus<Opened extends OpenedRows = OpenedInput> = { opened: Opened; texts: KnownTexts; name: string };

/** The facts about each row that dedup needs, without its text: some 40 bytes per row. */
export type RowFacts = {
  total: number;
  reasons: Reasons;
  /** Hash of a row's text; undefined unless every row has one. */
  keyOf: ((row: number) => TextKey) | undefined;
  /** Stands for what the model may not know in a row; 0 where it knows all of it. */
  unreadOf(row: number): number;
  /** What the text of a row says in fact; undefined where that is not asked for, or rows have no texts. */
  factsOf: ((row: number) => Facts) | undefined;
  /** The facts of which a row has one: rows with others are no duplicates of it. */
  apart: Apart | undefined;
  /** What a baseline knows a row by; undefined where there is no baseline, or rows have no texts. */
  marks: RowMarks | undefined;
  hasLabels: boolean;
  /** The number of a row's label; 0 for none. */
  labelOf(row: number): number;
  /** Whether a row says of itself that it may repeat others. */
  isAccepted(row: number): boolean;
  /** Lines that the records of some rows begin on, 0 where that is not known. */
  lines(first: number, end: number): Int32Array;
  /** The values that --keep compares. */
  ranks: Ranks;
  /** Names of the kept fields of all rows. */
  fieldNames: readonly string[];
};

/** What is read of each row. */
export type RowReading = {
  /** What rows are compared by. A text that a model cannot read can be compared as a text all the same. */
  by: 'cosine' | 'text';
  fold: Fold;
  priority: Priority;
  scripts: readonly string[] | undefined;
  /** Whether texts are searched for facts. */
  facts: boolean;
  /** The field with the label of a row, and the number of each label. */
  label: (NamedField & { numberOf: (label: string) => number }) | undefined;
  /** The field that says whether a row may repeat others. */
  accept: NamedField | undefined;
  /** Opens what a baseline knows rows by. */
  marks?: OpenMarks | undefined;
  note: (text: string) => void;
};

/** Reads the rows of a corpus once. */
export async function readRowFacts(
  { opened: { set }, texts, name }: OpenedCorpus<OpenedRows>,
  { by, fold, priority, scripts, facts: withFacts, label, accept, marks: openMarks, note }: RowReading,
): Promise<RowFacts> {
  const isForeign = foreignTest(scripts);
  const known = set?.vectors.rows ?? 0;
  const reasons = openReasons(known);
  const unjudged = by === 'text' ? blankOnly : (found: SetRow): Reason | undefined => reasonOf(found, isForeign);
  if (by === 'cosine') for (const row of set?.manifest?.blankRows ?? []) reasons.set(row, 'blank');
  const lines = rowNumbers(Int32Array, { rows: known });
  const keys = rowNumbers(Int32Array, { rows: known, width: 4 });
  const unread = rowNumbers(Int32Array, { rows: by === 'text' ? 0 : known });
  const ties = rowNumbers(Int32Array, { rows: fold === 'none' ? 0 : known });
  const values = collectValues(priority, known, { name, note });
  const facts = openFacts(withFacts ? known : 0);
  const labels = rowNumbers(Int32Array, { rows: label ? known : 0 });
  const accepted = rowNumbers(Uint8Array, { rows: accept ? known : 0 });
  const marks = openMarks?.(known);
  let labelOfRow = '';
  const takeLabel = (at: number, value: string): void => {
    labels.set(at, label!.numberOf(value));
    labelOfRow = value;
  };
  const fields = [
    ...(label ? [readField(label, { name }, takeLabel)] : []),
    ...(accept ? [readField(accept, { name }, (at, value) => accepted.set(at, Number(saysYes(value))))] : []),
  ];
  const names = new Set<string>();
  let withText = texts.known;
  let row = 0;
  for await (const batch of texts.scan()) {
    for (const found of batch) {
      lines.set(row, found.line ?? 0);
      const reason = reasons.of(row) === undefined ? unjudged(found) : undefined;
      if (reason) reasons.set(row, reason);
      if (found.text === undefined) withText = false;
      else {
        setWords(keys.room(row), row * 4, textKey(found.text, { fold }));
        if (fold !== 'none') ties.set(row, textKey(found.text, { fold: 'none' })[0]);
        if (by === 'cosine' && (found.unknown ?? 0) > 0) unread.set(row, unreadKey(found.text));
        if (withFacts) facts.set(row, factsOf(found.text));
      }
      for (const field of fields) field.add(row, found);
      if (found.text !== undefined) marks?.add(row, found.text, labelOfRow);
      values.add(row, found);
      if (found.fields) for (const name of Object.keys(found.fields)) names.add(name);
      row++;
    }
  }
  for (const field of fields) field.finish();
  const total = Math.max(known, row);
  const words = keys.room(total - 1);
  const keyOf = (at: number): TextKey => [words[at * 4]!, words[at * 4 + 1]!, words[at * 4 + 2]!, words[at * 4 + 3]!];
  return {
    total,
    reasons,
    keyOf: withText ? keyOf : undefined,
    unreadOf: unread.of,
    factsOf: withFacts && withText ? facts.of : undefined,
    apart: withFacts && withText ? facts.apart : undefined,
    marks: withText ? marks : undefined,
    hasLabels: label !== undefined,
    labelOf: labels.of,
    isAccepted: (at) => accepted.of(at) === 1,
    lines: (first, end) => lines.room(total - 1).subarray(first, end),
    ranks: { values: values.finish(total), keyOf: withText ? keyOf : undefined, tieOf: ties.of },
    fieldNames: [...names],
  };
}

/** As `set`, which takes several times as long for four numbers. */
function setWords(words: Int32Array, at: number, [first, second, third, fourth]: TextKey): void {
  words[at] = first;
  words[at + 1] = second;
  words[at + 2] = third;
  words[at + 3] = fourth;
}

const FACTS = [
  'numbers',
  'months',
  'weekdays',
  'units',
  'negation',
  'quoted',
  'words',
  'order',
] as const satisfies readonly (keyof Facts)[];

/** The facts of rows, 32 bytes per row. */
function openFacts(total: number): {
  set(row: number, facts: Facts): void;
  of(row: number): Facts;
  apart: Apart;
} {
  const hashes = new Int32Array(total * FACTS.length);
  // found once: they are looked up for each pair of rows
  const places = APART.map((kind) => FACTS.indexOf(kind));
  return {
    set: (row, facts) => FACTS.forEach((kind, at) => void (hashes[row * FACTS.length + at] = facts[kind])),
    apart: { count: places.length, of: (row, fact) => hashes[row * FACTS.length + places[fact]!]! },
    of: (row) => {
      const at = row * FACTS.length;
      return {
        numbers: hashes[at]!,
        months: hashes[at + 1]!,
        weekdays: hashes[at + 2]!,
        units: hashes[at + 3]!,
        negation: hashes[at + 4]!,
        quoted: hashes[at + 5]!,
        words: hashes[at + 6]!,
        order: hashes[at + 7]!,
      };
    },
  };
}

/** Rows that are not blank, rising. */
export function writtenRows({ total, reasons }: RowFacts): Int32Array {
  return rowsWhere(total, (row) => reasons.of(row) !== 'blank');
}
