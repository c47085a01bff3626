import { dirname, join } from 'node:path';
import { CliError } from '../errors.ts';
import { baseName, formatOf } from '../input/formats.ts';
import type { Format } from '../input/records.ts';
import { openSource, peekLine, type Source } from '../input/source.ts';
import { isNumbers } from '../input/vector-jsonl.ts';
import { orStopped, say, type Io } from '../io.ts';
import type { Model } from '../model/model.ts';
import { encodeSummary } from '../report/encode-summary.ts';
import { setPaths } from '../vectors/manifest.ts';
import { openSet, type VectorSet } from '../vectors/set-reader.ts';
import { changedInput } from './changed-input.ts';
import { assertNoReading, corpusFlagsOf, encodeWords, type CorpusFlags, type EncodeFlags } from './flags.ts';
import { importVectors } from './import-vectors.ts';
import { encodeJob, runEncodeJob, WORTH_KEEPING_S } from './job.ts';
import { isUpToDate, planEncode, type SetPlan } from './plan.ts';
import { inTemporaryFolder, keepPipe } from './temporary-set.ts';

/** INPUT of a command that works on vectors: a set, or a corpus that was encoded for it. */
export type OpenedInput = {
  set: VectorSet;
  /** The model that the corpus was encoded with just now; undefined where vectors were there before. */
  model: Model | undefined;
  /** Folder that the paths in its rows start from. */
  folder: string;
  /** Whether the set stays when the command has ended. */
  lasting: boolean;
  /** Files that must not be replaced: the set's, the one it would have been encoded to, and the corpus. */
  files: string[];
  /** What to type so that the next run need not encode; undefined where that would save little. */
  advice: string | undefined;
  /** The files that its records came from, to be read again; undefined for a `.npy`. */
  parts: readonly CorpusPart[] | undefined;
  close(): void;
};

/** A file of a corpus, as it was read. */
export type CorpusPart = {
  /** The file, or what was kept of standard input. */
  path: string;
  encoding: string | undefined;
  /** Hash of what was read, where the file itself is read again. */
  hash: string | undefined;
  /** Line of each record, where its row does not tell. */
  lines?: readonly number[];
};

/** How a command wants its INPUT. */
export type Opening = {
  /** Whether records are read again later, so that what comes through a pipe must be kept. */
  again?: boolean;
};

/**
 * Opens a vector set (`.npy`, or JSONL with embeddings), or encodes a corpus, which may be several files: the set that
 * `encode` would have written is used where it is up to date, else a temporary one is made, which goes away on `close`.
 */
export async function openInput(inputs: readonly string[], flags: CorpusFlags, io: Io, opening: Opening = {}): Promise<OpenedInput> {
  const note = (text: string): void => void (flags.quiet || say(io.stderr, text));
  const [input = '-'] = inputs;
  const single = inputs.length === 1;
  const vectors = inputs.find((path) => /\.npy$/i.test(path));
  if (vectors !== undefined) {
    if (!single) throw severalVectors(vectors);
    const set = openSet(vectors);
    const changed = await changedInput(set, io.signal);
    if (changed) note(`note: ${changed} has changed since ${vectors} was made of it`);
    return lastingInput(set, undefined, undefined);
  }
  // for several files there is no name that their set would have
  const output = input === '-' ? 'stdin.npy' : single ? undefined : 'corpus.npy';
  const encodeFlags: EncodeFlags = { ...corpusFlagsOf(flags), text: true, ...(output === undefined ? {} : { output }) };
  const sources = inputs.map((path) => openSource(path, io));
  for (const [at, source] of sources.entries()) {
    const path = inputs[at]!;
    // a pipe may keep us waiting
    const kind = await orStopped(lookInto(source, flags.inputFormat ?? formatOf(path)), io.signal);
    if (kind === 'vectors' && !single) throw severalVectors(path);
    if (kind === 'vectors') return openVectorLines(source, path, { flags, io, opening });
    if (kind === 'json' && path === '-' && flags.inputFormat === undefined) {
      note('note: standard input looks like JSON Lines, but is read as lines of text; if it is, say --input-format jsonl');
    }
  }
  const plan = planEncode(inputs, encodeFlags, { terminal: false }) as SetPlan;
  const job = await encodeJob(encodeFlags, plan, io);
  if (single && (await isUpToDate(plan.npyPath, plan.files, job.identity, io.signal))) {
    note(`using ${plan.npyPath}, which is up to date`);
    const set = openSet(plan.npyPath);
    const [stamp] = set.manifest!.inputs;
    return lastingInput(set, job.model, [{ path: input, encoding: flags.encoding, hash: stamp!.hash }]);
  }
  return temporaryInput(async (folder) => {
    const npyPath = join(folder, baseName(plan.npyPath));
    const kept = sources.map((source, at) => (opening.again ? keepPipe(source, inputs[at]!, join(folder, `input${at}`)) : undefined));
    const outcome = await runEncodeJob({ ...job, plan: { ...plan, npyPath }, resumable: false }, encodeFlags, io, sources);
    for (const copy of kept) copy?.close();
    for (const line of encodeSummary({ model: job.model, ...outcome, files: [] })) note(line);
    const worth = outcome.seconds > WORTH_KEEPING_S && single && input !== '-';
    return {
      npyPath,
      model: job.model,
      files: [...inputs, ...(single ? Object.values(setPaths(plan.npyPath)) : [])],
      advice: worth ? `embed encode ${encodeWords(input, flags)}` : undefined,
      parts: inputs.map((path, at) => ({
        path: kept[at]?.path ?? path,
        encoding: flags.encoding,
        hash: kept[at] ? undefined : sources[at]!.hash(),
      })),
    };
  });
}

