import type { Keeper } from '../../../analysis/duplicates/relation.ts';
import { textKey, type TextKey } from '../../../analysis/duplicates/text-copies.ts';
import { rowNumbers } from '../../row-numbers.ts';

/** The numbers of each row's hashes, 0 for a hash that has none; 4 bytes per row, and 4 more where rows have labels. */
export type RowMarks = {
  /** Number of the text. */
  textOf(row: number): number;
  /** Number of the text with its label; 0 for a row without a label. */
  labelledOf(row: number): number;
};

/** Takes the texts and labels of rows as they are read. */
export type MarkReader = RowMarks & { add(row: number, text: string, label: string): void };

/** Tells whether it is known that a row repeats another, or does so with another label. */
export type Accepts = (row: number, other: Keeper, relation: 'repeat' | 'conflict') => boolean;

/** Opens the marks of rows, of which so many are known to come. */
export type OpenMarks = (rows: number) => MarkReader;

export function markedBy(numberOf: (key: TextKey) => number): OpenMarks {
  return (rows) => {
    const texts = rowNumbers(Int32Array, { rows });
    const labelled = rowNumbers(Int32Array, { rows: 0 });
    return {
      add(row, text, label) {
        const written = withPlainEnds(text);
        texts.set(row, numberOf(textKey(written, { fold: 'none' })));
        if (label !== '') labelled.set(row, numberOf(textKey(JSON.stringify([written, label]), { fold: 'none' })));
      },
      textOf: texts.of,
      labelledOf: labelled.of,
    };
  };
}

/** A cell of several lines has other line ends where git checks files out for Windows. */
function withPlainEnds(text: string): string {
  return text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text;
}
