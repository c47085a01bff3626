import { cellsOf, headedLine, oneLine, padCells, placeOf, type Look } from './cells.ts';
import { differingFields, droppedInWords, keptInWords } from './record-fields.ts';
import type { Report } from './report.ts';

/** Two similar rows. The other row comes before the row, or is from another corpus. */
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
  fields?: Record<string, unknown>;
  other_fields?: Record<string, unknown>;
  /** In what they differ in fact: "10023 ≠ 10024". */
  difference?: string;
};

export const PAIR_COLUMNS: readonly Exclude<keyof PairRecord, 'fields' | 'other_fields'>[] = [
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

/** A column that came later: it stands after the kept fields, so that those stay where they were. */
export const LATER_PAIR_COLUMNS: readonly (keyof PairRecord)[] = ['difference'];

export type PairReport = Report<PairRecord, PairRecord>;

/** The text report: two lines per pair. */
export async function* pairLines(report: PairReport, { width, dim }: Look): AsyncGenerator<string> {
  for await (const batch of report.groups()) {
    yield batch
      .map((pair) => {
        const places = [placeOf({ row: pair.other_row, file: pair.other_file, line: pair.other_line, id: pair.other_id }), placeOf(pair)];
        const widest = Math.max(...places.map(cellsOf));
        const twins = { ...pair, keeper_id: pair.other_id, keeper_line: pair.other_line, keeper_fields: pair.other_fields };
        const names = differingFields([twins]);
        const differs = pair.difference === undefined ? '' : `differs: ${oneLine(pair.difference)}`;
        const tails = [keptInWords(twins, names), [differs, droppedInWords(twins, names)].filter((words) => words !== '').join('; ')];
        return [pair.other_text, pair.text]
          .map((text, at) => {
            const tail = tails[at] === '' ? '' : `[${tails[at]}]`;
            const head = `${at === 0 ? pair.cosine.toFixed(3) : '     '}  ${padCells(places[at]!, widest)}`;
            return headedLine(head, text, { width, style: dim, tail });
          })
          .join('\n');
      })
      .map((lines) => `${lines}\n\n`)
      .join('');
  }
}
