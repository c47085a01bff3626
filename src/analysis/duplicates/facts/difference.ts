import { calendarName } from './calendar.ts';
import { factsDiffer, factsOf, plainText, unitsDiffer } from './compare.ts';
import { numbersOf } from './numbers.ts';
import { quotedOf } from './quoted.ts';

/** How two texts differ in fact, in words, the first text's side first; undefined where they do not. */
export function differenceOf(a: string, b: string, { order }: { order: boolean }): string | undefined {
  const [first, second] = [factsOf(a), factsOf(b)];
  if (!factsDiffer(first, second, { order })) return undefined;
  const [x, y] = [plainText(a), plainText(b)];
  const parts: string[] = [];
  if (first.numbers !== second.numbers && first.numbers !== 0 && second.numbers !== 0) {
    parts.push(unequal(numbersOf(x, a).numbers, numbersOf(y, b).numbers, shownNumber));
  } else if (unitsDiffer(first, second)) parts.push(unequal(numbersOf(x, a).units, numbersOf(y, b).units, (unit) => unit));
  if (first.negation !== second.negation) parts.push('not');
  if (first.quoted !== second.quoted && first.quoted !== 0 && second.quoted !== 0) {
    parts.push(unequal(quotedOf(x), quotedOf(y), (text) => `“${text}”`));
  }
  return parts.length > 0 ? parts.join(', ') : 'other order of words';
}

/** What only one side has: "10023 ≠ 10024". */
function unequal(a: readonly string[], b: readonly string[], show: (one: string) => string): string {
  const side = (own: readonly string[], other: readonly string[]): string => {
    const rest = own.filter((one) => !other.includes(one));
    return rest.map(show).join(' ') || '–';
  };
  return `${side(a, b)} ≠ ${side(b, a)}`;
}

function shownNumber(element: string): string {
  const [, kind, at] = /^(month|weekday):(.+)$/.exec(element) ?? [];
  if (kind === undefined || at === undefined) return element;
  return calendarName(kind as 'month' | 'weekday', Number(at));
}
