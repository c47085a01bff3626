import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { looksOf } from '../../report/cells.ts';
import { jsonChunks } from '../../report/json.ts';
import { factLines } from '../../report/models.ts';
import { linesOf, writeChunks } from '../../report/report-files.ts';
import { withoutUndefined, type Report } from '../../report/report.ts';
import type { Run } from '../../sets/run.ts';
import { grouped, percent, plural, shellWord } from '../../text.ts';
import type { HeldFigures, PairFigures } from './figures.ts';
import { isNpyPath } from '../../vectors/npy.ts';
import type { DistillFlags } from './flags.ts';
import type { Distilled } from './outcome.ts';
import type { EvalFigures } from './scores.ts';
import type { FileTokens } from './token-rows.ts';

/** Prints the figures, and the next command. */
export async function printDistilled(done: Distilled, { flags, run }: { flags: DistillFlags; run: Run }): Promise<void> {
  const bytes = readdirSync(done.output, { recursive: true, encoding: 'utf8' }).reduce((sum, file) => {
    const stats = statSync(join(done.output, file));
    return sum + (stats.isFile() ? stats.size : 0);
  }, 0);
  if (flags.format === 'json') {
    const { bitext, evals, files, ...summary } = done;
    type Record = { kind: string } & Partial<PairFigures & EvalFigures & FileTokens>;
    const records: Record[] = [
      ...files.map((one) => ({ kind: 'file', ...one })),
      ...bitext.map((one) => ({ kind: 'pairs', ...one })),
      ...evals.map((one) => ({ kind: 'eval', ...one })),
    ];
    const report: Report<Record, object> = {
      schema: 'embed.distill/1',
      summary: { ...summary, bytes },
      columns: [],
      groups: async function* () {
        yield records;
      },
      recordsOf: (record) => [withoutUndefined(record)],
    };
    await writeChunks(jsonChunks(report), run.stdout, run);
  } else await writeChunks(linesOf(factLines(factsOf(done, bytes), looksOf(run.stdout).screen)), run.stdout, run);
  run.note(`wrote ${done.output} in ${done.seconds.toFixed(1)} s`);
  const text = done.inputs.find((input) => input !== '-' && !isNpyPath(input));
  run.note(`next: embed search ${text === undefined ? 'CORPUS' : shellWord(text)} --model ${shellWord(done.output)} YOUR QUESTION`);
}

function factsOf(done: Distilled, bytes: number): [string, string][] {
  const { held_out: held, teacher } = done;
  return [
    ['teacher', `${teacher.name}${teacher.precision === null ? '' : ` (${teacher.precision})`}`],
    ['fitted', `${plural(done.rows, 'row')}: ${plural(done.texts, 'text')}${done.pairs > 0 ? `, ${plural(done.pairs, 'pair')}` : ''}`],
    ['table', `${plural(done.tokens, 'token')}, ${grouped(done.seen_tokens)} of them in the texts, × ${done.dims} dims, ${done.precision}`],
    ['held out', heldInWords(held)],
    ...done.bitext.map(
      ({ file, pairs, firsts, accuracy }) =>
        ['pairs', `${file}: ${percent(accuracy)} of ${plural(pairs, 'text')} find their own among ${grouped(firsts)}`] as [string, string],
    ),
    ...done.evals.map(
      ({ file, pairs, before, after }) =>
        ['Spearman', `${file}: teacher ${before.toFixed(4)}, student ${after.toFixed(4)} (${plural(pairs, 'pair')})`] as [string, string],
    ),
    ['size', `${(bytes / 1e6).toFixed(1)} MB`],
  ];
}

function heldInWords({ texts, mean_cosine: cosine, recall_at_10: recall }: HeldFigures): string {
  if (cosine === null) return 'nothing: there are fewer than 100 texts';
  const neighbours = recall === null ? '' : `, ${percent(recall)} of the 10 nearest`;
  return `${plural(texts, 'text')}: mean cosine ${cosine.toFixed(4)} to the teacher${neighbours}`;
}
