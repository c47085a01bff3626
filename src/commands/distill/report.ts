import { bytesIn } from '../../model/hub/cache.ts';
import type { Look } from '../../report/cells.ts';
import { factLines } from '../../report/models.ts';
import { printResult } from '../../report/print.ts';
import type { Run } from '../../sets/run.ts';
import { grouped, megabytes, percent, plural, shellWord } from '../../text.ts';
import { isNpyPath } from '../../vectors/npy.ts';
import type { HeldFigures } from './figures.ts';
import type { DistillFlags } from './flags.ts';
import type { Distilled } from './outcome.ts';

/** Prints the figures, and the next command. */
export async function printDistilled(done: Distilled, { flags, run }: { flags: DistillFlags; run: Run }): Promise<void> {
  const bytes = bytesIn(done.output);
  const { bitext, evals, files, ...summary } = done;
  const records = [
    ...files.map((one) => ({ kind: 'file', ...one })),
    ...bitext.map((one) => ({ kind: 'pairs', ...one })),
    ...evals.map((one) => ({ kind: 'eval', ...one })),
  ];
  const lines = (look: Look): string[] => factLines(factsOf(done, bytes), look);
  await printResult({ schema: 'embed.distill/1', summary: { ...summary, bytes }, records, lines }, { format: flags.format, io: run });
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
    ...done.bitext.map(({ file, pairs, firsts, accuracy }): [string, string] => [
      'pairs',
      `${file}: ${percent(accuracy)} of ${plural(pairs, 'text')} find their own among ${grouped(firsts)}`,
    ]),
    ...done.evals.map(({ file, pairs, before, after }): [string, string] => [
      'Spearman',
      `${file}: teacher ${before.toFixed(4)}, student ${after.toFixed(4)} (${plural(pairs, 'pair')})`,
    ]),
    ['size', megabytes(bytes)],
  ];
}

function heldInWords({ texts, mean_cosine: cosine, recall_at_10: recall }: HeldFigures): string {
  if (cosine === null) return 'nothing: there are fewer than 100 texts';
  const neighbours = recall === null ? '' : `, ${percent(recall)} of the 10 nearest`;
  return `${plural(texts, 'text')}: mean cosine ${cosine.toFixed(4)} to the teacher${neighbours}`;
}
