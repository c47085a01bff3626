import { formOf } from '../fold-text.ts';
import { glance, HAS, HAS_NUMBERS } from './glance.ts';
import { setHash } from './hashes.ts';
import { negationsOf } from './negation.ts';
import { numbersOf } from './numbers.ts';
import { quotedOf } from './quoted.ts';
import { unitBits } from './units.ts';

/**
 * What a text says that a cosine hardly sees, as hashes of 32 bits: 0 where it says nothing of the kind. `units` has a bit for each unit, `negation` is
 * 0 or 1; `words` is the same for the same words in any order, `order` only in an order that says the same.
 */
export type Facts = { numbers: number; units: number; negation: number; quoted: number; words: number; order: number };

export function factsOf(text: string): Facts {
  const plain = plainText(text);
  const { words, order, has } = glance(plain);
  const { numbers, units } = (has & HAS_NUMBERS) === 0 ? NO_NUMBERS : numbersOf(plain, { has, original: text });
  return {
    numbers: setHash(numbers),
    units: unitBits(units),
    negation: (has & HAS.negation) === 0 ? 0 : negationsOf(plain) % 2,
    quoted: (has & HAS.quotes) === 0 ? 0 : setHash(quotedOf(plain)),
    words,
    order,
  };
}

const NO_NUMBERS = { numbers: [], units: [] };

/** Whether two texts say different things. A text without numbers, units or quotes agrees with any. */
export function factsDiffer(a: Facts, b: Facts): boolean {
  return (
    (a.numbers !== b.numbers && a.numbers !== 0 && b.numbers !== 0) ||
    unitsDiffer(a, b) ||
    a.negation !== b.negation ||
    (a.quoted !== b.quoted && a.quoted !== 0 && b.quoted !== 0) ||
    (a.order !== b.order && a.words === b.words)
  );
}

/** Whether each has a unit that the other has not. */
export function unitsDiffer(a: Facts, b: Facts): boolean {
  return (a.units & ~b.units) !== 0 && (b.units & ~a.units) !== 0;
}

/** A text as its facts are read from it: in lower case, in NFKC, without invisible characters, with one apostrophe. */
export function plainText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- ASCII without controls
  return /^[\t\n\r -~]*$/.test(text) ? text.toLowerCase() : formOf(text).replace(/[’ʼ]/g, "'");
}
