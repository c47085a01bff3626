import { languageOf, type Language } from './languages.ts';
import { numberWords, type NumberWord } from './number-words.ts';
import { wordsOf, type Word } from './words.ts';

/** A number that is being read, word by word. */
type Reading = { start: number; end: number; total: number; current: number; last: NumberWord };

/** What may stand between two words of one number: "twenty-five", "two hundred and five", "treinta y cinco". */
const JOINT = /^(?: ?-? ?|-(?:et)-| (?:and|y|e|et|und|en) )$/;

/** `text`, in lower case, with numbers in words written as digits: "twenty-five" as "25". Everyday words stay. */
export function withDigits(text: string): string {
  const known = numberWords();
  const words = wordsOf(text);
  let language: Language | undefined | null = null;
  const numberOf = ({ text: word }: Word): NumberWord | undefined => {
    const number = known.get(word);
    if (!number?.only && !number?.unless) return number;
    if (language === null) language = languageOf(words.map((one) => one.text));
    if (number.only) return language !== undefined && number.only.includes(language) ? number : undefined;
    return language !== undefined && number.unless!.includes(language) ? undefined : number;
  };

  const parts: string[] = [];
  let written = 0;
  let reading: Reading | undefined;
  const finish = (): void => {
    if (!reading) return;
    parts.push(text.slice(written, reading.start), String(reading.total + reading.current));
    written = reading.end;
    reading = undefined;
  };
  for (const word of words) {
    const number = numberOf(word);
    if (!number) continue;
    if (reading && JOINT.test(text.slice(reading.end, word.start)) && extend(reading, number)) {
      reading.end = word.end;
      reading.last = number;
      continue;
    }
    finish();
    // "1.5 million" is for the digits to read
    if (number.inside || (number.role === 'scale' && /\d[ -]?$/.test(text.slice(Math.max(0, word.start - 2), word.start)))) continue;
    reading = { start: word.start, end: word.end, total: 0, current: 0, last: number };
    extend(reading, number);
  }
  finish();
  return written === 0 ? text : parts.join('') + text.slice(written);
}

/** Takes one more word into a number; false where it begins another one. */
function extend(reading: Reading, { value, role }: NumberWord): boolean {
  const { current, last } = reading;
  if (role === 'scale') {
    if (reading.total !== 0 && value >= lowestScale(reading.total)) return false;
    reading.total += (current || 1) * value;
    reading.current = 0;
    return true;
  }
  // quatre-vingts
  if (role === 'ten' && value === 20 && current === 4 && last.role === 'unit') {
    reading.current = 80;
    return true;
  }
  if (role === 'hundred' && value === 100 && current > 1 && current < 100) {
    reading.current *= 100;
    return true;
  }
  const room = current === 0 ? Infinity : roomOf(current);
  // dix-sept, but "ten five" are two
  if (value >= room || (current % 100 === 10 && value < 7)) return false;
  reading.current += value;
  return true;
}

/** The number that may still be added: a unit to a ten, a ten to a hundred; to 60 and 80, and to 10, 70 and 90, as in French. */
function roomOf(current: number): number {
  if (current % 100 === 0) return 100;
  if (current % 100 === 60 || current % 100 === 80) return 20;
  return current % 10 === 0 ? 10 : 0;
}

function lowestScale(total: number): number {
  return total % 1e9 === 0 ? 1e9 : total % 1e6 === 0 ? 1e6 : 1000;
}
