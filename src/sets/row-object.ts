import type { Row } from '../input/corpus.ts';
import type { Reading } from '../model/reading/reading.ts';
import type { SetRow } from '../vectors/rows-file.ts';

/** The record of a row that is stored beside its vector. */
export function rowObject(
  { id, text, file, line, fields }: Row,
  { read, withText }: { read: Pick<Reading, 'lost' | 'unknown'>; withText: boolean },
): SetRow {
  return {
    id,
    ...(withText ? { text } : {}),
    file,
    line,
    ...(fields ? { fields } : {}),
    ...(read.lost > 0 ? { cut: true } : {}),
    ...(read.unknown > 0 ? { unknown: Number(read.unknown.toFixed(4)) } : {}),
  };
}
