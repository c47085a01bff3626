import picocolors from 'picocolors';
import stringWidth from 'string-width';
import { nthOnLine, printable } from '../text.ts';

/**
 * How a report is shown: cut and coloured on a terminal, whole and plain elsewhere. Widths are in terminal cells: a Chinese
 * character takes two, a combining mark none.
 */
export type Look = {
  /** Cells per line; undefined where lines are not cut. */
  width: number | undefined;
  bold: (text: string) => string;
  dim: (text: string) => string;
};

/**
 * Decides how a report is shown.
 *
 * @param stream where the report goes
 * @param environment NO_COLOR and FORCE_COLOR decide on colour (no-color.org, force-color.org)
 */
function lookOf(stream: { isTTY?: boolean; columns?: number }, environment: Readonly<Record<string, string | undefined>>): Look {
  const terminal = stream.isTTY === true;
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0';
  const { bold, dim } = picocolors.createColors(NO_COLOR ? false : forced || (terminal && TERM !== 'dumb'));
  return { width: terminal ? Math.max(20, stream.columns || 80) : undefined, bold, dim };
}

/** `text` on one line, with control characters replaced. "##[…]" and "##vso[…]" are commands to runners that read logs, wherever they stand. */
export function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' ').trim()).replace(/##(?=\w*\[)/g, '# #');
}

/** A row as records name it. */
type Placed = { file?: string | undefined; line?: number | undefined; id?: string | undefined; row: number };

/**
 * "file:line", which terminals and editors can open; "row:N" for rows of a bare matrix. Where several records begin on one line, the id
 * says which of them it is: "file:1#2".
 */
export function placeOf({ file, line, id, row }: Placed): string {
  const place = oneLine(file === undefined ? `row:${row}` : line === undefined ? file : `${file}:${line}${nthOnLine(id, line)}`);
  // at the beginning of a line, "::…" is a command to GitHub
  return place.startsWith('::') ? `./${place}` : place;
}

/** A place in `cells` cells: of a long path the name of the file is enough, and of a long name its end, with the line. */
export function shownPlace(place: string, cells: number): string {
  if (cellsOf(place) <= cells) return place;
  const name = place.replace(/^.*\//, '');
  const kept: string[] = [];
  let used = 1;
  for (const { segment } of [...graphemes.segment(name)].toReversed()) {
    used += cellsOf(segment);
    if (used > cells) return `…${kept.join('')}`;
    kept.unshift(segment);
  }
  return name;
}

/**
 * A line with a styled head and a text; cut where there is a width.
 *
 * @param tail what follows the text, left out where it would leave too little of the text
 */
export function headedLine(
  head: string,
  text: string | undefined,
  { width, style, tail = '' }: { width: number | undefined; style: (text: string) => string; tail?: string },
): string {
  const line = text === undefined ? head : `${head}  ${oneLine(text)}`;
  const end = tail === '' || (width !== undefined && cellsOf(head) + cellsOf(tail) > width - MIN_TEXT_CELLS) ? '' : `  ${tail}`;
  const cut = width === undefined ? line : cutToCells(line, width - cellsOf(end));
  return `${style(cut.slice(0, head.length))}${cut.slice(head.length)}${end}`.trimEnd();
}

/** Cells of a text that are worth more than what follows it. */
const MIN_TEXT_CELLS = 24;

/** How a report is shown on the screen, and in a file. */
export function looksOf(stream: { isTTY?: boolean; columns?: number }): { screen: Look; file: Look } {
  return { screen: lookOf(stream, process.env), file: lookOf({}, { NO_COLOR: '1' }) };
}

/** `text`, padded with spaces to `width` cells. */
export function padCells(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cellsOf(text)));
}

export function cellsOf(text: string): number {
  return stringWidth(text);
}

const graphemes = new Intl.Segmenter();

/** As many whole graphemes of `text` as fit into `width` cells; "…" marks a cut. */
export function cutToCells(text: string, width: number): string {
  // a cell takes only a few UTF-16 units, so a long text need not be measured to its end
  const head = text.slice(0, width * 16);
  // most texts are, and measuring every character takes milliseconds
  if (/^[ -~]*$/.test(head)) return text.length <= width ? text : `${head.slice(0, Math.max(0, width - 1)).trimEnd()}…`;
  if (head.length === text.length && cellsOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(head)) {
    const cells = cellsOf(segment);
    if (used + cells > width - 1) break;
    kept += segment;
    used += cells;
  }
  return `${kept.trimEnd()}…`;
}
