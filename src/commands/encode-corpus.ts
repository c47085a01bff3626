import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { runtimeVersion } from '../engine/runtime.ts';
import { CliError } from '../errors.ts';
import { baseName, formatOf, readCorpus, type CorpusOptions, type Row } from '../input/corpus.ts';
import { openSource, type Source } from '../input/source.ts';
import { allowedThreads, hashFile, printable, type Io } from '../io.ts';
import { openEncoder, type Encoder, type ReadText } from '../model/encoder.ts';
import { loadModel, type Model } from '../model/folder.ts';
import { groupWindows } from '../model/windows.ts';
import { openProgress } from '../progress.ts';
import { encodeSummary, readingWarning } from '../report/encode-summary.ts';
import { openJsonlWriter } from '../vectors/jsonl-writer.ts';
import {
  assertReplaceable,
  isWhole,
  manifestPath,
  noCounts,
  readManifest,
  setPaths,
  type Counts,
  type Manifest,
} from '../vectors/manifest.ts';
import type { Matrix } from '../vectors/matrix.ts';
import { findCommit, openSetWriter, type Commit } from '../vectors/set-writer.ts';
import { version } from '../version.ts';
import type { EncodeFlags } from './encode.ts';

/** `embed encode`: reads the options, moves rows from the corpus through the encoder into the writer, and reports. */
export async function encode(input: string, flags: EncodeFlags, io: Io): Promise<void> {
  const started = performance.now();
  const note = (text: string): void => void (flags.quiet || io.stderr.write(`${printable(text)}\n`));
  const plan = planEncode(input, flags, io);
  const model = withFlags(loadModel(flags.model), flags);
  const prompt = flags.promptText ?? promptOf(model, flags.prompt);
  const identity = identityOf(plan, model, prompt);

  if (plan.form === 'set') {
    const { npyPath } = plan;
    if (await isUpToDate(npyPath, input, identity)) {
      note(`${npyPath} is up to date: same input, model and options`);
      return;
    }
    if (!flags.overwrite) assertReplaceable(npyPath, [manifestPath(input, npyPath)]);
  }

  const run: Run = { input, flags, io, note, plan, model, identity, source: openSource(input, io.stdin) };
  const encoder = openEncoder(model, { threads: flags.threads ?? allowedThreads(), prompt: prompt ?? '' });
  const progress = openProgress(io.stderr, { quiet: flags.quiet === true });
  try {
    const { counts, files, resumedRows } = await (plan.form === 'set'
      ? encodeToSet(run, encoder, progress.update)
      : encodeToJsonl(run, encoder, progress.update));
    progress.stop();
    const seconds = (performance.now() - started) / 1000;
    for (const line of encodeSummary({ model, counts, files, seconds, resumedRows })) note(line);
  } finally {
    progress.stop();
    await encoder.close();
  }
}

type Plan = { form: 'set'; npyPath: string; corpus: CorpusOptions } | { form: 'jsonl'; path: string; corpus: CorpusOptions };

type Run = {
  input: string;
  flags: EncodeFlags;
  io: Io;
  note: (text: string) => void;
  plan: Plan;
  model: Model;
  identity: Identity;
  source: Source;
};

type Identity = Pick<Manifest, 'format' | 'tool' | 'runtime' | 'model' | 'options'>;

type Outcome = { counts: Counts; files: string[]; resumedRows: number };

type Update = (rows: number, tokens: number, fraction: number | undefined) => void;

/** Decides, before anything is opened, what is read and what is written. */
function planEncode(input: string, flags: EncodeFlags, io: Io): Plan {
  if (input !== '-' && /\.(rows\.jsonl|manifest\.json)$/.test(input)) {
    throw new CliError(`Cannot encode ${input}: it is part of a vector set`, { hint: 'Give the text it was made from' });
  }
  const format = flags.inputFormat ?? formatOf(input);
  const output = flags.output ?? (input === '-' ? '-' : `${baseName(input)}.npy`);
  const form = /\.npy$/i.test(output) ? 'set' : output === '-' || /\.(jsonl|ndjson)$/i.test(output) ? 'jsonl' : undefined;
  if (!form) {
    throw new CliError(`Cannot write ${output}: its form is not known from its name`, {
      hint: 'Name a file that ends in .npy or .jsonl, or - for JSONL on standard output',
    });
  }
  if (output === '-' && io.stdout.isTTY) {
    throw new CliError('Cannot print vectors to a terminal: a row is hundreds of numbers', {
      hint: 'Name a file with -o, for example -o corpus.npy, or pipe the output on',
    });
  }
  const written = form === 'set' ? Object.values(setPaths(output)) : [output];
  if (input !== '-' && output !== '-' && written.some((path) => resolve(path) === resolve(input))) {
    throw new CliError(`Cannot write ${output}: that would replace the input`, { hint: 'Name another file with -o' });
  }
  const corpus: CorpusOptions = {
    format,
    label: input === '-' ? 'stdin' : manifestPath(input, output === '-' ? 'x' : output),
    textColumns: flags.textColumn,
    idColumn: flags.idColumn,
    columns: flags.columns,
    delimiter: flags.delimiter,
    header: flags.header,
    encoding: flags.encoding,
  };
  return form === 'set' ? { form, npyPath: output, corpus } : { form, path: output, corpus };
}

