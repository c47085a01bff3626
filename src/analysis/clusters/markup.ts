/** Addresses of pages, HTML tags and HTML entities. */
const LINKS_AND_TAGS = /https?:\/\/\S+|www\.\S+|<\/?[a-z][^<>]*>|&#?\w+;/gi;

const WORD = /\w/;
const SPACE = /\s/;

/** Codes of terminals (without their first character too), comments and scripts of HTML, tags and entities that were escaped again, and addresses of any scheme. */
const CODES = new RegExp(
  [
    // oxlint-disable-next-line no-control-regex
    '\\x1b\\[[0-9;?]{0,20}[a-z]|\\[\\d{1,3}(?:;\\d{1,3}){0,5}m',
    '<!--[^]{0,5000}?-->|<(script|style)\\b[^<>]{0,500}>[^]{0,5000}?</\\1>',
    '&lt;/?[a-z](?:[^&<>]|&(?!gt;)){0,300}&gt;|&(?:amp;)+#?\\w{1,30};|&(?:nbsp|amp|lt|gt|quot|apos)\\b;?',
    '\\b[a-z][a-z0-9+.-]{1,20}://\\S+',
  ].join('|'),
  'gi',
);

/** Addresses of pages without a scheme. */
const DOMAINS = /\b(?:[\w-]{1,63}\.){1,5}(?:com|org|net|edu|gov|info|io|de|ru|jp|cn|uk|fr|eu|example)\b(?:[/:?#]\S*)?/gi;

/** The text with a space in the place of everything that is markup rather than words. */
export function withoutMarkup(text: string): string {
  return withoutTags(text.replace(CODES, ' ')).replace(DOMAINS, ' ');
}

/**
 * The text with a space in the place of addresses, HTML tags and HTML entities: they contain no words of the text. Mail addresses are
 * whatever stands around an "@" up to the last dot before a letter, /\S+@\S+\.\w+/; as a regular expression that would take a time
 * that grows with the square of a text without spaces.
 */
function withoutTags(text: string): string {
  if (!text.includes('@')) return text.replace(LINKS_AND_TAGS, ' ');
  const pattern = new RegExp(LINKS_AND_TAGS);
  const nextMail = mailFinder(text);
  const parts: string[] = [];
  let at = 0;
  let other = pattern.exec(text);
  for (;;) {
    while (other && other.index < at) {
      pattern.lastIndex = at;
      other = pattern.exec(text);
    }
    const mail = nextMail(at);
    if (!other && !mail) break;
    // of two that begin at the same place, an address of a page comes first, then one of mail
    const mailFirst = mail && (!other || mail.from < other.index || (mail.from === other.index && !/^[hw]/i.test(other[0])));
    const [from, to] = mailFirst ? [mail.from, mail.to] : [other!.index, other!.index + other![0].length];
    parts.push(text.slice(at, from));
    at = to;
  }
  return [...parts, text.slice(at)].join(' ');
}

type Mail = { from: number; to: number };

/** Finds mail addresses; the places that it is asked for must rise. */
function mailFinder(text: string): (at: number) => Mail | undefined {
  /** A run of characters without white space; its last "@" that an address can have, and the end of that address. */
  let run: { start: number; end: number; sign: number; to: number } | undefined;
  let done = 0;
  return (at) => {
    for (;;) {
      if (run && run.end > at) {
        const from = Math.max(run.start, at);
        if (run.sign > from) return { from, to: run.to };
      }
      const sign = text.indexOf('@', Math.max(at, done));
      if (sign < 0) return undefined;
      run = runAround(text, sign, done);
      done = run.end;
    }
  };
}

function runAround(text: string, sign: number, least: number): { start: number; end: number; sign: number; to: number } {
  let start = sign;
  while (start > least && !SPACE.test(text[start - 1]!)) start--;
  let end = sign;
  while (end < text.length && !SPACE.test(text[end]!)) end++;
  let dot = end - 2;
  while (dot > sign && !(text[dot] === '.' && WORD.test(text[dot + 1]!))) dot--;
  if (dot <= sign) return { start, end, sign: -1, to: end };
  let to = dot + 1;
  while (to < end && WORD.test(text[to]!)) to++;
  const last = text.lastIndexOf('@', dot - 2);
  return { start, end, sign: last, to };
}
