/** Languages whose words could be taken for those of another one. */
export type Language = 'en' | 'de' | 'fr' | 'es' | 'it' | 'pt' | 'nl' | 'pl';

/** Small words that only a few of these languages have. */
const MARKERS: Readonly<Record<Language, string>> = {
  en: 'the of and is are to how what why can you my does which with for that it this was have his her he she they i we at by be from your if there who when not',
  de: 'der die das und ist ich ein eine einen nicht zu den dem mit auf wir sie von für sich es auch im zum zur wie oder bei',
  fr: "le la les des est et un une je il elle vous nous dans que pour du au sur ce qui ne se sont avec tu mon ma te t' j' n' c' qu' d' l' m' s' cela ça quelque quoi leur son ses nos vos mes tes",
  es: 'el los las y es una un del que por para con en se su lo como la mi está muy de',
  it: "il lo gli di che è una un per con sono del della nel si ha mi la le i e da anche l' d'",
  pt: 'o os um uma em do da com para é ao dos na você eu que são foi mais as e de',
  nl: 'het een de van en is dat ik niet op te zijn voor met je hij in er aan om ook maar wij',
  pl: 'jest jestem jesteś są który która które tego tej tym ta dla mnie mam ma się w z na to że jak i co czy nie są do po dla od tym',
};

let languagesOf: Map<string, Language[]> | undefined;

/** The language of which a text has most small words; undefined where there is none. */
export function languageOf(words: Iterable<string>): Language | undefined {
  if (!languagesOf) {
    languagesOf = new Map();
    for (const [language, list] of Object.entries(MARKERS)) {
      for (const word of list.split(' ')) languagesOf.set(word, [...(languagesOf.get(word) ?? []), language as Language]);
    }
  }
  const votes = new Map<Language, number>();
  // a word of one language says more than one of four
  for (const word of words) {
    const languages = languagesOf.get(word);
    for (const language of languages ?? []) votes.set(language, (votes.get(language) ?? 0) + 1 / languages!.length);
  }
  let best: Language | undefined;
  for (const [language, count] of votes) if (best === undefined || count > votes.get(best)!) best = language;
  return best;
}
