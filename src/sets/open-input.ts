import { dirname, join } from 'node:path';
import { EmbedError } from '../errors.ts';
import { baseName, type Format } from '../input/formats.ts';
import { peekLine } from '../input/peek.ts';
import { peekRecord } from '../input/recognise.ts';
import { openSource, type Source } from '../input/source.ts';
import { isNumbers } from '../input/vector-jsonl.ts';
import { orStopped } from '../io.ts';
import type { Model } from '../model/model.ts';
import { abilitiesOf } from '../model/open-encoder.ts';
import { encodeSummary } from '../report/encode-summary.ts';
import { setPaths } from '../vectors/manifest.ts';
import { openSet, type VectorSet } from '../vectors/set-reader.ts';
import { checkInputs } from './changed-input.ts';
import { assertNoReading, corpusFlagsOf, encodeWords, type CorpusFlags, type EncodeFlags } from './flags.ts';
import { findSet, type UnusedSet } from './found-set.ts';
import { importVectors } from './import-vectors.ts';
import type { Input } from './input.ts';
import { encodeJob, runEncodeJob, WORTH_KEEPING_S, type EncodeJob } from './job.ts';
import { jobLike, type Like } from './like.ts';
import { planEncode } from './plan.ts';
import { recognisePipe } from './recognise.ts';
import { noteOnce, type Run } from './run.ts';
import { inTemporaryFolder, keepPipe } from './temporary-set.ts';

/** INPUT of a command that works on vectors: a set, or a corpus that was encoded for it. */
export type OpenedInput = {
  set: VectorSet;
  /** The model that the corpus was encoded with; undefined if INPUT holds vectors, and for a set of another model than was asked for. */
  model: Model | undefined;
  /** The folder that paths in its rows are relative to. */
  folder: string;
  /** Whether the set outlives the command. */
  lasting: boolean;
  /** Files that must not be replaced: those of the set, those that encode would write, and the corpus. */
  files: string[];
  /** The command that saves the next run from encoding; undefined where that saves little. */
  advice: string | undefined;
  /** The files that its records came from, to be read again; undefined for a `.npy`. */
  parts: readonly CorpusPart[] | undefined;
  close(): void;
};

/** A file of a corpus, as it was read. */
export type CorpusPart = {
  /** The file, or the copy of a pipe. */
  path: string;
  format: Format;
  encoding?: string | undefined;
  delimiter?: string | undefined;
  /** The list of a JSON object that holds its records, if one was named. */
  records?: string | undefined;
  maxRecordSize?: number | undefined;
  /** Hash of the content that was read; undefined for a copy, which cannot change. */
  hash: string | undefined;
  /** Rows of it, where a corpus has several files. */
  rows?: number;
  /** Line of each record, where its row does not say it. */
  lines?: readonly number[];
};

/** How a command wants its INPUT. */
export type Opening = {
  /** Whether records are read again later: then a pipe is copied into a file. */
  again?: boolean;
  /** Whether the result is a verdict on the corpus: then a set of a corpus that has changed since is refused, unless forced. */
  asCheck?: boolean;
  /** Whether it may be without rows, because others have some. */
  mayBeEmpty?: boolean;
  /** Whether prompts are for queries, not for the corpus. */
  promptsForQueries?: boolean;
  /** What its vectors will be compared with: where no option names a model, they are to be of the same. */
  like?: Like | undefined;
};

type Context = { flags: CorpusFlags; run: Run; opening: Opening };

/**
 * Opens a vector set (`.npy`, or JSONL with embeddings), or encodes a corpus, which may be several files. If a set of one corpus is
 * there and up to date, that one is used; else a temporary set is made, which `close` removes.
 */
export async function openInput(inputs: readonly Input[], flags: CorpusFlags, run: Run, opening: Opening = {}): Promise<OpenedInput> {
  const set = inputs.find(({ kind }) => kind === 'set');
  if (set && inputs.length > 1) throw severalVectors(set);
  return set ? openLastingSet(set, { flags, run, opening }) : openCorpus(inputs, { flags, run, opening });
}

