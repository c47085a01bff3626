/** A tag, comment or declaration of HTML in a text. */
export type Tag = { from: number; to: number; name: string; closing: boolean };

/** The name of what has no text: a comment, or a declaration such as `<!doctype html>`. */
export const COMMENT = '!';

const BLOCKS =
  'address article aside blockquote body br center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 ' +
  'head header hgroup hr html legend li main menu nav noscript ol optgroup option p pre section summary table tbody tfoot thead title tr ul';
const CELLS = 'td th';
const INLINE =
  'a abbr acronym area audio b base basefont bdi bdo big button canvas caption cite code col colgroup data datalist del dfn em embed font ' +
  'frame frameset i iframe img input ins kbd label link map mark marquee meta meter nobr object output param picture progress q rp rt ruby s ' +
  'samp select slot small source span strike strong sub sup template textarea time track tt u var video wbr';
const WITHOUT_TEXT = 'script style svg';

const named = (words: string): ReadonlySet<string> => new Set(words.split(' '));
export const BLOCK_ELEMENTS: ReadonlySet<string> = named(BLOCKS);
export const CELL_ELEMENTS: ReadonlySet<string> = named(CELLS);
/** Elements whose content is no text. */
export const SILENT_ELEMENTS: ReadonlySet<string> = named(WITHOUT_TEXT);
const ELEMENTS = named([BLOCKS, CELLS, INLINE, WITHOUT_TEXT].join(' '));

/** Elements that hardly ever stand in a text that is not HTML: XML documents and code have the others, too. */
const TELLING = named('a b blockquote br div em font h1 h2 h3 h4 h5 h6 hr i img li ol p span strong table td tr u ul');

/** Attributes that have no value. Words without one are no attributes: "a <b and c> d". */
const FLAGS =
  'allowfullscreen|async|autofocus|autoplay|checked|compact|controls|default|defer|disabled|download|hidden|ismap|itemscope|loop|multiple|muted|nohref|noresize|noshade|novalidate|nowrap|open|readonly|required|reversed|selected';

/** A tag with its attributes, whose number is bounded: a repeated group takes memory per repetition. */
const TAG = new RegExp(
  String.raw`<(/?)([A-Za-z][A-Za-z0-9]*(?::[A-Za-z]+)?)((?:\s+(?:[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>${'`'}]+)|(?:${FLAGS})(?=[\s/>]))){0,64})\s*/?>`,
  'gi',
);
const DECLARATION = /<!(?:doctype\b[^<>]*|\[(?:if|endif)\b[^\]<>]*\])>|<\?xml\b[^<>]*\?>/gi;
const ENTITY =
  /&(?:amp|apos|bull|copy|euro|gt|hellip|laquo|ldquo|lsquo|lt|mdash|middot|nbsp|ndash|quot|raquo|rdquo|reg|rsquo|trade|[aeiounAEIOUN](?:acute|circ|grave|tilde|uml)|szlig|#\d{2,6}|#x[\da-f]{2,5});/i;

/** The tags and comments of an HTML text, in order; none where its tags are rather those of XML, or of code. */
export function tagsOf(text: string): Tag[] {
  if (!text.includes('<')) return [];
  const tags: Tag[] = [];
  let others = 0;
  const lastEnds = new Map<string, number>();
  const isClosedAfter = (written: string, from: number): boolean => {
    if (!lastEnds.has(written)) lastEnds.set(written, text.lastIndexOf(`</${written}>`));
    return lastEnds.get(written)! > from;
  };
  for (const { 0: whole, 1: slash, 2: written, 3: attributes, index: from } of text.matchAll(TAG)) {
    const name = written!.toLowerCase();
    const closing = slash === '/';
    // "List<Object>": HTML is written in small letters or in capitals
    const spelled = written === name || written === written!.toUpperCase();
    const known = spelled && (ELEMENTS.has(name) || /^[ovw]:/.test(name));
    if (!known) {
      if (closing) others++;
      continue;
    }
    // "List<A>", "x<b>y": a letter is a tag after a letter only where it is closed
    const letter = name.length === 1 && written !== 'p' && !closing && attributes === '' && /\w/.test(text[from - 1] ?? '');
    if (letter && !isClosedAfter(written!, from)) continue;
    tags.push({ from, to: from + whole.length, name, closing });
  }
  if (others > 0 && others >= tags.filter(({ closing }) => closing).length) return [];
  return [...outsideCode(tags, text), ...commentsOf(text)].toSorted((a, b) => a.from - b.from);
}

/** Tags that are not between the back quotes of Markdown: there they are code. */
function outsideCode(tags: Tag[], text: string): Tag[] {
  if (!text.includes('`')) return tags;
  const code = [...text.matchAll(/```[^]*?```|`[^`\n]*`/g)].map(({ 0: whole, index }) => ({ from: index, to: index + whole.length }));
  let at = 0;
  return tags.filter(({ from }) => {
    while (at < code.length && code[at]!.to <= from) at++;
    return at === code.length || from < code[at]!.from;
  });
}

function* commentsOf(text: string): Generator<Tag> {
  for (let from = text.indexOf('<!--'); from >= 0; from = text.indexOf('<!--', from)) {
    const end = text.indexOf('-->', from + 4);
    if (end < 0) break;
    yield { from, to: end + 3, name: COMMENT, closing: false };
    from = end + 3;
  }
  for (const { 0: whole, index: from } of text.matchAll(DECLARATION))
    yield { from, to: from + whole.length, name: COMMENT, closing: false };
}

/** Whether a text is written in HTML, as far as that can be told: code and XML may have tags as well. */
export function looksLikeHtml(text: string): boolean {
  if (!text.includes('<') && !text.includes('&')) return false;
  return ENTITY.test(text) || tagsOf(text).some(({ name }) => TELLING.has(name));
}
