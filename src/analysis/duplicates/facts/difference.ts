import { monthName, weekdayName } from './calendar.ts';
import { bothDiffer, factsDiffer, factsOf, plainText, unitsDiffer } from './compare.ts';
import { glance } from './glance.ts';
import { numbersOf } from './numbers.ts';
import { quotedOf } from './quoted.ts';

/** How two texts differ in fact, in words, the first text's side first; undefined where they do not. */
export function differenceOf(a: string, b: string): string | undefined {
  const [first, second] = [factsOf(a), factsOf(b)];
  if (!factsDiffer(first, second)) return undefined;
  const parts: string[] = [];
  if (bothDiffer(first, second, 'numbers')) parts.push(unequal(numbersIn(a).numbers, numbersIn(b).numbers));
  if (bothDiffer(first, second, 'months')) parts.push(unequal(numbersIn(a).months.map(monthName), numbersIn(b).months.map(monthName)));
  if (bothDiffer(first, second, 'weekdays'))
    parts.push(unequal(numbersIn(a).weekdays.map(weekdayName), numbersIn(b).weekdays.map(weekdayName)));
  if (unitsDiffer(first, second)) parts.push(unequal(numbersIn(a).units, numbersIn(b).units));
  if (first.negation !== second.negation) parts.push('not');
  if (bothDiffer(first, second, 'quoted')) parts.push(unequal(quotesIn(a), quotesIn(b)));
  return parts.length > 0 ? parts.join(', ') : 'other order of words';
}

function numbersIn(text: string): ReturnType<typeof numbersOf> {
  const plain = plainText(text);
  return numbersOf(plain, { has: glance(plain).has, original: text });
}

/** Quotes as they were written, where they can be found again in the text before it was folded. */
function quotesIn(text: string): string[] {
  const [folded, written] = [quotedOf(plainText(text)), quotedOf(text.normalize('NFKC').replaceAll('’', "'"))];
  return folded.map((one, at) => `“${written[at]?.toLowerCase() === one ? written[at] : one}”`);
}

/** What only one side has: "10023 ≠ 10024". */
function unequal(a: readonly string[], b: readonly string[]): string {
  return `${without(a, b)} ≠ ${without(b, a)}`;
}

function without(own: readonly string[], other: readonly string[]): string {
  const others = other.map((value) => value.toLowerCase());
  return own.filter((value) => !others.includes(value.toLowerCase())).join(' ') || '–';
}