async function openLastingSet({ path }: Input, { flags, run, opening }: Context): Promise<OpenedInput> {
  const set = openSet(path);
  try {
    await checkInputs(set, { asCheck: opening.asCheck === true, force: flags.force === true, run });
  } catch (error) {
    set.close();
    throw error;
  }
  return lastingInput(set, undefined, undefined);
}

async function openCorpus(typed: readonly Input[], { flags, run, opening }: Context): Promise<OpenedInput> {
  const { note } = run;
  const inputs = [...typed];
  const input = inputs[0]!;
  const single = inputs.length === 1;
  // the set of several files has no name by default
  const output = input.kind === 'pipe' ? 'stdin.npy' : single ? undefined : 'corpus.npy';
  const encodeFlags: EncodeFlags = {
    ...corpusFlagsOf(flags, { prompts: opening.promptsForQueries !== true }),
    text: true,
    ...(output === undefined ? {} : { output }),
  };
  const sources = inputs.map(({ path }) => openSource(path, run));
  for (const [at, source] of sources.entries()) {
    const one = inputs[at]!;
    // reading a pipe can block; a stop must not
    const vectors = await orStopped(holdsVectors(source, one, flags), run.signal);
    if (vectors && !single) throw severalVectors(one);
    if (vectors) return openVectorLines(source, one, { flags, run, opening });
    if (one.kind === 'pipe' && flags.inputFormat === undefined) inputs[at] = await recognisePipe(one, source, run);
  }
  const plan = planEncode(inputs, encodeFlags, { terminal: false });
  const planned = await encodeJob(encodeFlags, plan, run);
  const found = single ? await findSet(input, { encodeFlags, job: planned, like: opening.like, run }) : undefined;
  if (found && 'set' in found) {
    note(found.note);
    const [stamp] = found.set.manifest!.inputs;
    return lastingInput(found.set, found.model, [{ path: input.path, ...partOf(input, flags), hash: stamp!.hash }]);
  }
  if (found) note(found.unused);
  const job = await jobLike(planned, encodeFlags, { like: opening.like, run });
  return temporaryInput(async (folder) => {
    const npyPath = join(folder, baseName(plan.output));
    const kept = sources.map((source, at) => (opening.again ? keepPipe(source, inputs[at]!.path, join(folder, `input${at}`)) : undefined));
    const reuse = reusableBy(job, { planned, found });
    const outcome = await runEncodeJob(
      { ...job, plan: { ...plan, output: npyPath }, resumable: false, mayBeEmpty: opening.mayBeEmpty === true },
      { ...encodeFlags, ...reuse },
      run,
      sources,
    );
    for (const copy of kept) copy?.close();
    for (const line of encodeSummary({ model: job.model, ...outcome, files: [] })) note(line);
    if (opening.asCheck && outcome.seconds > WORTH_KEEPING_S && encodeFlags.cache === undefined && !abilitiesOf(job.model).noReuse) {
      noteOnce('next time: --cache DIR, or the variable EMBED_CACHE, keeps the vectors of unchanged texts for later checks', run);
    }
    // the note on a set that is not used has said what to do, and a set of another model would not be found
    const worth = outcome.seconds > WORTH_KEEPING_S && single && input.kind !== 'pipe' && !found && job === planned;
    return {
      npyPath,
      model: job.model,
      files: [...inputs.map(({ path }) => path), ...(single ? Object.values(setPaths(plan.output)) : [])],
      advice: worth ? `embed encode ${encodeWords(input.path, encodeFlags)}` : undefined,
      parts: inputs.map(({ path }, at) => ({
        path: kept[at]?.path ?? path,
        ...partOf(inputs[at]!, flags),
        rows: outcome.fileRows[at]!,
        hash: kept[at] ? undefined : sources[at]!.hash(),
      })),
    };
  });
}

