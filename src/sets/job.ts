import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { CliError } from '../errors.ts';
import { readFiles, type Row } from '../input/corpus.ts';
import { openSource, type Source } from '../input/source.ts';
import { allowedThreads, type Io } from '../io.ts';
import type { Model } from '../model/model.ts';
import { openEncoder } from '../model/open-encoder.ts';
import { packagedReaderOf } from '../model/reading/packaged-reader.ts';
import type { Reading } from '../model/reading/reading.ts';
import { promptOf } from '../model/variant.ts';
import { openProgress } from '../progress.ts';
import { readingWarning } from '../report/encode-summary.ts';
import { openJsonlWriter } from '../vectors/jsonl-writer.ts';
import { manifestPath, setPaths, type Counts } from '../vectors/manifest.ts';
import type { SetRow } from '../vectors/rows-file.ts';
import { findCommit, openSetWriter, type Commit } from '../vectors/set-writer.ts';
import type { EncodeFlags } from './flags.ts';
import { openModel } from './open-model.ts';
import { identityOf, type Identity, type JsonlPlan, type Plan, type SetPlan } from './plan.ts';
import { beginsWith, encodeWindows, type Position, type Window } from './stream.ts';

/** One corpus to be encoded: what is read and written, with which model, and what decides the bytes. */
export type EncodeJob = {
  plan: Plan;
  model: Model;
  prompt: string | undefined;
  identity: Identity;
  /** Whether a later run may go on where this one was stopped. */
  resumable: boolean;
};

/** What a job has done. */
export type EncodeOutcome = { counts: Counts; files: string[]; resumedRows: number; seconds: number };

/** Vectors that took longer than this are worth keeping. */
export const WORTH_KEEPING_S = 5;

/** Settles a job before anything is opened. */
export async function encodeJob(flags: EncodeFlags, plan: Plan, io: Io): Promise<EncodeJob> {
  const model = await openModel(flags, io);
  const prompt = flags.promptText ?? promptOf(model, flags.prompt, 'documentPrompt');
  // a pipe cannot be read again
  const resumable = plan.files.every(({ path }) => isFile(path));
  return { plan, model, prompt, identity: identityOf(plan, model, { prompt, text: flags.text }), resumable };
}

/**
 * Moves rows from the corpus through the encoder into a writer.
 *
 * @param sources the files of the plan, where they are open already
 */
export async function runEncodeJob(
  job: EncodeJob,
  flags: EncodeFlags,
  io: Io,
  sources: readonly Source[] = openAll(job.plan, io),
): Promise<EncodeOutcome> {
  const started = performance.now();
  const { plan, model, prompt, identity, resumable } = job;
  const files = plan.files.map(({ options }, at) => ({ source: sources[at]!, options }));
  const encoder = openEncoder(model, { threads: flags.threads ?? allowedThreads(), prompt: prompt ?? '' });
  const progress = openProgress(io.stderr, { quiet: flags.quiet === true });
  const note = progress.say;
  const stream: Run['stream'] = async (resume, write) => {
    let warned = false;
    return encodeWindows(readFiles(files, note), {
      encoder,
      signal: io.signal,
      resume,
      write: async (window) => {
        await write(window);
        const warning = warned
          ? undefined
          : readingWarning(window.counts, model, {
              readerOf: () =>
                packagedReaderOf(
                  window.rows.map(({ text }) => text),
                  model,
                ),
            });
        if (warning) note(warning);
        warned ||= warning !== undefined;
      },
      onProgress: (position) => progress.update(position.rowsDone, position.tokens, fractionDone(position, sources)),
    });
  };
  const run: Run = {
    resumable,
    sources,
    model,
    identity,
    stream,
    note,
    io,
    withText: flags.text,
    overwrite: flags.overwrite === true,
  };
  try {
    const outcome = await (plan.form === 'set' ? encodeToSet(plan, run) : encodeToJsonl(plan, run));
    return { ...outcome, seconds: (performance.now() - started) / 1000 };
  } finally {
    progress.stop();
    await encoder.close();
  }
}

