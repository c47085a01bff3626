import { CliError } from '../errors.ts';

/** Learns a Unigram vocabulary and returns it as the object of a tokenizer.json. */
export async function trainUnigram(
  _texts: Iterable<string>,
  { size }: { size: number; signal: AbortSignal; onProgress: (fraction: number) => void },
): Promise<object> {
  throw new CliError(`Cannot learn a vocabulary of ${size} tokens: this is a stub`);
}
