import { formOf } from '../fold-text.ts';
import { glance, HAS, HAS_NUMBERS } from './glance.ts';
import { setHash } from './hashes.ts';
import { negationsOf } from './negation.ts';
import { numbersOf } from './numbers.ts';
import { quotedOf } from './quoted.ts';
import { unitBits } from './units.ts';

/**
 * What a text says that a cosine hardly sees, as hashes of 32 bits: 0 where it says nothing of the kind. `months`, `weekdays` and `units` have a bit for each, `negation` is
 * 0 or 1; `words` is the same for the same words in any order, `order` only in an order that says the same.
 */
export type Facts = {
  numbers: number;
  months: number;
  weekdays: number;
  units: number;
  negation: number;
  quoted: number;
  words: number;
  order: number;
};

export function factsOf(text: string): Facts {
  const plain = plainText(text);
  const { words, order, has } = glance(plain);
  const { numbers, months, weekdays, units } = (has & HAS_NUMBERS) === 0 ? NO_NUMBERS : numbersOf(plain, { has, original: text });
  return {
    numbers: setHash(numbers),
    months: bitsOf(months),
    weekdays: bitsOf(weekdays),
    units: unitBits(units),
    negation: (has & HAS.negation) === 0 ? 0 : negationsOf(plain) % 2,
    quoted: (has & HAS.quotes) === 0 ? 0 : setHash(quotedOf(plain)),
    words,
    order,
  };
}

const NO_NUMBERS = { numbers: [], months: [], weekdays: [], units: [] };

function bitsOf(values: readonly number[]): number {
  return values.reduce((bits, value) => bits | (1 << value), 0);
}

/** Facts of which texts with different ones differ, and texts without one agree with any. */
export const APART: readonly ApartFact[] = ['numbers', 'months', 'weekdays', 'quoted'];
type ApartFact = 'numbers' | 'months' | 'weekdays' | 'quoted';

/** Whether two texts say different things. */
export function factsDiffer(a: Facts, b: Facts): boolean {
  return (
    APART.some((kind) => bothDiffer(a, b, kind)) ||
    unitsDiffer(a, b) ||
    a.negation !== b.negation ||
    (a.order !== b.order && a.words === b.words)
  );
}

/** Whether both have something of a kind, and not the same. */
export function bothDiffer(a: Facts, b: Facts, kind: ApartFact): boolean {
  return a[kind] !== b[kind] && a[kind] !== 0 && b[kind] !== 0;
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