function severalVectors(path: string): CliError {
  return new CliError(`Cannot join ${path} with other inputs: it holds vectors`, {
    hint: 'Give the texts they were made from, or compare two sets with --against where a command has it',
  });
}

/** Opens JSON Lines that hold vectors. */
async function openVectorLines(
  source: Source,
  input: string,
  { flags, io, opening }: { flags: CorpusFlags; io: Io; opening: Opening },
): Promise<OpenedInput> {
  const { inputFormat, ...rest } = flags;
  assertNoReading(inputFormat === 'jsonl' ? rest : flags, input === '-' ? 'standard input' : input);
  return temporaryInput(async (folder) => {
    const npyPath = join(folder, 'vectors.npy');
    const kept = opening.again ? keepPipe(source, input, join(folder, 'input')) : undefined;
    const lines = await importVectors(source, npyPath, { folder: input === '-' ? '.' : dirname(input), signal: io.signal });
    kept?.close();
    return {
      npyPath,
      model: undefined,
      files: [input],
      advice: undefined,
      parts: [{ path: kept?.path ?? input, encoding: undefined, hash: kept ? undefined : source.hash(), lines }],
    };
  });
}

/** A set that goes away on `close`; paths in its rows were written for the folder that we are in. */
async function temporaryInput(
  make: (folder: string) => Promise<Pick<OpenedInput, 'model' | 'files' | 'advice' | 'parts'> & { npyPath: string }>,
): Promise<OpenedInput> {
  return { ...(await inTemporaryFolder(make)), folder: '.', lasting: false };
}

/** What the first line of a source shows: JSON with a vector, other JSON, or text. The source can be read from its start. */
async function lookInto(source: Source, format: Format): Promise<'vectors' | 'json' | 'text'> {
  if (format !== 'jsonl' && format !== 'lines') return 'text';
  try {
    const value = JSON.parse(await peekLine(source)) as unknown;
    if (typeof value !== 'object' || value === null) return 'text';
    return isNumbers((value as { embedding?: unknown }).embedding) ? 'vectors' : 'json';
  } catch (error) {
    if (error instanceof CliError) throw error;
    return 'text';
  }
}

/** A set that was there before. */
function lastingInput(set: VectorSet, model: Model | undefined, parts: readonly CorpusPart[] | undefined): OpenedInput {
  return { set, model, folder: dirname(set.npyPath), lasting: true, files: filesOf(set), advice: undefined, parts, close: set.close };
}

/** The files of a set, and those of the corpus it was made of. */
function filesOf({ npyPath, manifest }: VectorSet): string[] {
  return [...Object.values(setPaths(npyPath)), ...(manifest?.inputs ?? []).map(({ path }) => join(dirname(npyPath), path))];
}
