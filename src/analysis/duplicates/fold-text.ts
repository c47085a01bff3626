import { withoutPunctuation } from './punctuation.ts';

/**
 * In what copies of a text may differ: nothing; its form, which is case, white space, Unicode form and invisible characters; or
 * punctuation as well.
 */
export type Fold = 'none' | 'form' | 'punctuation';

/** What texts that fold alike have in common. A text that would fold to nothing stands for itself. */
export function foldText(text: string, fold: Fold): string {
  if (fold === 'none') return text;
  const form = formOf(text);
  const folded = fold === 'punctuation' ? withoutPunctuation(form) : '';
  return folded || singleSpaced(form) || text;
}

/** `text` in lower case, in Unicode's compatibility form (NFKC), without invisible characters. Line breaks stay. */
export function formOf(text: string): string {
  const visible = withoutInvisible(text.normalize('NFKC'));
  // upper case first: it turns ß into SS, and a final sigma into an ordinary one
  return visible.toUpperCase().toLowerCase().normalize('NFKC');
}

// oxlint-disable-next-line no-control-regex -- separators of old files, and the line end of mainframes, are white space too
const SPACES = /[\s\u001c-\u001f\u0085]+/g;

function singleSpaced(text: string): string {
  return text.replace(SPACES, ' ').trim();
}

/**
 * Characters without a look of their own: soft hyphens, marks of direction, variation selectors, byte order marks, controls.
 * What they are not: tags, which tell the flags of Scotland and Wales apart; the selectors of Mongolian, which spell; joiners, see below.
 */
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  /(\u{1f3f4}[\u{e0020}-\u{e007f}]+)|(?![\u180b-\u180f\u200c\u200d])\p{Default_Ignorable_Code_Point}|[\0-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f]/gu;

/** Letters and marks of scripts in which letters neither join nor stack. */
const UNJOINED = ['Latin', 'Greek', 'Cyrillic', 'Armenian', 'Georgian', 'Hebrew', 'Han', 'Hiragana', 'Katakana', 'Bopomofo', 'Hangul'];
const JOINING = `(?![${UNJOINED.map((script) => `\\p{Script=${script}}`).join('')}])`;

/**
 * Joiners that change nothing. They spell in Persian and Indic scripts, between two letters or after a mark, and they make one
 * pictograph of several; elsewhere they are invisible.
 */
const IDLE_JOINERS = new RegExp(
  `(?<!${JOINING}\\p{M})(?:(?<!${JOINING}\\p{L}|\\p{Extended_Pictographic}|\\p{Emoji_Modifier})[\\u200c\\u200d]|[\\u200c\\u200d](?!${JOINING}\\p{L}|\\p{Extended_Pictographic}))`,
  'gu',
);

/** Only texts outside ASCII have more to lose than controls. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const MAY_HIDE = /[\0-\u0008\u000e-\u001b\u007f-\uffff]/;
const JOINER = /[\u200c\u200d]/;

function withoutInvisible(text: string): string {
  if (!MAY_HIDE.test(text)) return text;
  const rest = text.replace(INVISIBLE, (_, flag: string | undefined) => flag ?? '');
  return JOINER.test(rest) ? rest.replace(IDLE_JOINERS, '') : rest;
}
