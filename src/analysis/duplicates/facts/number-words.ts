import type { Language } from './languages.ts';
import { SPELLINGS } from './spellings.ts';

/** What a word says of a number: its value, and how it joins the words around it. */
export type NumberWord = {
  value: number;
  /** A unit or teen ends a number, a ten takes a unit, a hundred multiplies what is before it, and so does a scale. */
  role: 'unit' | 'ten' | 'hundred' | 'scale';
  /** The word is a number in these languages only; elsewhere it is an everyday word. */
  only?: readonly Language[];
  /** The word is a number, but not in these languages. */
  unless?: readonly Language[];
  /** An everyday word that is a number only inside a larger one: "twenty-one", "dix-neuf". */
  inside?: true;
};

/** Numbers that are everyday words in another of the languages. */
const ONLY: Readonly<Record<string, readonly Language[]>> = {
  due: ['it'],
  dos: ['es'],
  once: ['es'],
  onze: ['fr', 'pt'],
  seize: ['fr'],
  sept: ['fr'],
  cent: ['fr'],
  doce: ['es'],
  otto: ['it'],
  elf: ['de', 'nl'],
  mil: ['es', 'pt'],
  mio: ['de'],
  un: ['es', 'fr', 'it'],
  tre: ['it'],
  nove: ['it', 'pt'],
  семью: [],
};
/** French and German for new, Italian for you are. */
const INSIDE = new Set(['neuf', 'sei']);
const UNLESS: Readonly<Record<string, readonly Language[]>> = { ten: ['nl', 'pl'] };

/** The first form of each number. */
function firstForms(language: string, part: 'units' | 'tens'): string[] {
  return SPELLINGS[language]![part].split(' ').map((form) => form.split('/')[0]!);
}

/** "fünfundzwanzig", "vijfentwintig", "ventidue": numbers below 100 as one word. */
function* compounds(): Generator<[string, number]> {
  for (const [at, ten] of firstForms('de', 'tens').entries()) {
    for (const [unit, word] of ['ein', ...firstForms('de', 'units').slice(0, 8)].entries())
      yield [`${word}und${ten}`, (at + 2) * 10 + unit + 1];
  }
  for (const [at, ten] of firstForms('nl', 'tens').entries()) {
    for (const [unit, word] of ['een', ...firstForms('nl', 'units').slice(0, 8)].entries()) {
      yield [`${word}${word.endsWith('e') ? 'ën' : 'en'}${ten}`, (at + 2) * 10 + unit + 1];
    }
  }
  for (const [at, ten] of firstForms('it', 'tens').entries()) {
    const units = ['uno', 'due', 'tre', 'quattro', 'cinque', 'sei', 'sette', 'otto', 'nove'];
    for (const [unit, word] of units.entries()) yield [(/^[uo]/.test(word) ? ten.slice(0, -1) : ten) + word, (at + 2) * 10 + unit + 1];
    yield [`${ten}tré`, (at + 2) * 10 + 3];
  }
  const veinti = ['uno', 'dós', 'trés', 'cuatro', 'cinco', 'séis', 'siete', 'ocho', 'nueve'];
  for (const [unit, word] of veinti.entries()) {
    yield [`veinti${word}`, 21 + unit];
    yield [`veinti${word.normalize('NFD').replace(/\u0301/g, '')}`, 21 + unit];
  }
}

const SMALL_COMPOUNDS: readonly [string, number][] = [
  ['двести', 200],
  ['триста', 300],
  ['четыреста', 400],
  ['пятьсот', 500],
  ['шестьсот', 600],
  ['семьсот', 700],
  ['восемьсот', 800],
  ['девятьсот', 900],
  ['quinientos', 500],
  ['duzentos', 200],
  ['quinhentos', 500],
];

let words: Map<string, NumberWord> | undefined;

/** Words of numbers in the languages that separate words by spaces, in lower case. */
export function numberWords(): ReadonlyMap<string, NumberWord> {
  if (words) return words;
  words = new Map();
  const add = (forms: string, value: number, role: NumberWord['role'], inside: boolean): void => {
    for (const word of forms.split('/')) {
      if (word === '-' || words!.has(word)) continue;
      words!.set(word, {
        value,
        role,
        ...(ONLY[word] && { only: ONLY[word] }),
        ...(UNLESS[word] && { unless: UNLESS[word] }),
        ...((inside || INSIDE.has(word)) && { inside: true }),
      });
    }
  };
  for (const { one, units, tens, hundred, thousand, million, billion } of Object.values(SPELLINGS)) {
    units.split(' ').forEach((forms, at) => add(forms, at + 2, 'unit', false));
    tens.split(' ').forEach((forms, at) => add(forms, at * 10 + 20, 'ten', false));
    add(one, 1, 'unit', true);
    add(hundred, 100, 'hundred', false);
    add(thousand, 1000, 'scale', false);
    add(million, 1e6, 'scale', false);
    add(billion, 1e9, 'scale', false);
  }
  for (const [word, value] of compounds()) add(word, value, 'unit', false);
  for (const [word, value] of SMALL_COMPOUNDS) add(word, value, 'hundred', false);
  return words;
}
