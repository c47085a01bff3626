import { formOf } from '../fold-text.ts';
import { glance, NEGATION, NUMBER, QUOTE } from './glance.ts';
import { setHash } from './hashes.ts';
import { negates } from './negation.ts';
import { numbersOf } from './numbers.ts';
import { quotedOf } from './quoted.ts';

/**
 * What a text says that a cosine hardly sees, as hashes of 32 bits: 0 where it says nothing of the kind. `negation` is 0 or 1; `words` is
 * the same for the same words in any order, `order` only in the same order.
 */
export type Facts = { numbers: number; negation: number; quoted: number; words: number; order: number };

export function factsOf(text: string): Facts {
  const plain = plainText(text);
  const { words, order, kinds } = glance(plain);
  return {
    numbers: (kinds & NUMBER) === 0 ? 0 : setHash(numbersOf(plain, text)),
    negation: (kinds & NEGATION) !== 0 && negates(plain) ? 1 : 0,
    quoted: (kinds & QUOTE) === 0 ? 0 : setHash(quotedOf(plain)),
    words,
    order,
  };
}

/** Whether two texts say different things. A text without numbers, or without quotes, agrees with any. */
export function factsDiffer(a: Facts, b: Facts, { order }: { order: boolean }): boolean {
  return (
    (a.numbers !== b.numbers && a.numbers !== 0 && b.numbers !== 0) ||
    a.negation !== b.negation ||
    (a.quoted !== b.quoted && a.quoted !== 0 && b.quoted !== 0) ||
    (order && a.order !== b.order && a.words === b.words)
  );
}

/** A text as its facts are read from it: in lower case, in NFKC, without invisible characters, with one apostrophe. */
export function plainText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- ASCII without controls
  return /^[\t\n\r -~]*$/.test(text) ? text.toLowerCase() : formOf(text).replace(/[’ʼ]/g, "'");
}
