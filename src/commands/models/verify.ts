import { EmbedError } from '../../errors.ts';
import { readCorpus, type Row } from '../../input/corpus.ts';
import { openSource } from '../../input/source.ts';
import type { Model } from '../../model/model.ts';
import { abilitiesOf } from '../../model/open-encoder.ts';
import type { Look } from '../../report/cells.ts';
import { printResult } from '../../report/print.ts';
import { withoutUndefined } from '../../report/report.ts';
import { verdictLines, type Compared, type Verdict } from '../../report/verdict.ts';
import { defaultCorpus } from '../../sets/flags.ts';
import { openModel } from '../../sets/open-model.ts';
import type { Run } from '../../sets/run.ts';
import { plural, rounded } from '../../text.ts';
import { rowOf, type Matrix } from '../../vectors/matrix.ts';
import { readNpy } from '../../vectors/npy.ts';
import { compareAll } from './compare.ts';
import type { VerifyFlags } from './flags.ts';

/** The minimum cosine of every text, unless an option says otherwise. */
const MIN_COSINE = 0.9999;
const MIN_COSINE_INT8 = 0.98;

const COLUMNS = ['row', 'id', 'cosine', 'difference', 'ids_equal'] as const;

/**
 * `embed models verify`: compares a model's vectors with those that another tool made of the same texts.
 *
 * @returns 1 where a cosine is below the bound, or token ids differ
 */
export async function verifyModel(name: string, flags: VerifyFlags, run: Run): Promise<number> {
  const against = readNpy(flags.against);
  const rows = await readTexts(flags.texts, run);
  if (rows.length !== against.rows) {
    throw new EmbedError(
      `Cannot compare ${flags.texts} with ${flags.against}: ${plural(rows.length, 'text')} and ${plural(against.rows, 'vector')}`,
      { hint: 'Write both in one run; docs/models.md has the Python for it' },
    );
  }
  assertFinite(against, flags.against);
  const model = await openModel({ ...flags, model: name }, run);
  if (against.cols !== model.dims) {
    throw new EmbedError(
      `Cannot compare with ${flags.against}: its vectors have ${against.cols} dims, those of ${model.name} ${model.dims}`,
      { hint: against.cols < model.dims ? `If they were cut, say --dims ${against.cols}` : 'Check that they are of this model' },
    );
  }
  const compared = await compareAll(model, { rows, against, flags, run });
  const verdict = verdictOf(compared, { model, against: flags.against, minCosine: flags.minCosine ?? minCosineOf(model) });
  const records = compared.map(({ row, id, cosine, difference, idsEqual }) =>
    withoutUndefined({ row, id, cosine, difference, ids_equal: idsEqual }),
  );
  const lines = (look: Look): string[] => verdictLines(verdict, compared, look);
  await printResult({ schema: 'embed.verify/1', summary: verdict, columns: COLUMNS, records, lines }, { format: flags.format, io: run });
  return verdict.passed ? 0 : 1;
}

async function readTexts(path: string, run: Run): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of readCorpus(openSource(path, run), defaultCorpus(path))) rows.push(...batch);
  return rows;
}

function assertFinite(vectors: Matrix, path: string): void {
  for (let row = 0; row < vectors.rows; row++) {
    if (rowOf(vectors, row).every(Number.isFinite)) continue;
    throw new EmbedError(`Cannot compare with ${path}: row ${row} contains NaN or infinity`, { hint: 'Write the vectors again' });
  }
}

/** Integers that are multiplied come close to the reference; integers that are only added up are exact. */
function minCosineOf(model: Model): number {
  return model.precision === 'int8' && abilitiesOf(model).noProducts === undefined ? MIN_COSINE_INT8 : MIN_COSINE;
}

function verdictOf(
  compared: readonly Compared[],
  { model, against, minCosine }: { model: Model; against: string; minCosine: number },
): Verdict {
  const worst = compared.reduce((low, one) => (one.cosine < low.cosine ? one : low));
  const withIds = compared.filter(({ idsEqual }) => idsEqual !== undefined);
  const otherIds = withIds.filter(({ idsEqual }) => !idsEqual).length;
  const below = compared.filter((one) => one.cosine < minCosine).length;
  return {
    model: model.name,
    precision: model.precision,
    hash: model.hash,
    against,
    texts: compared.length,
    mean_cosine: rounded(compared.reduce((sum, one) => sum + one.cosine, 0) / compared.length),
    worst_cosine: worst.cosine,
    worst_row: worst.row,
    difference: compared.reduce((most, one) => Math.max(most, one.difference), 0),
    ids_compared: withIds.length,
    ids_differ: otherIds,
    min_cosine: minCosine,
    below,
    passed: below === 0 && otherIds === 0,
  };
}
