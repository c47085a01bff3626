import { dirname, join } from 'node:path';
import { EmbedError } from '../errors.ts';
import { peekLine } from '../input/peek.ts';
import { peekRecord } from '../input/recognise.ts';
import { openSource, type Source } from '../input/source.ts';
import { isNumbers } from '../input/vector-jsonl.ts';
import { orStopped } from '../io.ts';
import type { Model } from '../model/model.ts';
import { setPaths } from '../vectors/manifest.ts';
import { openSet, type VectorSet } from '../vectors/set-reader.ts';
import { checkInputs } from './changed-input.ts';
import { assertNoReading, type CorpusFlags } from './flags.ts';
import { importVectors } from './import-vectors.ts';
import type { Input } from './input.ts';
import type { CorpusPart, OpenedInput } from './opened-input.ts';
import { recognisePipe } from './recognise.ts';
import type { Run } from './run.ts';
import { inTemporaryFolder, keepPipe } from './temporary-set.ts';

/** How a command wants vectors that are there already. */
export type VectorsOpening = {
  /** Whether records are read again later: then a pipe is copied into a file. */
  again?: boolean;
  /** Whether the result is a verdict on the corpus: then a set of a corpus that has changed since is refused, unless forced. */
  asCheck?: boolean;
};

type Context = { flags: CorpusFlags; run: Run; opening: VectorsOpening };

/** The vector set among the inputs; undefined where they are a corpus, or JSON Lines. */
export function setAmong(inputs: readonly Input[]): Input | undefined {
  const set = inputs.find(({ kind }) => kind === 'set');
  if (set && inputs.length > 1) throw severalVectors(set);
  return set;
}

/** Opens a `.npy`, with its rows and manifest where it has them. */
export async function openLastingSet({ path }: Input, { flags, run, opening }: Context): Promise<OpenedInput> {
  const set = openSet(path);
  try {
    await checkInputs(set, { asCheck: opening.asCheck === true, force: flags.force === true, run });
  } catch (error) {
    set.close();
    throw error;
  }
  return lastingInput(set, undefined, undefined);
}

/** A corpus whose files are open; what a pipe holds is settled. */
export type OpenedSources = { inputs: readonly Input[]; sources: readonly Source[] };

/** Opens the files of a corpus, or JSON Lines that hold vectors. */
export async function openSources(typed: readonly Input[], { flags, run, opening }: Context): Promise<OpenedSources | OpenedInput> {
  const inputs = [...typed];
  const sources = inputs.map(({ path }) => openSource(path, run));
  for (const [at, source] of sources.entries()) {
    const one = inputs[at]!;
    // reading a pipe can block; a stop must not
    const vectors = await orStopped(holdsVectors(source, one, flags), run.signal);
    if (vectors && inputs.length > 1) throw severalVectors(one);
    if (vectors) return openVectorLines(source, one, { flags, run, opening });
    if (one.kind === 'pipe' && flags.inputFormat === undefined) inputs[at] = await recognisePipe(one, source, run);
  }
  return { inputs, sources };
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
    const kept = opening.again ? keepPipe(source, path, () => join(folder, 'input')) : undefined;
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

/** The error for vectors among several inputs. */
function severalVectors({ name }: Input): EmbedError {
  return new EmbedError(`Cannot join ${name} with other inputs: it holds vectors`, {
    hint: 'Give the texts they were made from, or compare two sets with --against where a command has it',
  });
}

/** A temporary set, which `close` removes. Paths in its rows are relative to the current folder. */
export async function temporaryInput(
  make: (folder: string) => Promise<Pick<OpenedInput, 'model' | 'files' | 'advice' | 'parts'> & { npyPath: string }>,
): Promise<OpenedInput> {
  return { ...(await inTemporaryFolder(make)), folder: '.', lasting: false };
}

/** A set that existed before the command. */
export function lastingInput(set: VectorSet, model: Model | undefined, parts: readonly CorpusPart[] | undefined): OpenedInput {
  return { set, model, folder: dirname(set.npyPath), lasting: true, files: filesOf(set), advice: undefined, parts, close: set.close };
}

/** The files of a set, and those of the corpus it was made from. */
function filesOf({ npyPath, manifest }: VectorSet): string[] {
  return [...Object.values(setPaths(npyPath)), ...(manifest?.inputs ?? []).map(({ path }) => join(dirname(npyPath), path))];
}
