import { EmbedError } from '../../errors.ts';
import type { Row } from '../../input/corpus.ts';
import { orStopped } from '../../io.ts';
import type { Model } from '../../model/model.ts';
import { openEncoder } from '../../model/open-encoder.ts';
import { openReader } from '../../model/reading/reading.ts';
import { promptOf } from '../../model/variant.ts';
import type { Compared } from '../../report/verdict.ts';
import type { Run } from '../../sets/run.ts';
import { cosine, rowOf, type Matrix } from '../../vectors/matrix.ts';
import type { VerifyFlags } from './flags.ts';

const TEXTS_PER_BATCH = 1024;

type Comparing = { rows: readonly Row[]; against: Matrix; flags: VerifyFlags; run: Run };

/** Compares each text's vector with the one in `against`, in order. Texts with the same prompt are encoded together. */
export async function compareAll(model: Model, { rows, against, flags, run }: Comparing): Promise<Compared[]> {
  const compared: Compared[] = [];
  const progress = run.progress({ shown: rows.length > TEXTS_PER_BATCH });
  let done = 0;
  try {
    for (const [prompt, places] of groupByPrompt(rows, { model, flags })) {
      const encoder = openEncoder(model, { threads: run.threads, prompt });
      const read = openReader(model, { prompt });
      try {
        for (let first = 0; first < places.length; first += TEXTS_PER_BATCH) {
          const batch = places.slice(first, first + TEXTS_PER_BATCH);
          const { vectors } = await orStopped(encoder.encode(batch.map((row) => rows[row]!.text)), run.signal);
          for (const [at, row] of batch.entries()) {
            const { id, text, fields } = rows[row]!;
            const ids = fields?.['input_ids'];
            const idsEqual = Array.isArray(ids) ? areEqual(ids, read(text).ids) : undefined;
            compared[row] = { row, id, text, ...nearness(rowOf(vectors, at), rowOf(against, row)), idsEqual };
          }
          progress.update((done += batch.length), 0, done / rows.length);
        }
      } finally {
        await encoder.close();
      }
    }
  } finally {
    progress.stop();
  }
  return compared;
}

/** The numbers of the rows, by their prompt. */
function groupByPrompt(rows: readonly Row[], { model, flags }: { model: Model; flags: VerifyFlags }): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [at, row] of rows.entries()) {
    const prompt = promptOfRow(model, row, flags);
    const places = groups.get(prompt) ?? [];
    places.push(at);
    groups.set(prompt, places);
  }
  return groups;
}

/** The prompt that the options name, or the row; else the model's default. */
function promptOfRow(model: Model, { fields, id }: Row, flags: VerifyFlags): string {
  if (flags.promptText !== undefined) return flags.promptText;
  const named = flags.prompt ?? fields?.['prompt_name'] ?? undefined;
  if (named === undefined) return model.prompts[model.defaultPrompt ?? ''] ?? '';
  if (typeof named !== 'string') {
    throw new EmbedError(`Cannot use the prompt_name of ${id}: it is not a text`, { hint: 'Name a prompt of the model, or write null' });
  }
  return promptOf(model, named, 'documentPrompt')!;
}

function areEqual(theirs: readonly unknown[], ours: Int32Array): boolean {
  return theirs.length === ours.length && theirs.every((id, at) => id === ours[at]);
}

/** The cosine of two vectors and their largest difference in any number. Two vectors of zeros are equal. */
function nearness(ours: Float32Array, theirs: Float32Array): { cosine: number; difference: number } {
  let difference = 0;
  for (let d = 0; d < ours.length; d++) difference = Math.max(difference, Math.abs(ours[d]! - theirs[d]!));
  const value = cosine(ours, theirs);
  return { cosine: Number.isNaN(value) ? Number(difference === 0) : value, difference: Number(difference.toPrecision(3)) };
}
