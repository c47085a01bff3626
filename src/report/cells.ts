import picocolors from 'picocolors';
import stringWidth from 'string-width';
import { printable } from '../text.ts';

/** Text laid out in terminal cells: a Chinese character takes two, a combining mark none. */

/** How the report is shown: cut and coloured on a terminal, whole and plain elsewhere. */
export type Look = {
  /** Cells of a line; undefined where nothing is to be cut. */
  width: number | undefined;
  bold: (text: string) => string;
  dim: (text: string) => string;
};

/**
 * @param stream where the report goes
 * @param environment NO_COLOR and FORCE_COLOR hold (no-color.org, force-color.org)
 */
export function lookOf(stream: { isTTY?: boolean; columns?: number }, environment: Readonly<Record<string, string | undefined>>): Look {
  const terminal = stream.isTTY === true;
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0';
  const { bold, dim } = picocolors.createColors(NO_COLOR ? false : forced || (terminal && TERM !== 'dumb'));
  return { width: terminal ? Math.max(20, stream.columns || 80) : undefined, bold, dim };
}

/** `text` on one line, without what could steer a terminal. */
export function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' ').trim());
}

/** "file:line", which terminals and editors open; "row:N" where a bare matrix knows no more. */
export function placeOf({ file, line, row }: { file?: string | undefined; line?: number | undefined; row: number }): string {
  return oneLine(file === undefined ? `row:${row}` : line === undefined ? file : `${file}:${line}`);
}

/** A line of a head, which gets a style, and a text; cut where the look has a width. */
export function headedLine(
  head: string,
  text: string | undefined,
  { width, style }: { width: number | undefined; style: (text: string) => string },
): string {
  const line = text === undefined ? head : `${head}  ${oneLine(text)}`;
  const cut = width === undefined ? line : cutToCells(line, width);
  return `${style(cut.slice(0, head.length))}${cut.slice(head.length)}`.trimEnd();
}

/** How a report looks where it is shown, and in a file. */
export function looksOf(stream: { isTTY?: boolean; columns?: number }): { screen: Look; file: Look } {
  return { screen: lookOf(stream, process.env), file: lookOf({}, { NO_COLOR: '1' }) };
}

/** `text` with spaces after it, to `width` cells. */
export function padCells(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cellsOf(text)));
}

export function cellsOf(text: string): number {
  return stringWidth(text);
}

const graphemes = new Intl.Segmenter();

/** As much of `text` as fits into `width` cells, whole graphemes only, with "…" where something is missing. */
export function cutToCells(text: string, width: number): string {
  // no character takes more than a few UTF-16 units a cell, so a long text need not be measured to its end
  const head = text.slice(0, width * 16);
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
