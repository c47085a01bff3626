import { withoutMarkup } from './markup.ts';

/** Longest title, in characters. */
const MAX_TITLE = 40;

/** Control characters have no place in a name. */
const CONTROLS = /\p{Cc}+/gu;

/**
 * Gives every cluster a name of its own: its words, or where there are none its nearest row, shortened. Of equal names, all but the
 * first get a number.
 *
 * @param known names that are given already; undefined for a cluster without one
 * @param nearest the texts nearest to each centroid, the nearest first
 */
export function nameClusters(
  words: readonly (readonly string[])[],
  { known, nearest }: { known: readonly (string | undefined)[] | undefined; nearest: readonly (readonly string[])[] },
): (string | null)[] {
  const taken = new Set(known?.filter((name) => name !== undefined));
  return words.map((own, cluster) => {
    const given = known?.[cluster];
    if (given !== undefined) return given;
    const title = own.length > 0 ? own.join(', ') : titleOf(nearest[cluster]!);
    if (title === undefined) return nearest[cluster]!.length > 0 ? `cluster ${cluster}` : null;
    let name = title;
    for (let count = 2; taken.has(name); count++) name = `${title} (${count})`;
    taken.add(name);
    return name;
  });
}

/** The first of the texts of which something is left without markup, cut between words. */
function titleOf(texts: readonly string[]): string | undefined {
  for (const text of texts) {
    const plain = withoutMarkup(text.slice(0, 100 * MAX_TITLE))
      .replace(CONTROLS, ' ')
      .replace(/\s+/gu, ' ')
      .trim();
    if (plain === '') continue;
    const chars = Array.from(plain);
    if (chars.length <= MAX_TITLE) return plain;
    const cut = chars.slice(0, MAX_TITLE - 1).join('');
    const space = cut.lastIndexOf(' ');
    return `${(space > MAX_TITLE / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
  }
  return undefined;
}
