import { allowedThreads, printNote, type Io } from '../io.ts';
import { openProgress, type Progress } from '../progress.ts';

/** What a piece of work has besides its input: streams and the signal that stops it, threads, and where its notes go. */
export type Run = Io & {
  threads: number;
  quiet: boolean;
  /** Prints a note for people, unless the run is quiet. */
  note(text: string): void;
  /** A bar for a long piece of work; none where the run is quiet, or where it is not `shown`. */
  progress(options?: { shown?: boolean }): Progress;
  /** The exit code that holds from here on, even if the reader of standard output goes away. */
  settle(code: number): void;
};

/** A run in a terminal. */
export function openRun(
  { quiet, threads = allowedThreads() }: { quiet?: true; threads?: number },
  io: Io,
  settle: (code: number) => void = () => {},
): Run {
  return {
    ...io,
    threads,
    quiet: quiet === true,
    note: (text) => void (quiet || printNote(io.stderr, text)),
    progress: ({ shown = true } = {}) => openProgress(io.stderr, { quiet: quiet === true || !shown }),
    settle,
  };
}
