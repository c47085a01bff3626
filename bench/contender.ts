import type { TextSet } from './text-sets.ts';

/** Something that encodes texts and is timed. */
export type Contender = {
  name: string;
  side: 'ours' | 'peer';
  /** Encodes the whole set once and writes the vectors where asked to, which is not timed. Returns seconds. */
  encode(set: TextSet, vectorsPath?: string): Promise<number>;
  close(): Promise<void>;
};