/** The set of a corpus that has changed since: the vectors of its unchanged texts are taken over, as `encode` would do it. */
function reusableBy(job: EncodeJob, { planned, found }: { planned: EncodeJob; found: UnusedSet | undefined }): Pick<EncodeFlags, 'reuse'> {
  const useful = found?.reusable !== undefined && job === planned && abilitiesOf(job.model).noReuse === undefined;
  return useful ? { reuse: [found.reusable!] } : {};
}

function severalVectors({ name }: Input): EmbedError {
  return new EmbedError(`Cannot join ${name} with other inputs: it holds vectors`, {
    hint: 'Give the texts they were made from, or compare two sets with --against where a command has it',
  });
}

/** Opens JSON Lines that hold vectors. */
async function openVectorLines(source: Source, input: Input, { flags, run, opening }: Context): Promise<OpenedInput> {
  const { path, kind, name } = input;
  const { inputFormat, records, ...rest } = flags;
  assertNoReading(
    inputFormat === 'jsonl' || inputFormat === 'json' ? rest : { ...rest, ...(inputFormat === undefined ? {} : { inputFormat }) },
    name,
  );
  // records with vectors are JSON, whatever the name of their file
  const format = kind !== 'set' && input.format === 'json' ? 'json' : 'jsonl';
  return temporaryInput(async (folder) => {
    const npyPath = join(folder, 'vectors.npy');
    const kept = opening.again ? keepPipe(source, path, join(folder, 'input')) : undefined;
    const lines = await importVectors(source, npyPath, {
      folder: kind === 'pipe' ? '.' : dirname(path),
      signal: run.signal,
      reading: { single: format !== 'json', records, maxRecordSize: flags.maxRecordSize },
    });
    kept?.close();
    return {
      npyPath,
      model: undefined,
      files: [path],
      advice: undefined,
      parts: [{ path: kept?.path ?? path, format, records, hash: kept ? undefined : source.hash(), lines }],
    };
  });
}

/** A temporary set, which `close` removes. Paths in its rows are relative to the current folder. */
async function temporaryInput(
  make: (folder: string) => Promise<Pick<OpenedInput, 'model' | 'files' | 'advice' | 'parts'> & { npyPath: string }>,
): Promise<OpenedInput> {
  return { ...(await inTemporaryFolder(make)), folder: '.', lasting: false };
}

/** How a file of a corpus was read, to be read alike again. */
export function partOf(
  input: Input,
  { encoding, delimiter, records, maxRecordSize }: CorpusFlags,
): Omit<CorpusPart, 'path' | 'hash' | 'rows' | 'lines'> {
  return { format: input.kind === 'set' ? 'json' : input.format, encoding, delimiter, records, maxRecordSize };
}

/** Whether the first record of JSON holds a vector, whatever the name of its file. The source can still be read from its start. */
async function holdsVectors(source: Source, input: Input, { records, maxRecordSize }: CorpusFlags): Promise<boolean> {
  if (input.kind === 'set') return false;
  const { format } = input;
  if (format !== 'json' && format !== 'jsonl') {
    if (format !== 'lines' || !/^[{[]/.test(await peekLine(source))) return false;
  }
  const record = await peekRecord(source, { single: format !== 'json', records, maxRecordSize });
  return record !== undefined && isNumbers((record.values as Record<string, unknown>)['embedding']);
}

/** A set that existed before the command. */
function lastingInput(set: VectorSet, model: Model | undefined, parts: readonly CorpusPart[] | undefined): OpenedInput {
  return { set, model, folder: dirname(set.npyPath), lasting: true, files: filesOf(set), advice: undefined, parts, close: set.close };
}

/** The files of a set, and those of the corpus it was made from. */
function filesOf({ npyPath, manifest }: VectorSet): string[] {
  return [...Object.values(setPaths(npyPath)), ...(manifest?.inputs ?? []).map(({ path }) => join(dirname(npyPath), path))];
}
