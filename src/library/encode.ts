import { EmbedError } from '../errors.ts';
import { parseInputs } from '../sets/input.ts';
import { encodeJob, runEncodeJob } from '../sets/job.ts';
import { isUpToDate, planEncode } from '../sets/plan.ts';
import { assertReplaceable, manifestPath } from '../vectors/manifest.ts';
import {
  assertOptions,
  boolean,
  CORPUS_CHECKS,
  corpusFlags,
  MODEL_CHECKS,
  RUN_CHECKS,
  string,
  type CorpusOptions,
  type ModelOptions,
  type RunOptions,
} from './options.ts';
import { libraryRun, stoppable } from './run.ts';
import { openSet, pathOf, type EmbedSet } from './set.ts';

export type EncodeOptions = CorpusOptions &
  ModelOptions &
  RunOptions & {
    /** The `.npy` to write. Default: the name of the input, in the working folder. */
    output?: string;
    /** Whether texts are stored beside the vectors. Default: true. */
    text?: boolean;
    /** Replaces a set even if it was made from another corpus. */
    overwrite?: boolean;
  };

/**
 * Turns each row of a corpus into a vector and writes a set, unless it is there and up to date. A run that was stopped is resumed.
 *
 * @param input path of the corpus, or several that make one
 * @throws EmbedError for input that cannot be read, or an output that would replace something else
 * @example
 * const set = await encode('tickets.csv', { textColumn: 'body', output: 'tickets.npy' });
 */
export async function encode(input: string | readonly string[], options: EncodeOptions = {}): Promise<EmbedSet> {
  assertOptions('encode', options, {
    ...CORPUS_CHECKS,
    ...MODEL_CHECKS,
    ...RUN_CHECKS,
    output: string,
    text: boolean,
    overwrite: boolean,
  });
  const paths = (Array.isArray(input) ? input : [input]).map((path: unknown) => pathOf('encode', path));
  const run = libraryRun(options);
  return stoppable(run, async () => {
    const { output, text = true, overwrite = false, signal: _, onNote: __, onProgress: ___, ...rest } = options;
    const flags = {
      ...corpusFlags(rest),
      ...(output === undefined ? {} : { output }),
      text,
      ...(overwrite ? { overwrite: true as const } : {}),
    };
    const plan = planEncode(parseInputs(paths, flags), flags, { terminal: false });
    if (plan.form !== 'set') {
      throw new EmbedError(`Cannot encode to ${plan.output}: the library writes sets`, { hint: 'Name a .npy file as output' });
    }
    const job = await encodeJob(flags, plan, run);
    if (!(await isUpToDate(plan.output, plan.files, job.identity, run.signal))) {
      if (!overwrite)
        assertReplaceable(
          plan.output,
          paths.map((path) => manifestPath(path, plan.output)),
        );
      await runEncodeJob(job, flags, run);
    }
    return openSet(plan.output);
  });
}
