import { CliError } from '../../errors.ts';
import { readCorpus, type Row } from '../../input/corpus.ts';
import { openSource } from '../../input/source.ts';
import { orStopped } from '../../io.ts';
import type { Model } from '../../model/model.ts';
import { abilitiesOf, openEncoder } from '../../model/open-encoder.ts';
import { openReader } from '../../model/reading/reading.ts';
import { promptOf } from '../../model/variant.ts';
import { looksOf } from '../../report/cells.ts';
import { linesOf, tableChunks, writeChunks } from '../../report/report-files.ts';
import { isTable, withoutUndefined, type Report } from '../../report/report.ts';
import { verdictLines, type Compared, type Verdict } from '../../report/verdict.ts';
import { defaultCorpus } from '../../sets/flags.ts';
import { openModel } from '../../sets/open-model.ts';
import type { Run } from '../../sets/run.ts';
import { plural, rounded } from '../../text.ts';
import { cosine, rowOf, type Matrix } from '../../vectors/matrix.ts';
import { readNpy } from '../../vectors/npy.ts';
import type { VerifyFlags } from './flags.ts';

/** What a text has to reach where nothing is said. */
const MIN_COSINE = 0.9999;
const MIN_COSINE_INT8 = 0.98;

/** Texts that are encoded at once. */
const TEXTS_PER_BATCH = 1024;

const COLUMNS = ['row', 'id', 'cosine', 'difference', 'ids_equal'] as const;

/**
 * `embed models verify`: a model's vectors beside those that another tool made of the same texts.
 *
 * @returns whether all of them are near enough, and their token ids equal
 */
export async function verifyModel(name: string, flags: VerifyFlags, run: Run): Promise<number> {
  const against = readNpy(flags.against);
  const rows = await readTexts(flags.texts, run);
  if (rows.length !== against.rows) {
    throw new CliError(
      `Cannot compare ${flags.texts} with ${flags.against}: ${plural(rows.length, 'text')} and ${plural(against.rows, 'vector')}`,
      {
        hint: 'Write both in one go: docs/models.md has the lines of Python',
      },
    );
  }
  const model = await openModel({ ...flags, model: name }, run);
  if (against.cols !== model.dims) {
    throw new CliError(
      `Cannot compare with ${flags.against}: its vectors have ${against.cols} dims, those of ${model.name} ${model.dims}`,
      {
        hint: against.cols < model.dims ? `If they were cut, say --dims ${against.cols}` : 'Check that they are of this model',
      },
    );
  }
  const compared = await compareAll(model, { rows, against, flags, run });
  // integers that are only added up are what they are in the reference
  const isClose = model.precision === 'int8' && abilitiesOf(model).noProducts === undefined;
  const minCosine = flags.minCosine ?? (isClose ? MIN_COSINE_INT8 : MIN_COSINE);
  const verdict = verdictOf(compared, { model, against: flags.against, minCosine });
  const { format = 'text' } = flags;
  const report: Report<Compared, object> = {
    schema: 'embed.verify/1',
    summary: verdict,
    columns: COLUMNS,
    fields: [],
    groups: async function* () {
      yield compared;
    },
    recordsOf: ({ row, id, cosine: value, difference, idsEqual }) => [withoutUndefined({ row, id, cosine: value, difference, ids_equal: idsEqual })],
  };
  const chunks = isTable(format) ? tableChunks(report, format) : linesOf(verdictLines(verdict, compared, looksOf(run.stdout).screen));
  await writeChunks(chunks, run.stdout, run);
  return verdict.passed ? 0 : 1;
}

async function readTexts(path: string, run: Run): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of readCorpus(openSource(path, run), defaultCorpus(path))) rows.push(...batch);
  return rows;
}

type Comparing = { rows: readonly Row[]; against: Matrix; flags: VerifyFlags; run: Run };

/** Each text beside its vector, in order; texts of one prompt are encoded together. */
async function compareAll(model: Model, { rows, against, flags, run }: Comparing): Promise<Compared[]> {
  const compared: Compared[] = [];
  const progress = run.progress({ shown: rows.length > TEXTS_PER_BATCH });
  const byPrompt = new Map<string, number[]>();
  for (const [at, row] of rows.entries()) {
    const prompt = promptOfRow(model, row, flags);
    const places = byPrompt.get(prompt) ?? [];
    places.push(at);
    byPrompt.set(prompt, places);
  }
  let done = 0;
  for (const [prompt, places] of byPrompt) {
    const encoder = openEncoder(model, { threads: run.threads, prompt });
    const read = openReader(model, { prompt });
    try {
      for (let first = 0; first < places.length; first += TEXTS_PER_BATCH) {
        const batch = places.slice(first, first + TEXTS_PER_BATCH);
        const { vectors } = await orStopped(encoder.encode(batch.map((at) => rows[at]!.text)), run.signal);
        batch.forEach((at, i) => {
          const [ours, theirs] = [rowOf(vectors, i), rowOf(against, at)];
          if (!theirs.every(Number.isFinite)) {
            throw new CliError(`Cannot compare with ${flags.against}: row ${at} contains NaN or infinity`, {
              hint: 'Write the vectors anew',
            });
          }
          const { id, text, fields } = rows[at]!;
          const ids = fields?.['input_ids'];
          compared[at] = {
            row: at,
            id,
            text,
            ...nearness(ours, theirs),
            idsEqual: Array.isArray(ids) ? areEqual(ids, read(text).ids) : undefined,
          };
        });
        progress.update((done += batch.length), 0, done / rows.length);
      }
    } finally {
      await encoder.close();
    }
  }
  progress.stop();
  return compared;
}

/** The words before a text: of the prompt that the options or the row name, else of the model's default. */
function promptOfRow(model: Model, { fields, id }: Row, flags: VerifyFlags): string {
  if (flags.promptText !== undefined) return flags.promptText;
  const named = flags.prompt ?? fields?.['prompt_name'] ?? undefined;
  if (named === undefined) return model.prompts[model.defaultPrompt ?? ''] ?? '';
  if (typeof named !== 'string')
    throw new CliError(`Cannot use the prompt_name of ${id}: it is no text`, { hint: 'Name one of the model, or null' });
  return promptOf(model, named, 'documentPrompt')!;
}

function areEqual(theirs: readonly unknown[], ours: Int32Array): boolean {
  return theirs.length === ours.length && theirs.every((id, at) => id === ours[at]);
}

/** Cosine, and the largest difference of any number; two vectors of zeros are equal. */
function nearness(ours: Float32Array, theirs: Float32Array): { cosine: number; difference: number } {
  let difference = 0;
  for (let d = 0; d < ours.length; d++) difference = Math.max(difference, Math.abs(ours[d]! - theirs[d]!));
  const value = cosine(ours, theirs);
  return { cosine: Number.isNaN(value) ? Number(difference === 0) : value, difference: Number(difference.toPrecision(3)) };
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
