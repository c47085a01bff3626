/** A language by its ISO 639-1 code, and the share of the texts that it holds. */
export type LanguageShare = { language: string; share: number };

/** Letters of a piece of text, of one row or several, that are enough to tell its language. */
const LETTERS_PER_PIECE = 80;

/** Letters below which nothing is said of a corpus. */
const MIN_LETTERS = 40;

/** Characters of a row that are looked at. */
const MAX_CHARS = 400;

/**
 * The language that holds most of the texts, of those outside `known`; undefined where there is none, or too little text to tell. Texts
 * are judged in pieces of 80 letters: few languages can be told from a title of three words.
 *
 * @param known languages that are not looked for, as ISO 639-1 codes
 */
export async function foreignLanguage(texts: readonly string[], known: readonly string[]): Promise<LanguageShare | undefined> {
  const pieces = piecesOf(texts);
  if (pieces.length === 0) return undefined;
  // a megabyte of n-grams, which few commands need
  const { eld } = await import('eld/extrasmall');
  const counts = new Map<string, number>();
  for (const piece of pieces) {
    const found = eld.detect(piece);
    if (found.isReliable() && !known.includes(found.language)) counts.set(found.language, (counts.get(found.language) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted((a, b) => b[1] - a[1]);
  return most && { language: most[0], share: most[1] / pieces.length };
}

/** A language in words. */
export function languageName(code: string): string {
  return new Intl.DisplayNames(['en'], { type: 'language' }).of(code) ?? code;
}

function piecesOf(texts: readonly string[]): string[] {
  const pieces: string[] = [];
  let rows: string[] = [];
  let letters = 0;
  for (const text of texts) {
    // addresses have letters of no language
    const row = text.slice(0, MAX_CHARS).replace(/https?:\S+|\S+@\S+/g, ' ');
    rows.push(row);
    letters += row.match(/\p{L}/gu)?.length ?? 0;
    if (letters < LETTERS_PER_PIECE) continue;
    pieces.push(rows.join('\n'));
    rows = [];
    letters = 0;
  }
  return pieces.length === 0 && letters >= MIN_LETTERS ? [rows.join('\n')] : pieces;
}
