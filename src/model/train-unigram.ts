import { CliError } from '../errors.ts';

export type TrainingOptions = {
  /** Pieces of the vocabulary, <unk> among them. */
  size: number;
  signal?: AbortSignal;
  /** Told now and then what is being done, and which share of all is done. */
  onProgress?: (text: string, fraction: number) => void;
};

/** Learns a Unigram vocabulary from texts; returns a tokenizer.json as the tokenizers library writes it. */
export async function trainUnigram(_texts: Iterable<string>, { size }: TrainingOptions): Promise<object> {
  throw new CliError(`Cannot learn a vocabulary of ${size} pieces: this is a stub`, { hint: 'Give one with --tokenizer' });
}
