import { oneLine, cutToCells, cellsOf, padCells, type Look } from './cells.ts';
import { placeOf } from './duplicates.ts';
import type { Report } from './report.ts';

/** Two rows that are alike; the other comes before the row, or is of another corpus. */
export type PairRecord = {
  row: number;
  id: string;
  other_row: number;
  other_id: string;
  cosine: number;
  file?: string;
  line?: number;
  other_file?: string;
  other_line?: number;
  text?: string;
  other_text?: string;
  fields?: undefined;
};

export const PAIR_COLUMNS: readonly Exclude<keyof PairRecord, 'fields'>[] = [
  'row',
  'id',
  'other_row',
  'other_id',
  'cosine',
  'file',
  'line',
  'other_file',
  'other_line',
  'text',
  'other_text',
];

export type PairReport = Report<PairRecord, PairRecord>;

/** Each pair on two lines. */
export async function* pairLines(report: PairReport, { width, dim }: Look): AsyncGenerator<string> {
  for await (const batch of report.groups()) {
    yield batch
      .map((pair) => {
        const other = {
          row: pair.other_row,
          ...(pair.other_file === undefined ? {} : { file: pair.other_file }),
          ...(pair.other_line === undefined ? {} : { line: pair.other_line }),
        };
        const places = [placeOf(other), placeOf(pair)];
        const widest = Math.max(...places.map(cellsOf));
        return [pair.other_text, pair.text]
          .map((text, at) => {
            const head = `${at === 0 ? pair.cosine.toFixed(3) : '     '}  ${padCells(places[at]!, widest)}`;
            const line = text === undefined ? head : `${head}  ${oneLine(text)}`;
            const cut = width === undefined ? line : cutToCells(line, width);
            return `${dim(cut.slice(0, head.length))}${cut.slice(head.length)}`.trimEnd();
          })
          .join('\n');
      })
      .map((lines) => `${lines}\n\n`)
      .join('');
  }
}
