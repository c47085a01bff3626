import { EmbedError } from '../errors.ts';
import { encodeFiles } from '../sets/encode-files.ts';
import { parseInputs } from '../sets/input.ts';
import { encodeJob, runEncodeJob } from '../sets/job.ts';
import { planEncode } from '../sets/plan.ts';
import { rowObject } from '../sets/row-object.ts';
import type { SinkKind } from '../sets/sink.ts';
import type { Matrix } from '../vectors/matrix.ts';
import type { SetRow } from '../vectors/rows-file.ts';
import {
  assertOptions,
  boolean,
  CORPUS_CHECKS,
  corpusFlags,
  either,
  MODEL_CHECKS,
  oneOf,
  RUN_CHECKS,
  string,
  strings,
  type CorpusOptions,
  type ModelOptions,
  type RunOptions,
} from './options.ts';
import { libraryRun, stoppable } from './run.ts';
import { openSet, pathsOf, type EmbedSet } from './set.ts';

export type EncodeOptions = CorpusOptions &
  ModelOptions &
  RunOptions & {
    /** The `.npy` to write. Default: the name of the input, in the working folder. */
    output?: string;
    /** Whether texts are stored beside the vectors. Default: true. */
    text?: boolean;
    /** Replaces a set even if it was made from another corpus. */
    overwrite?: boolean;
    /** Sets whose vectors are taken over where the text is the same, as --reuse does; false takes over none. */
    reuse?: string | readonly string[] | false;
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
    reuse: either(strings, oneOf(false)),
  });
  const paths = pathsOf('encode', input);
  const run = libraryRun(options);
  return stoppable(run, async () => {
    const { output, text = true, overwrite = false, reuse, signal: _, onNote: __, onProgress: ___, ...rest } = options;
    const flags = {
      ...corpusFlags(rest),
      ...(output === undefined ? {} : { output }),
      text,
      ...(overwrite ? { overwrite: true as const } : {}),
      ...(reuse === undefined ? {} : { reuse: reuse === false ? reuse : [reuse].flat() }),
    };
    const plan = planEncode(parseInputs(paths, flags), flags, { terminal: false });
    if (plan.form !== 'set') {
      throw new EmbedError(`Cannot encode to ${plan.output}: the library writes sets`, { hint: 'Name a .npy file as output' });
    }
    const job = await encodeJob(flags, plan, run);
    await encodeFiles(job, flags, run);
    return openSet(plan.output);
  });
}

/** A place of the caller's own for encoded rows. */
export type RowSink = {
  /** Takes the next rows, in order: their vectors are [rows, dims]. The next ones come when the promise resolves. */
  write(rows: readonly SetRow[], vectors: Matrix): Promise<void> | void;
};

export type { SetRow };

/**
 * Encodes a corpus into a sink of your own: a database, a stream, another format.
 *
 * @returns how many rows there were, and how many of them were blank or cut at the model's limit
 * @throws EmbedError for input that cannot be read; errors of the sink pass through
 * @example
 * const stored = [];
 * const write = (rows, vectors) => rows.forEach(({ id }, at) => stored.push([id, vectors.data[at * vectors.cols]]));
 * const { rows } = await encodeTo('tickets.csv', { write }, { textColumn: 'body', model: 'multilingual' });
 * console.log(rows, stored.length);
 */
export async function encodeTo(
  input: string | readonly string[],
  sink: RowSink,
  options: Omit<EncodeOptions, 'output' | 'overwrite'> = {},
): Promise<{ rows: number; blank: number; cut: number }> {
  assertOptions('encode', options, { ...CORPUS_CHECKS, ...MODEL_CHECKS, ...RUN_CHECKS, text: boolean });
  if (typeof sink?.write !== 'function') {
    throw new EmbedError('Cannot encode: the sink has no function "write"', { hint: 'Give { write(rows, vectors) { … } }' });
  }
  const paths = pathsOf('encode', input);
  const run = libraryRun(options);
  return stoppable(run, async () => {
    const { text = true, signal: _, onNote: __, onProgress: ___, ...rest } = options;
    const flags = { ...corpusFlags(rest), output: '-', text };
    const plan = planEncode(parseInputs(paths, flags), flags, { terminal: false });
    const job = await encodeJob(flags, plan, run);
    const { counts } = await runEncodeJob({ ...job, resumable: false, sink: sinkOf(sink) }, flags, run);
    return { rows: counts.rows, blank: counts.blank, cut: counts.cut };
  });
}

function sinkOf(sink: RowSink): SinkKind {
  return {
    form: 'caller',
    suffix: '',
    takes: () => false,
    filesOf: () => [],
    open: ({ withText }) =>
      Promise.resolve({
        resume: undefined,
        commit: ({ rows, reads, vectors }) =>
          sink.write(
            rows.map((row, at) => rowObject(row, { read: reads[at]!, withText })),
            vectors,
          ),
        finish: () => Promise.resolve([]),
        abandon: () => undefined,
      }),
  };
}
