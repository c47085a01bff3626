import type { CorpusOptions } from '../input/corpus.ts';
import type { Source } from '../input/source.ts';
import type { Counts, Manifest } from '../vectors/manifest.ts';
import type { Commit } from '../vectors/journal.ts';
import type { SetClaim } from '../vectors/work-folder.ts';
import type { Run } from './run.ts';
import type { Window } from './stream.ts';

/** Where encoded rows go, window by window. */
export type Sink = {
  /** The last commit of an earlier run: rows up to it are read, but not encoded again. */
  resume: Commit | undefined;
  /** Takes the next window. */
  commit(window: Window): Promise<void> | void;
  /** Gives the output its name. Returns the files that were written. */
  finish(counts: Counts): Promise<string[]>;
  /** Closes an output that is not finished. Returns a hint for the user who stopped the run, if there is one. */
  abandon(): string | undefined;
};

/** A file of the corpus and how it is read. */
export type PlannedFile = { path: string; options: CorpusOptions };

/** Everything but the input that decides the bytes of the output. */
export type Identity = Pick<Manifest, 'format' | 'tool' | 'runtime' | 'model' | 'options'>;

/** The job that a sink is opened for. */
export type SinkJob = {
  output: string;
  files: readonly PlannedFile[];
  sources: readonly Source[];
  dims: number;
  identity: Identity;
  /** Whether a later run may resume this one. */
  resumable: boolean;
  withText: boolean;
  overwrite: boolean;
  run: Run;
  /** The claim to the set of that name, if the caller has it already. */
  claim?: SetClaim | undefined;
};

/** One form of output. */
export type SinkKind = {
  form: string;
  /** How the name of a file ends that asks for this form, for messages. */
  suffix: string;
  /** Whether the name of an output asks for this form. */
  takes(output: string): boolean;
  /** The files that it writes under that name. */
  filesOf(output: string): string[];
  open(job: SinkJob): Promise<Sink>;
};
