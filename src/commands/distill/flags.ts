import type { CorpusFlags } from '../../sets/flags.ts';

/** Options of `embed distill` as commander hands them over. */
export type DistillFlags = Omit<CorpusFlags, 'model' | 'pooling' | 'dims' | 'precision' | 'calibrate' | 'prompt' | 'promptText'> & {
  output: string;
  teacher?: string;
  pairs?: string[];
  eval?: string[];
  texts?: string;
  dims: number;
  vocab?: number;
  tokenizer?: string;
  precision: 'fp32' | 'int8';
  seed: number;
  overwrite?: true;
  format?: 'text' | 'json';
};