function withFlags(model: Model, { pooling }: EncodeFlags): Model {
  if (pooling === undefined || pooling === model.pooling) return model;
  if (model.build.precision !== undefined) {
    throw new CliError(`Cannot pool ${model.name} by ${pooling}: its graph pools by ${model.pooling} itself`, {
      hint: 'Leave --pooling out',
    });
  }
  return { ...model, pooling };
}

function promptOf(model: Model, name: string | undefined): string | undefined {
  if (name === undefined) return model.documentPrompt === undefined ? undefined : model.prompts[model.documentPrompt];
  const names = Object.keys(model.prompts);
  const text = model.prompts[name];
  if (text === undefined) {
    throw new CliError(`Cannot find the prompt "${name}" in ${model.name}: it has ${names.join(', ') || 'none'}`, {
      hint: 'Leave --prompt out, or give the words with --prompt-text',
    });
  }
  return text;
}

/** Everything but the input that decides the bytes of the output. */
function identityOf({ corpus, form }: Plan, model: Model, prompt: string | undefined): Identity {
  return {
    format: 1,
    tool: `embed ${version()}`,
    runtime: `onnxruntime-node ${runtimeVersion()}`,
    model: {
      name: model.name,
      hash: model.hash,
      revision: model.build.revision ?? null,
      pooling: model.pooling,
      normalized: model.normalized,
      prompt: prompt ?? null,
      maxTokens: model.maxTokens,
      precision: model.build.precision ?? null,
    },
    options: { ...corpus, form },
  };
}

async function isUpToDate(npyPath: string, input: string, identity: Identity): Promise<boolean> {
  const manifest = readManifest(npyPath);
  const stamp = manifest?.inputs[0];
  if (!manifest || !stamp || input === '-' || manifest.inputs.length !== 1) return false;
  const { format, tool, runtime, model, options } = manifest;
  if (JSON.stringify({ format, tool, runtime, model, options }) !== JSON.stringify(identity)) return false;
  const size = openSource(input, process.stdin).size;
  return (
    stamp.path === manifestPath(input, npyPath) &&
    stamp.bytes === size &&
    isWhole(manifest, npyPath) &&
    stamp.hash === (await hashFile(input))
  );
}

async function encodeToSet(run: Run, encoder: Encoder, update: Update): Promise<Outcome> {
  const { npyPath, corpus } = run.plan as Extract<Plan, { form: 'set' }>;
  const { source, input, model, identity } = run;
  // a pipe cannot be read again, so it cannot be resumed
  const key =
    input === '-'
      ? undefined
      : createHash('sha256')
          .update(JSON.stringify([identity, manifestPath(input, npyPath), source.size]))
          .digest('hex');
  const earlier = key === undefined ? undefined : findCommit(npyPath, key);
  const resume = earlier && (await samePrefix(run, earlier)) ? earlier : undefined;
  if (resume) run.note(`going on at row ${resume.counts.rows + 1}, where an earlier run was stopped`);
  const writer = openSetWriter(npyPath, { dims: model.dims, key, resume });
  try {
    const counts = await encodeWindows(run, encoder, update, {
      resume,
      write: async (window) => writer.commit({ ...window, lines: window.rows.map((row) => rowLine(row, corpus.label, run.flags.text)) }),
    });
    const manifest = await writer.finish({
      ...identity,
      inputs: [{ path: manifestPath(input, npyPath), bytes: source.bytesRead(), hash: source.hash() }],
      dims: model.dims,
      counts,
    });
    const paths = setPaths(npyPath);
    return { counts: manifest.counts, files: [paths.vectors, paths.rows, paths.manifest], resumedRows: resume?.counts.rows ?? 0 };
  } catch (error) {
    const kept = writer.abandon();
    if (run.io.signal.aborted) {
      throw new CliError('stopped', { hint: kept > 0 ? `the same command goes on at row ${kept + 1}` : 'nothing was written' });
    }
    throw error;
  }
}

