import { Writable } from 'node:stream';
import { EmbedError } from '../errors.ts';
import { allowedThreads } from '../io.ts';
import type { Run } from '../sets/run.ts';
import type { RunOptions } from './options.ts';

/** A run that prints nothing: notes and progress go to the caller. */
export function libraryRun({ threads = allowedThreads(), signal = new AbortController().signal, onNote, onProgress }: RunOptions): Run {
  const note = (text: string): void => onNote?.(text);
  return {
    stdin: process.stdin,
    stdout: nowhere(),
    stderr: nowhere(),
    signal,
    threads,
    quiet: true,
    note,
    progress: () => ({
      update: (rows, tokens, fraction) => onProgress?.({ fraction, rows, tokens }),
      show: (text, fraction) => onProgress?.({ fraction, text }),
      say: note,
      stop: () => {},
    }),
  };
}

/** A stream that forgets. */
function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

/** Does work that a signal may stop: the reason of the signal is then the cause of the error. */
export async function stoppable<T>(run: Run, work: () => Promise<T>): Promise<T> {
  try {
    if (run.signal.aborted) throw new EmbedError('stopped');
    return await work();
  } catch (error) {
    if (!run.signal.aborted || !(error instanceof EmbedError)) throw error;
    throw new EmbedError(error.message, { ...(error.hint === undefined ? {} : { hint: error.hint }), cause: run.signal.reason });
  }
}
