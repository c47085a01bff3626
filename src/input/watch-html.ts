import { grouped, percent, plural } from '../text.ts';
import { looksLikeHtml } from './html-tags.ts';

/** Rows that are all looked at, and how many of those that follow are passed over for each that is. */
const FIRST_ROWS = 1000;
const STRIDE = 100;

/** Share of rows in HTML from which a note says so. */
const MIN_SHARE = 0.05;

/** Looks at texts of a file as they are read, for markup that would be encoded with them. */
export type HtmlWatch = { add(text: string): void; end(): void };

/** @param note told, at most once, how many rows are HTML */
export function watchHtml(file: string, note: (message: string) => void): HtmlWatch {
  let rows = 0;
  let seen = 0;
  let found = 0;
  let said = false;
  const say = (): void => {
    if (said || found < MIN_SHARE * seen || found === 0) return;
    said = true;
    const share = seen === rows ? `${grouped(found)} of ${plural(seen, 'row')}` : `about ${percent(found / seen)} of the rows`;
    note(
      `note: ${share} of ${file} ${found === 1 && seen === rows ? 'is' : 'are'} written in HTML; --html strip reads their text, --html keep the tags as well`,
    );
  };
  return {
    add(text) {
      rows++;
      if (rows > FIRST_ROWS && rows % STRIDE !== 0) return;
      seen++;
      if (looksLikeHtml(text)) found++;
      if (rows === FIRST_ROWS) say();
    },
    end: say,
  };
}
