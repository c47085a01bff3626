import { grouped, plural } from '../text.ts';
import { headedLine, oneLine, type Look } from './cells.ts';
import { factLines } from './models.ts';

/** A text whose vector is compared with that of another tool; `idsEqual` is undefined where no token ids were given. */
export type Compared = { row: number; id: string; text: string; cosine: number; difference: number; idsEqual: boolean | undefined };

/** The result of `embed models verify`. */
export type Verdict = {
  model: string;
  precision: string | null;
  hash: string;
  against: string;
  texts: number;
  mean_cosine: number;
  worst_cosine: number;
  worst_row: number;
  /** Largest difference between two numbers of the vectors. */
  difference: number;
  ids_compared: number;
  ids_differ: number;
  min_cosine: number;
  below: number;
  passed: boolean;
};

/** Number of differing texts in the text report. */
const SHOWN = 5;

/** The text report: figures, then the texts that differ most. */
export function verdictLines(verdict: Verdict, compared: readonly Compared[], look: Look): string[] {
  const worst = compared[verdict.worst_row]!;
  const lines = factLines(
    [
      ['model', `${verdict.model}${verdict.precision === null ? '' : ` (${verdict.precision})`}, compared with ${verdict.against}`],
      ['texts', grouped(verdict.texts)],
      ['cosine', `mean ${verdict.mean_cosine.toFixed(6)}, worst ${verdict.worst_cosine.toFixed(6)} (${worst.id})`],
      ['difference', `at most ${verdict.difference.toPrecision(2)} in any number`],
      ['token ids', idsInWords(verdict)],
    ],
    look,
  );
  const { bold } = look;
  if (verdict.passed) return [...lines, bold(`ok: every cosine is at least ${verdict.min_cosine}`)];
  const why = [
    ...(verdict.below > 0 ? [`${plural(verdict.below, 'text')} below ${verdict.min_cosine}`] : []),
    ...(verdict.ids_differ > 0 ? [`different token ids in ${plural(verdict.ids_differ, 'text')}`] : []),
  ];
  const wrong = compared.filter(({ cosine, idsEqual }) => cosine < verdict.min_cosine || idsEqual === false);
  return [
    ...lines,
    bold(`not equal: ${why.join('; ')}`),
    ...wrong
      .toSorted((a, b) => a.cosine - b.cosine || a.row - b.row)
      .slice(0, SHOWN)
      .map(({ id, text, cosine, idsEqual }) =>
        headedLine(`  ${cosine.toFixed(6)}${idsEqual === false ? '  different ids' : ''}  ${oneLine(id)}`, text, {
          width: look.width,
          style: (head) => head,
        }),
      ),
  ];
}

function idsInWords({ ids_compared: compared, ids_differ: differ }: Verdict): string {
  if (compared === 0) return 'not given';
  return differ === 0
    ? `equal in ${compared === 1 ? 'the one text' : `all ${grouped(compared)}`}`
    : `differ in ${grouped(differ)} of ${grouped(compared)}`;
}
