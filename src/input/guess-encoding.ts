import { TextDecoder } from 'node:util';

/** An encoding that bytes are probably in, and for whom it was made. */
export type GuessedEncoding = { label: string; of: string };

/** An encoding of old: how well a text fits that was read with it, from 0 to 1. */
type Candidate = GuessedEncoding & { fit: (text: string, bytes: Buffer) => number };

/** Bytes that are looked at: enough for a sure guess, few enough for seventeen readings. */
const SAMPLE_BYTES = 1 << 14;

/** Fit below which nothing is said. */
const MIN_FIT = 0.7;

/** Signs of every language, which tell encodings apart only where there is nothing else. */
const NEUTRAL = /[\u00a0“”„‚‘’«»‹›–—…€£§°©®™·•×№²½]/u;

/** The letters beyond ASCII of some languages; what one encoding makes of another is rarely within a single one of them. */
const WESTERN = ['äöüß', 'àâæçéèêëîïôœùûü', 'áéíóúüñ¿¡ºª', 'áâãàçéêíóôõúº', 'àèéìíòóù', 'æøåé', 'åäöé', 'áðéíóúýþæö', 'éëïóöü'];
const CENTRAL = ['ąćęłńóśźż', 'áčďéěíňóřšťúůýž', 'áäčďéíĺľňóôŕšťúýž', 'áéíóöőúüű', 'čšžćđ', 'ăâîşţ'];
const CYRILLIC = ['абвгдежзийклмнопрстуфхцчшщъыьэюяё', 'абвгдежзийклмнопрстуфхцчшщьюяієїґ', 'абвгдежзиклмнопрстуфхцчшђјљњћџ'];
const COMMON_CYRILLIC = /[оеаинтсрвлк]/giu;

const CANDIDATES: readonly Candidate[] = [
  { label: 'shift_jis', of: 'Japanese', fit: japanese },
  { label: 'euc-jp', of: 'Japanese', fit: japanese },
  { label: 'euc-kr', of: 'Korean', fit: pairs([0xb0, 0xc8], 0xa1) },
  { label: 'gb18030', of: 'Chinese', fit: (text, bytes) => 0.99 * pairs([0xb0, 0xd7], 0xa1)(text, bytes) },
  { label: 'big5', of: 'Chinese', fit: (text, bytes) => 0.98 * pairs([0xa4, 0xc6], 0x40)(text, bytes) },
  { label: 'windows-1251', of: 'Cyrillic', fit: cyrillic },
  { label: 'koi8-r', of: 'Cyrillic', fit: cyrillic },
  { label: 'ibm866', of: 'Cyrillic', fit: cyrillic },
  { label: 'windows-1252', of: 'Western European', fit: alphabets(WESTERN) },
  { label: 'windows-1250', of: 'Central European', fit: alphabets(CENTRAL) },
  { label: 'windows-1254', of: 'Turkish', fit: alphabets(['çğıöşüâ']) },
  { label: 'windows-1257', of: 'Baltic', fit: alphabets(['ąčęėįšųūž', 'āčēģīķļņšūž', 'äöõüšž']) },
  // before Greek, whose accents it has no letters for
  { label: 'windows-1255', of: 'Hebrew', fit: script(/\p{Script=Hebrew}/gu) },
  { label: 'windows-1253', of: 'Greek', fit: script(/\p{Script=Greek}/gu) },
  { label: 'windows-1256', of: 'Arabic', fit: script(/[\p{Script=Arabic}،؟؛]/gu) },
  { label: 'windows-874', of: 'Thai', fit: (text) => 0.9 * script(/\p{Script=Thai}/gu)(text) },
  { label: 'macintosh', of: 'Western European, old Mac', fit: alphabets(WESTERN) },
];

/** What bytes that are not UTF-8 are probably in; undefined where nothing fits. */
export function guessEncoding(bytes: Buffer): GuessedEncoding | undefined {
  const sample = wholeLines(bytes);
  let best: (GuessedEncoding & { fit: number }) | undefined;
  for (const { label, of, fit } of CANDIDATES) {
    let text: string;
    try {
      // without `stream`, Node.js 20 takes windows-1252 for Latin-1
      text = new TextDecoder(label, { fatal: true }).decode(sample, { stream: true });
    } catch {
      continue;
    }
    // no text has the controls beyond ASCII
    // oxlint-disable-next-line no-control-regex -- control characters are what this is about
    const found = /[\u0000-\u0008\u0080-\u009f]/.test(text) ? 0 : fit(text, sample);
    if (found >= MIN_FIT && (best === undefined || found > best.fit)) best = { label, of, fit: found };
  }
  return best && { label: best.label, of: best.of };
}

