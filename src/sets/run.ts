import { allowedThreads, printNote, type Io } from '../io.ts';
import { openProgress, type Progress } from '../progress.ts';

/** The surroundings of a command: its streams, the signal that stops it, its threads, and where notes and progress go. */
export type Run = Io & {
  threads: number;
  quiet: boolean;
  /** Prints a note for people, unless the run is quiet. */
  note(text: string): void;
  /** Opens a progress line; it prints nothing if the run is quiet or `shown` is false. */
  progress(options?: { shown?: boolean }): Progress;
};

/** Opens a run. Notes and progress go to standard error. */
export function openRun({ quiet, threads = allowedThreads() }: { quiet?: true; threads?: number }, io: Io): Run {
  return {
    ...io,
    threads,
    quiet: quiet === true,
    note: (text) => void (quiet || printNote(io.stderr, text)),
    progress: ({ shown = true } = {}) => openProgress(io.stderr, { quiet: quiet === true || !shown }),
  };
}

/** Notes of a run that were printed; its signal stands for the run. */
const told = new WeakMap<AbortSignal, Set<string>>();

/** Prints a note, unless this run has printed the same before: several corpora may have one model. */
export function noteOnce(text: string, { signal, note }: Run): void {
  const printed = told.get(signal) ?? new Set();
  told.set(signal, printed);
  if (printed.has(text)) return;
  printed.add(text);
  note(text);
}
