import { statSync } from 'node:fs';
import { EmbedError } from '../errors.ts';
import { readFiles } from '../input/corpus.ts';
import { openSource, type Source } from '../input/source.ts';
import type { Model } from '../model/model.ts';
import { openEncoder } from '../model/open-encoder.ts';
import { promptOf } from '../model/variant.ts';
import type { Counts } from '../vectors/manifest.ts';
import type { SetClaim } from '../vectors/work-folder.ts';
import type { EncodeFlags } from './flags.ts';
import { openKnown } from './known-vectors.ts';
import { openModel } from './open-model.ts';
import { identityOf, type Plan } from './plan.ts';
import { readingWarnings } from './reading-warnings.ts';
import { noteLikeness } from './recognise.ts';
import { noteOnce, type Run } from './run.ts';
import type { Identity, SinkKind } from './sink.ts';
import { SINKS } from './sinks.ts';
import { encodeWindows, type Position } from './stream.ts';

/** One corpus to be encoded: its plan, its model, and the identity that decides the bytes of the output. */
export type EncodeJob = {
  plan: Plan;
  model: Model;
  prompt: string | undefined;
  identity: Identity;
  /** Whether a later run may resume this one. */
  resumable: boolean;
  /** Where the rows go; by default the sink of the plan's form. */
  sink?: SinkKind;
  /** Whether a corpus without rows makes a set without rows. */
  mayBeEmpty?: boolean;
  claim?: SetClaim;
};

/** The result of a job. `resumedRows` were encoded by an earlier run; `fileRows` are the rows of each file. */
export type EncodeOutcome = {
  counts: Counts;
  files: string[];
  resumedRows: number;
  fileRows: readonly number[];
  seconds: number;
  taken: ReadonlyMap<string, number>;
  /** The folder of --cache, where it could be used. */
  cache: string | undefined;
};

/** Vectors that took longer than this are worth keeping. */
export const WORTH_KEEPING_S = 5;

/** Prepares a job: opens the model and finds its prompt, but does not open the corpus. */
export async function encodeJob(flags: EncodeFlags, plan: Plan, run: Run): Promise<EncodeJob> {
  const model = await openModel(flags, run);
  for (const note of model.notes ?? []) noteOnce(note, run);
  const prompt = flags.promptText ?? promptOf(model, flags.prompt, 'documentPrompt');
  // a pipe cannot be read again
  const resumable = plan.files.every(({ path }) => isFile(path));
  return { plan, model, prompt, identity: identityOf(plan, model, { prompt, text: flags.text }), resumable };
}

/**
 * Moves rows from the corpus through the encoder into the sink of the plan's form.
 *
 * @param sources the files of the plan, if they are open already
 */
export async function runEncodeJob(
  {
    plan,
    model,
    prompt,
    identity,
    resumable,
    mayBeEmpty = false,
    claim,
    sink: kind = SINKS.find(({ form }) => form === plan.form)!,
  }: EncodeJob,
  flags: EncodeFlags,
  run: Run,
  sources: readonly Source[] = plan.files.map(({ path }) => openSource(path, run)),
): Promise<EncodeOutcome> {
  const started = performance.now();
  const files = plan.files.map(({ options }, at) => ({ source: sources[at]!, options }));
  for (const [at, { options, path }] of plan.files.entries()) {
    if (options.format === 'lines' && flags.inputFormat === undefined && isFile(path)) await noteLikeness(sources[at]!, run);
  }
  const known = await openKnown({ ...plan, identity, model }, flags, run);
  const encoder = openEncoder(model, { threads: run.threads, prompt: prompt ?? '' });
  const progress = run.progress();
  const note = progress.say;
  try {
    const sink = await kind.open({
      ...plan,
      sources,
      dims: model.dims,
      identity,
      resumable,
      withText: flags.text,
      overwrite: flags.overwrite === true,
      run: { ...run, note },
      claim,
    });
    try {
      const fileRows: number[] = [];
      const warnings = readingWarnings(model, encoder, note);
      const counts = await encodeWindows(readFiles(files, note, { mayBeEmpty, onFile: (rows) => fileRows.push(rows) }), {
        encoder,
        known,
        model: model.name,
        signal: run.signal,
        resume: sink.resume,
        onWindow: (rows) => warnings.look(rows),
        write: async (window) => {
          await sink.commit(window);
          warnings.count(window);
        },
        onProgress: (position) =>
          progress.update(position.rowsDone, position.tokens, fractionDone(position, sources), sink.resume?.counts.rows),
      });
      await warnings.settled();
      // on some systems, a set that is open cannot be replaced
      known?.close();
      const written = await sink.finish(counts);
      return {
        counts,
        files: written,
        resumedRows: sink.resume?.counts.rows ?? 0,
        fileRows,
        seconds: (performance.now() - started) / 1000,
        taken: known?.taken ?? new Map(),
        cache: known?.cache,
      };
    } catch (error) {
      const hint = sink.abandon();
      if (!run.signal.aborted || hint === undefined) throw error;
      throw new EmbedError('stopped', { hint });
    }
  } finally {
    known?.close();
    progress.stop();
    await encoder.close();
  }
}

/** Whether a path can be read twice: a pipe, named or not, cannot. */
function isFile(path: string): boolean {
  return path !== '-' && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Share of the input that is encoded; undefined for a pipe whose end has not been seen. */
function fractionDone({ rowsDone, rowsRead, ended }: Position, sources: readonly Source[]): number | undefined {
  const sizes = sources.map(({ size }) => size);
  if (sizes.includes(undefined) && !ended) return undefined;
  const all = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  const read = ended ? 1 : sources.reduce((sum, source) => sum + source.bytesRead(), 0) / (all || 1);
  return Math.min(1, (rowsDone / (rowsRead || 1)) * read);
}
