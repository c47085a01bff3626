import { decodeHTML } from 'entities/decode';
import { BLOCK_ELEMENTS, CELL_ELEMENTS, SILENT_ELEMENTS, tagsOf, type Tag } from './html-tags.ts';

/**
 * The text of HTML as a page would show it: tags and comments are gone, entities are characters, blocks and breaks begin a new line.
 * A text without tags keeps its white space.
 */
export function textOfHtml(html: string): string {
  const tags = tagsOf(html);
  if (tags.length === 0) return html.includes('&') ? withoutHardSpaces(decodeHTML(html)) : html;
  const lastEnds = new Map(tags.flatMap(({ name, closing }, number) => (closing ? [[name, number] as const] : [])));
  const parts: string[] = [];
  let at = 0;
  let preformatted = 0;
  const add = (until: number): void => {
    if (until <= at) return;
    const text = html.slice(at, until);
    parts.push(decodeHTML(preformatted > 0 ? text : text.replace(/[ \t\r\n\f]+/g, ' ')));
  };
  for (const [number, tag] of tags.entries()) {
    // within what is left out
    if (tag.from < at) continue;
    const { name, closing } = tag;
    add(tag.from);
    if (name === 'pre') preformatted = Math.max(0, preformatted + (closing ? -1 : 1));
    if (BLOCK_ELEMENTS.has(name)) parts.push('\n');
    else if (CELL_ELEMENTS.has(name)) parts.push(' ');
    at = SILENT_ELEMENTS.has(name) && !closing ? endOfElement(tags, number, lastEnds) : tag.to;
  }
  add(html.length);
  return tidied(parts.join(''));
}

/** Where an element ends whose content is left out; its tag alone where it is never closed. */
function endOfElement(tags: readonly Tag[], number: number, lastEnds: ReadonlyMap<string, number>): number {
  const { name, to } = tags[number]!;
  const last = lastEnds.get(name) ?? -1;
  for (let at = number + 1; at <= last; at++) if (tags[at]!.closing && tags[at]!.name === name) return tags[at]!.to;
  return to;
}

/** No spaces at the ends of lines, and no empty lines. */
function tidied(text: string): string {
  return withoutHardSpaces(text)
    .split('\n')
    .map((line) => line.replace(/ {2,}/g, ' ').trim())
    .filter((line) => line !== '')
    .join('\n');
}

function withoutHardSpaces(text: string): string {
  return text.replaceAll('\u00a0', ' ').replaceAll('\u00ad', '');
}
