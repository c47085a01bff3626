import type { StepConfig } from './normalizers.ts';

/** A piece of a text → ids of the vocabulary. */
export type Subwords = (piece: string) => number[];

/** Ids of a vocabulary, and the ids that stand for unknown text. */
export type Ids = {
  idOf: (token: string) => number | undefined;
  unknownId: number | undefined;
  bytesOf: (text: string) => number[] | undefined;
};

/** The type of a model; files from before 2021 do not name it. */
export function typeOf(config: StepConfig): string {
  if (config.type) return config.type;
  if ('merges' in config) return 'BPE';
  if (Array.isArray(config['vocab'])) return 'Unigram';
  return 'continuing_subword_prefix' in config ? 'WordPiece' : 'WordLevel';
}
