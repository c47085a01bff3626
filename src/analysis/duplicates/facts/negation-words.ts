import type { Language } from './languages.ts';

/** Words that negate, in the languages that separate words by spaces. */
const LISTS: Readonly<Record<string, string>> = {
  en: "not cannot never without neither nobody nothing nowhere none n't doesnt didnt isnt wasnt arent werent havent hasnt hadnt wouldnt shouldnt couldnt cant wont aint unable impossible",
  de: 'kein keine keinen keinem keiner keines keins nie niemals unmöglich nichts niemand niemanden niemandem nirgends nirgendwo ohne weder',
  fr: 'jamais sans aucun aucune impossible n\'',
  es: 'nunca jamás nadie ningún ninguno ninguna tampoco imposible nada',
  it: 'senza niente nulla nessuno nessuna nessun neanche nemmeno neppure impossibile',
  pt: 'não nunca jamais sem ninguém nenhum nenhuma impossível',
  nl: 'niet geen nooit zonder niets niks niemand nergens onmogelijk',
  pl: 'nie nigdy nic nikt żaden żadna żadne żadnego żadnej nikogo niczego bez niemożliwe',
  ru: 'не нет нельзя никогда ничего ничто никто никого нигде никуда никак никакой никаких никакого невозможно без',
  uk: "не немає нема ні ніколи нічого ніщо ніхто нікого ніде неможливо",
}; // prettier-ignore

/** Words that negate in some of the languages and are another word elsewhere. */
const ONLY: Readonly<Record<string, readonly Language[]>> = {
  no: ['en', 'es', 'it', 'de', 'fr', 'nl'],
  nicht: ['de', 'en', 'fr', 'es', 'it', 'pt', 'pl'],
  non: ['it', 'fr'],
  mai: ['it'],
  pas: ['fr'],
  rien: ['fr'],
  sin: ['es'],
  dont: ['en'],
  ne: ['fr'],
};

/**
 * Words that stand beside another negation and mean one with it: "никто не пришёл", "nikt nie przyszedł", "nadie", "ne … jamais". "Not" and
 * "never" do not.
 */
const CONCORDANT = new Set(
  [
    "n' ne jamais aucun aucune rien nunca jamás nadie nada ningún ninguno ninguna tampoco mai niente nulla nessuno nessuna nessun neanche nemmeno neppure",
    'ninguém nenhum nenhuma nigdy nic nikt żaden żadna żadne żadnego żadnej nikogo niczego',
    'никогда ничего ничто никто никого нигде никуда никак никакой никаких никакого ні ніколи нічого ніщо ніхто нікого ніде niemals',
  ].flatMap((list) => list.split(' ')),
);

export function isConcordant(word: string): boolean {
  return CONCORDANT.has(word);
}

let words: Map<string, readonly Language[] | undefined> | undefined;

/** Words that negate, with the languages that they do it in; undefined for all. */
export function negationWords(): ReadonlyMap<string, readonly Language[] | undefined> {
  if (words) return words;
  words = new Map();
  for (const list of Object.values(LISTS)) for (const word of list.split(' ')) words.set(word, undefined);
  for (const [word, languages] of Object.entries(ONLY)) words.set(word, languages);
  return words;
}
