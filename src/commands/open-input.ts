import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { baseName, formatOf } from '../input/corpus.ts';
import { fileSize, openSource } from '../input/source.ts';
import { peekVectors, readVectorRecords } from '../input/vector-jsonl.ts';
import { say, type Io } from '../io.ts';
import type { Model } from '../model/folder.ts';
import { encodeSummary } from '../report/encode-summary.ts';
import { noCounts } from '../vectors/manifest.ts';
import { openSet, type VectorSet } from '../vectors/set-reader.ts';
import { openSetWriter } from '../vectors/set-writer.ts';
import { version } from '../version.ts';
import { encodeJob, runEncodeJob } from './encode-job.ts';
import { isUpToDate, planEncode, type SetPlan } from './encode-plan.ts';
import type { EncodeFlags } from './encode.ts';
import type { CorpusFlags } from './options.ts';

/** INPUT of a command that works on vectors: a set, or a corpus that was encoded for it. */
export type OpenedInput = {
  set: VectorSet;
  /** The model that the corpus was encoded with just now; undefined where vectors were there before. */
  model: Model | undefined;
  /** Folder that the paths in its rows start from. */
  folder: string;
  /** What to type so that the next run need not encode; undefined where that would save little. */
  advice: string | undefined;
  close(): void;
};

/** Encoding that took longer than this is worth keeping. */
const WORTH_KEEPING_S = 5;

/**
 * Opens a vector set (`.npy`, or `.jsonl` with embeddings), or encodes a corpus: the set that `encode` would have written
 * is used where it is up to date, else a temporary one is made, which goes away on `close`.
 */
export async function openInput(input: string, flags: CorpusFlags, io: Io): Promise<OpenedInput> {
  if (/\.npy$/i.test(input)) {
    const set = await openSet(input, io);
    return { set, model: undefined, folder: dirname(input), advice: undefined, close: set.close };
  }
  if (input !== '-') fileSize(input);
  if (input !== '-' && (flags.inputFormat ?? formatOf(input)) === 'jsonl' && (await peekVectors(openSource(input, io)))) {
    return inTemporaryFolder(async (folder) => {
      const npyPath = join(folder, 'vectors.npy');
      await importVectors(input, npyPath, io);
      return { npyPath, model: undefined, advice: undefined };
    }, io);
  }
  const encodeFlags: EncodeFlags = { ...corpusFlagsOf(flags), text: true, ...(input === '-' ? { output: 'stdin.npy' } : {}) };
  const plan = planEncode(input, encodeFlags, { terminal: false }) as SetPlan;
  const job = encodeJob(input, encodeFlags, plan);
  const note = (text: string): void => void (flags.quiet || say(io.stderr, text));
  if (await isUpToDate(plan.npyPath, input, job.identity, io.signal)) {
    note(`using ${plan.npyPath}, which is up to date`);
    const set = await openSet(plan.npyPath, io);
    return { set, model: job.model, folder: dirname(plan.npyPath), advice: undefined, close: set.close };
  }
  return inTemporaryFolder(async (folder) => {
    const npyPath = join(folder, `${baseName(plan.npyPath)}`);
    const outcome = await runEncodeJob({ ...job, plan: { ...plan, npyPath }, resumable: false }, encodeFlags, io);
    for (const line of encodeSummary({ model: job.model, ...outcome, files: [] })) note(line);
    const worth = outcome.seconds > WORTH_KEEPING_S && input !== '-';
    return { npyPath, model: job.model, advice: worth ? `embed encode ${encodeWords(input, flags)}` : undefined };
  }, io);
}

/**
 * The options that encode takes, of a command that has more: its own output is not the set's. Prompts on a command line
 * that also asks are for the queries.
 */
function corpusFlagsOf(flags: CorpusFlags): CorpusFlags {
  const { inputFormat, textColumn, idColumn, columns, delimiter, header, encoding, model, pooling, threads, quiet } = flags;
  const given = { inputFormat, idColumn, delimiter, encoding, model, pooling, threads, quiet };
  return {
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<CorpusFlags>),
    textColumn,
    columns,
    header,
  };
}

/** Makes a set in a folder of its own; the folder goes away with the set, and when making it fails. */
async function inTemporaryFolder(
  make: (folder: string) => Promise<{ npyPath: string; model: Model | undefined; advice: string | undefined }>,
  io: Io,
): Promise<OpenedInput> {
  const folder = mkdtempSync(join(tmpdir(), 'embed-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const { npyPath, ...made } = await make(folder);
    const set = await openSet(npyPath, io);
    // paths in its rows were written for the folder that we are in
    return {
      set,
      folder: '.',
      ...made,
      close: () => {
        set.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

async function importVectors(input: string, npyPath: string, io: Io): Promise<void> {
  const source = openSource(input, io);
  let writer: ReturnType<typeof openSetWriter> | undefined;
  const counts = noCounts();
  let dims = 0;
  for await (const { rows, vectors } of readVectorRecords(source)) {
    dims = vectors.cols;
    writer ??= openSetWriter(npyPath, { dims, key: undefined });
    const blankRows = rows.flatMap(({ text }, at) => (text?.trim() === '' ? [counts.rows + at] : []));
    counts.rows += rows.length;
    counts.blank += blankRows.length;
    writer.commit({ vectors, lines: rows.map((row) => JSON.stringify(row)), blankRows, counts: { ...counts }, digest: '' });
  }
  await writer!.finish({
    format: 1,
    tool: `embed ${version()}`,
    runtime: '',
    model: null,
    options: {},
    inputs: [{ path: input, bytes: source.bytesRead(), hash: source.hash() }],
    dims,
    counts,
  });
}

/** The options that decide a set, as they are typed. */
function encodeWords(input: string, flags: CorpusFlags): string {
  const words = [input];
  const add = (name: string, value: string | undefined): void => void (value !== undefined && words.push(name, value));
  add('--input-format', flags.inputFormat);
  for (const column of flags.textColumn) add('--text-column', column);
  add('--id-column', flags.idColumn);
  if (flags.columns !== 'all') add('--columns', flags.columns.join(',') || 'none');
  add('--delimiter', flags.delimiter);
  if (!flags.header) words.push('--no-header');
  add('--encoding', flags.encoding);
  add('--model', flags.model);
  add('--pooling', flags.pooling);
  return words.map((word) => (/^[\w./:,@=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`)).join(' ');
}