/** Up to SAMPLE_BYTES, from the first byte beyond ASCII on, that end with a line, so that no character is cut. */
function wholeLines(bytes: Buffer): Buffer {
  const high = bytes.findIndex((byte) => byte >= 0x80);
  const from = bytes.lastIndexOf(10, Math.max(0, high)) + 1;
  const sample = bytes.subarray(from, from + SAMPLE_BYTES);
  const end = sample.lastIndexOf(10);
  return end > 0 && from + sample.length < bytes.length ? sample.subarray(0, end) : sample;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/** Characters beyond ASCII that are no neutral signs. */
function telling(text: string): string[] {
  return Array.from(text).filter((character) => character > '\u007f' && !NEUTRAL.test(character));
}

/** Japanese has kana, and kanji beside them; katakana of half width are what another encoding looks like. */
function japanese(text: string): number {
  const all = telling(text);
  const wide = all.filter((one) => /[\p{Script=Hiragana}\u30a0-\u30ff\u3000-\u3002\uff01-\uff5e\u300c-\u300f]/u.test(one)).length;
  const kanji = all.filter((one) => /\p{Script=Han}/u.test(one)).length;
  return all.length === 0 || wide === 0 ? 0 : Math.min(1, (wide + kanji) / all.length) * Math.min(1, (5 * wide) / all.length);
}

/** Pairs of bytes whose first is within the rows of common characters. */
function pairs([from, to]: readonly [number, number], trail: number): (text: string, bytes: Buffer) => number {
  return (_, bytes) => {
    let common = 0;
    let all = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte < 0x81) continue;
      const next = bytes[++at] ?? 0;
      // punctuation, which all of them have there
      if (byte >= 0xa1 && byte <= 0xa3) continue;
      all++;
      if (byte >= from && byte <= to && next >= trail) common++;
    }
    return all === 0 ? 0 : common / all;
  };
}

/** Letters of one language at a time; a capital after a small letter is one that was read wrongly. */
function alphabets(sets: readonly string[]): (text: string) => number {
  const known = sets.map((letters) => new Set([...letters, ...letters.toUpperCase()]));
  return (text) => {
    const all = telling(text);
    if (all.length === 0) return 0.8 * caseFit(text);
    const shares = known.map((letters) => all.filter((one) => letters.has(one)).length / all.length);
    return Math.max(...shares) * caseFit(text);
  };
}

function cyrillic(text: string): number {
  const letters = count(text, /\p{Script=Cyrillic}/gu);
  if (letters === 0) return 0;
  const usual = count(text, COMMON_CYRILLIC) / letters;
  const shouted = /\p{Ll}/u.test(text) ? 1 : 0.9;
  return alphabets(CYRILLIC)(text) * unmixed(text) * shouted * Math.min(1, 2 * usual);
}

function script(letters: RegExp): (text: string) => number {
  return (text) => {
    const all = telling(text);
    return all.length === 0 ? 0 : (count(text, letters) / all.length) * unmixed(text) * caseFit(text);
  };
}

/** Share of letters beyond ASCII that are not beside one of ASCII: words of other scripts are written in one, and some are longer than a letter. */
function unmixed(text: string): number {
  if (!/(?!\p{ASCII})\p{L}{2}/u.test(text)) return 0;
  const mixed = count(text, /(?<=[a-z])[^\p{ASCII}]|[^\p{ASCII}](?=[a-z])/giu);
  return Math.max(0, 1 - mixed / Math.max(1, telling(text).length));
}

/** Share of letters that do not break the case of their word. */
function caseFit(text: string): number {
  const broken = count(text, /\p{Ll}(?=\p{Lu})/gu);
  const beyond = count(text, /[^\p{ASCII}]/gu);
  return broken === 0 ? 1 : Math.max(0, 1 - broken / Math.max(1, beyond));
}
