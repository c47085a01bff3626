import type { StepConfig } from './normalizers.ts';

/** A piece of a text → ids of the vocabulary. */
export type Subwords = (piece: string) => number[];

/** Ids of a vocabulary, and what stands for text that it does not have. */
export type Ids = {
  idOf: (token: string) => number | undefined;
  unknownId: number | undefined;
  bytesOf: (text: string) => number[] | undefined;
};

/** The kind of a model; files of before 2021 do not say it. */
export function typeOf(config: StepConfig): string {
  if (config.type !== undefined) return config.type;
  if ('merges' in config) return 'BPE';
  if (Array.isArray(config['vocab'])) return 'Unigram';
  return 'continuing_subword_prefix' in config ? 'WordPiece' : 'WordLevel';
}
