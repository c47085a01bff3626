import type { ReadingFlags, RunFlags } from '../../sets/flags.ts';

/** Options of `embed distill` as commander hands them over. */
export type DistillFlags = ReadingFlags &
  RunFlags & {
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
