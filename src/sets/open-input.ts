import { join } from 'node:path';
import { baseName } from '../input/formats.ts';
import { abilitiesOf } from '../model/open-encoder.ts';
import { encodeSummary } from '../report/encode-summary.ts';
import { setPaths } from '../vectors/manifest.ts';
import { corpusFlagsOf, encodeWords, type CorpusFlags, type EncodeFlags } from './flags.ts';
import { findSet, type UnusedSet } from './found-set.ts';
import type { Input } from './input.ts';
import { encodeJob, runEncodeJob, WORTH_KEEPING_S, type EncodeJob } from './job.ts';
import { jobLike, type Like } from './like.ts';
import { lastingInput, openLastingSet, openSources, setAmong, temporaryInput, type VectorsOpening } from './open-vectors.ts';
import { partOf, type OpenedInput } from './opened-input.ts';
import { planEncode } from './plan.ts';
import { noteOnce, type Run } from './run.ts';
import { keepPipe } from './temporary-set.ts';

/** How a command wants its INPUT. */
export type Opening = VectorsOpening & {
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
  const set = setAmong(inputs);
  return set ? openLastingSet(set, { flags, run, opening }) : openCorpus(inputs, { flags, run, opening });
}

async function openCorpus(typed: readonly Input[], { flags, run, opening }: Context): Promise<OpenedInput> {
  const { note } = run;
  const opened = await openSources(typed, { flags, run, opening });
  if (!('sources' in opened)) return opened;
  const { inputs, sources } = opened;
  const input = inputs[0]!;
  const single = inputs.length === 1;
  // the set of several files has no name by default
  const output = input.kind === 'pipe' ? 'stdin.npy' : single ? undefined : 'corpus.npy';
  const encodeFlags: EncodeFlags = {
    ...corpusFlagsOf(flags, { prompts: opening.promptsForQueries !== true }),
    text: true,
    ...(output === undefined ? {} : { output }),
  };
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
    const kept = sources.map((source, at) =>
      opening.again ? keepPipe(source, inputs[at]!.path, () => join(folder, `input${at}`)) : undefined,
    );
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
    const worth =
      outcome.seconds > WORTH_KEEPING_S && encodeFlags.cache === undefined && single && input.kind !== 'pipe' && !found && job === planned;
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