async function encodeToJsonl(run: Run, encoder: Encoder, update: Update): Promise<Outcome> {
  const { path, corpus } = run.plan as Extract<Plan, { form: 'jsonl' }>;
  const writer = openJsonlWriter(path, { stdout: run.io.stdout, overwrite: run.flags.overwrite === true });
  try {
    const counts = await encodeWindows(run, encoder, update, {
      resume: undefined,
      write: ({ vectors, rows }) =>
        writer.write(
          rows.map((row) => rowObject(row, corpus.label, run.flags.text)),
          vectors,
        ),
    });
    writer.finish();
    return { counts, files: path === '-' ? [] : [path], resumedRows: 0 };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

type EncodedRow = Row & { read: ReadText; tokens: number };

type Window = { rows: EncodedRow[]; vectors: Matrix; counts: Counts; digest: string };

/**
 * Streams the corpus through the encoder. While one window is computed the next is read and tokenised; windows are
 * written in input order.
 */
async function encodeWindows(
  run: Run,
  encoder: Encoder,
  update: Update,
  { resume, write }: { resume: Commit | undefined; write: (window: Window) => Promise<void> },
): Promise<Counts> {
  const { source, io, model } = run;
  const stopped = new Promise<never>((_, reject) => io.signal.addEventListener('abort', () => reject(new CliError('stopped'))));
  stopped.catch(() => {});
  const digest = createHash('sha256');
  let counts: Counts = resume?.counts ?? noCounts();
  let warned = false;
  const seen = { rows: 0, done: counts.rows, tokens: 0, ended: false };

  async function* readRows(): AsyncGenerator<EncodedRow[]> {
    for await (const batch of readCorpus(source, run.plan.corpus, run.note)) {
      seen.rows += batch.length;
      const fresh = batch.slice(Math.max(0, batch.length - Math.max(0, seen.rows - (resume?.counts.rows ?? 0))));
      for (const row of batch) digestRow(digest, row);
      const rows: EncodedRow[] = [];
      for (const row of fresh) {
        const read = encoder.read(row.text);
        rows.push({ ...row, read, tokens: read.ids.length });
      }
      yield rows;
    }
    seen.ended = true;
  }
  const onBatch = (rows: number): void => {
    seen.done += rows;
    const share = source.size === undefined && !seen.ended ? undefined : seen.ended ? 1 : source.bytesRead() / (source.size || 1);
    update(seen.done, seen.tokens, share === undefined ? undefined : Math.min(1, (seen.done / (seen.rows || 1)) * share));
  };

  const pending: Promise<Window>[] = [];
  const settle = async (): Promise<void> => {
    const window = await Promise.race([stopped, pending.shift()!]);
    await write(window);
    counts = window.counts;
    seen.done = counts.rows;
    const warning = warned ? undefined : readingWarning(counts, model);
    if (warning) {
      run.note(warning);
      warned = true;
    }
  };
  let total = counts;
  try {
    for await (const rows of groupWindows(readRows())) {
      if (io.signal.aborted) break;
      total = addCounts(total, rows);
      seen.tokens += rows.reduce((sum, row) => sum + row.tokens, 0);
      const after = { counts: total, digest: digest.copy().digest('hex') };
      const window = encoder
        .encode(
          rows.map((row) => row.read),
          onBatch,
        )
        .then((vectors) => ({ rows, vectors, ...after }));
      window.catch(() => {});
      pending.push(window);
      if (pending.length > 1) await settle();
    }
    while (pending.length > 0) await settle();
  } catch (error) {
    await Promise.allSettled(pending.map((window) => Promise.race([window, stopped])));
    throw error;
  }
  if (io.signal.aborted) throw new CliError('stopped');
  return counts;
}

function addCounts(counts: Counts, rows: readonly EncodedRow[]): Counts {
  const sum = { ...counts };
  for (const { text, read } of rows) {
    sum.rows++;
    if (text.trim() === '') sum.blank++;
    if (read.lost > 0) sum.cut++;
    sum.tokens += read.bodyTokens;
    sum.lostTokens += read.lost;
    sum.lostExact &&= read.lostExact;
    sum.unknownTokens += Math.round(read.unknown * read.bodyTokens);
    sum.letters += read.letters ?? 0;
    sum.foreignLetters += read.foreign ?? 0;
  }
  return sum;
}

function digestRow(digest: ReturnType<typeof createHash>, { id, text, fields }: Row): void {
  digest.update(JSON.stringify([id, text, fields]));
}

/** Whether the input still begins with the rows that an earlier run wrote. */
async function samePrefix(run: Run, commit: Commit): Promise<boolean> {
  const digest = createHash('sha256');
  let rows = 0;
  for await (const batch of readCorpus(openSource(run.input, run.io.stdin), run.plan.corpus)) {
    for (const row of batch) {
      digestRow(digest, row);
      if (++rows === commit.counts.rows) return digest.digest('hex') === commit.digest;
    }
  }
  return false;
}

function rowObject({ id, text, line, fields, read }: EncodedRow, file: string, withText: boolean): Record<string, unknown> {
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

function rowLine(row: EncodedRow, file: string, withText: boolean): string {
  return JSON.stringify(rowObject(row, file, withText));
}
