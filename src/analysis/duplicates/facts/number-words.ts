import type { Language } from './languages.ts';

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

/**
 * Words for 1; 2 to 19; 20, 30, … 90; 100, 1,000 and a million, with "/" between forms of one number and "-" where a word is left out: an everyday
 * word (French "neuf" is "new" too).
 */
type Spelling = { one: string; units: string; tens: string; hundred: string; thousand: string; million: string; billion: string };

const SPELLINGS: Readonly<Record<string, Spelling>> = {
  en: {
    one: 'one',
    units: 'two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
    tens: 'twenty thirty forty/fourty fifty sixty seventy eighty ninety',
    hundred: 'hundred',
    thousand: 'thousand',
    million: 'million/mln/mio',
    billion: 'billion/bln/bn',
  },
  de: {
    one: 'ein/eins',
    units: 'zwei/zwo drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn',
    tens: 'zwanzig dreissig vierzig fünfzig sechzig siebzig achtzig neunzig',
    hundred: 'hundert',
    thousand: 'tausend/tsd',
    million: 'millionen/million',
    billion: 'milliarden/milliarde/mrd',
  },
  fr: {
    one: 'un/une',
    units: 'deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize - - -',
    tens: 'vingt/vingts trente quarante cinquante soixante septante huitante/octante nonante',
    hundred: 'cent',
    thousand: 'mille',
    million: 'millions/million',
    billion: 'milliards/milliard',
  },
  es: {
    one: 'uno/una/un',
    units:
      'dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis/dieciseis diecisiete dieciocho diecinueve',
    tens: 'veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa',
    hundred: 'cien/ciento/cientos',
    thousand: 'mil',
    million: 'millones/millón',
    billion: '-',
  },
  it: {
    one: 'uno/una/un',
    units:
      'due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove',
    tens: 'venti trenta quaranta cinquanta sessanta settanta ottanta novanta',
    hundred: 'cento',
    thousand: 'mille/mila',
    million: 'milioni/milione',
    billion: 'miliardi/miliardo',
  },
  pt: {
    one: 'um/uma',
    units:
      'dois/duas três quatro cinco seis sete oito nove dez onze doze treze catorze/quatorze quinze dezesseis/dezasseis dezessete/dezassete dezoito dezenove/dezanove',
    tens: 'vinte trinta quarenta cinquenta sessenta setenta oitenta noventa',
    hundred: 'cem/cento',
    thousand: 'mil',
    million: 'milhões/milhão',
    billion: 'bilhões',
  },
  nl: {
    one: 'één',
    units: 'twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien',
    tens: 'twintig dertig veertig vijftig zestig zeventig tachtig negentig',
    hundred: 'honderd',
    thousand: 'duizend',
    million: 'miljoen',
    billion: 'miljard',
  },
  pl: {
    one: 'jeden/jedna/jedno',
    units:
      'dwa/dwie/dwóch/dwaj/dwoje trzy/trzech/trzej/troje cztery/czterech/czworo pięć/pięciu sześć/sześciu siedem/siedmiu osiem/ośmiu dziewięć/dziewięciu dziesięć/dziesięciu jedenaście/jedenastu dwanaście/dwunastu trzynaście/trzynastu czternaście/czternastu piętnaście/piętnastu szesnaście/szesnastu siedemnaście/siedemnastu osiemnaście/osiemnastu dziewiętnaście/dziewiętnastu',
    tens: 'dwadzieścia/dwudziestu trzydzieści/trzydziestu czterdzieści/czterdziestu pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt dziewięćdziesiąt',
    hundred: '-',
    thousand: 'tysiąc/tysięcy/tysiące/tys',
    million: 'milionów/miliony/milion',
    billion: 'miliardów/miliard/mld',
  },
  ru: {
    one: 'один/одна/одно/одного/одной/одну',
    units:
      'два/две/двух/двум/двумя/двое/двоих три/трех/трёх/трем/трём/тремя/трое/троих четыре/четырех/четырёх/четырьмя/четверо пять/пяти/пятью/пятеро шесть/шести/шестью семь/семи/семью восемь/восьми девять/девяти десять/десяти/десятью одиннадцать/одиннадцати двенадцать/двенадцати тринадцать/тринадцати четырнадцать/четырнадцати пятнадцать/пятнадцати шестнадцать/шестнадцати семнадцать/семнадцати восемнадцать/восемнадцати девятнадцать/девятнадцати',
    tens: 'двадцать/двадцати тридцать/тридцати сорок/сорока пятьдесят/пятидесяти шестьдесят/шестидесяти семьдесят/семидесяти восемьдесят/восьмидесяти девяносто/девяноста',
    hundred: 'сто/ста',
    thousand: 'тысяча/тысячу/тысячи/тысяч/тыс',
    million: 'миллион/миллиона/миллионов/млн',
    billion: 'миллиард/миллиарда/миллиардов/млрд',
  },
  uk: {
    one: 'один/одна/одне/одного/одну',
    units:
      "дві/двох/двом/двоє трьох/троє чотири/чотирьох п'ять/п'яти/п'ятьох шість/шести/шістьох сім/семи/сімох вісім/восьми дев'ять/дев'яти десять/десяти одинадцять дванадцять тринадцять чотирнадцять п'ятнадцять шістнадцять сімнадцять вісімнадцять дев'ятнадцять",
    tens: "двадцять тридцять - п'ятдесят шістдесят сімдесят вісімдесят дев'яносто",
    hundred: '-',
    thousand: 'тисяча/тисячу/тисячі/тисяч/тис',
    million: 'мільйон/мільйона/мільйонів',
    billion: 'мільярд/мільярда/мільярдів',
  },
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

/** "fünfundzwanzig", "vijfentwintig", "ventidue": numbers below 100 as one word. */
function* compounds(): Generator<[string, number]> {
  const list = (language: string, part: 'units' | 'tens'): string[] =>
    SPELLINGS[language]![part].split(' ').map((form) => form.split('/')[0]!);
  for (const [at, ten] of list('de', 'tens').entries()) {
    for (const [unit, word] of ['ein', ...list('de', 'units').slice(0, 8)].entries()) yield [`${word}und${ten}`, (at + 2) * 10 + unit + 1];
  }
  for (const [at, ten] of list('nl', 'tens').entries()) {
    for (const [unit, word] of ['een', ...list('nl', 'units').slice(0, 8)].entries()) {
      yield [`${word}${word.endsWith('e') ? 'ën' : 'en'}${ten}`, (at + 2) * 10 + unit + 1];
    }
  }
  for (const [at, ten] of list('it', 'tens').entries()) {
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