type Run = {
  resumable: boolean;
  sources: readonly Source[];
  model: Model;
  identity: Identity;
  /** Streams the corpus through the encoder, from `resume` on, and hands every window to `write`. */
  stream: (resume: Commit | undefined, write: (window: Window) => Promise<void>) => Promise<Counts>;
  note: (text: string) => void;
  io: Io;
  withText: boolean;
  overwrite: boolean;
};

type Outcome = Omit<EncodeOutcome, 'seconds'>;

async function encodeToSet(plan: SetPlan, { resumable, sources, model, identity, stream, note, io, withText }: Run): Promise<Outcome> {
  const { npyPath } = plan;
  const inputs = plan.files.map(({ path }) => manifestPath(path, npyPath));
  const key = !resumable
    ? undefined
    : createHash('sha256')
        .update(JSON.stringify([identity, inputs, sources.map(({ size }) => size)]))
        .digest('hex');
  const earlier = key === undefined ? undefined : findCommit(npyPath, key);
  const resume = earlier && (await beginsWith(readAgain(plan, io), earlier)) ? earlier : undefined;
  if (resume) note(`going on at row ${resume.counts.rows + 1}, where an earlier run was stopped`);
  const writer = openSetWriter(npyPath, { dims: model.dims, key, resume });
  try {
    const counts = await stream(resume, async (window) =>
      writer.commit({
        ...window,
        lines: window.rows.map((row, at) => JSON.stringify(rowObject(row, { read: window.reads[at]!, withText }))),
      }),
    );
    await writer.finish({
      ...identity,
      inputs: sources.map((source, at) => ({ path: inputs[at]!, bytes: source.bytesRead(), hash: source.hash() })),
      dims: model.dims,
      counts,
    });
    const { vectors, rows, manifest } = setPaths(npyPath);
    return { counts, files: [vectors, rows, manifest], resumedRows: resume?.counts.rows ?? 0 };
  } catch (error) {
    const kept = writer.abandon();
    if (!io.signal.aborted) throw error;
    throw new CliError('stopped', { hint: kept > 0 ? `the same command goes on at row ${kept + 1}` : 'nothing was written' });
  }
}

async function encodeToJsonl({ path }: JsonlPlan, { stream, io, withText, overwrite }: Run): Promise<Outcome> {
  const writer = openJsonlWriter(path, { stdout: io.stdout, overwrite });
  try {
    const counts = await stream(undefined, ({ vectors, rows, reads }) => {
      const objects = rows.map((row, at) => rowObject(row, { read: reads[at]!, withText }));
      return writer.write(objects, vectors);
    });
    writer.finish();
    return { counts, files: path === '-' ? [] : [path], resumedRows: 0 };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/** Whether a path can be read twice: pipes, also those with a name, cannot. */
function isFile(path: string): boolean {
  return path !== '-' && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function openAll({ files }: Plan, io: Io): Source[] {
  return files.map(({ path }) => openSource(path, io));
}

function readAgain(plan: Plan, io: Io): AsyncGenerator<Row[]> {
  return readFiles(openAll(plan, io).map((source, at) => ({ source, options: plan.files[at]!.options })));
}

/** Share of the input that is encoded; undefined for a pipe whose end has not been seen. */
function fractionDone({ rowsDone, rowsRead, ended }: Position, sources: readonly Source[]): number | undefined {
  const sizes = sources.map(({ size }) => size);
  if (sizes.includes(undefined) && !ended) return undefined;
  const all = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  const read = ended ? 1 : sources.reduce((sum, source) => sum + source.bytesRead(), 0) / (all || 1);
  return Math.min(1, (rowsDone / (rowsRead || 1)) * read);
}

function rowObject({ id, text, file, line, fields }: Row, { read, withText }: { read: Reading; withText: boolean }): SetRow {
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
