/**
 * What ends a line of a file: "\n" or "\r\n", as nearly everywhere; or "\r" as well, in files of old Macs and of some programs. In the
 * first case a "\r" within a line is text.
 */
export type LineEnds = 'newline' | 'any';

/** A byte order mark, as a character. Files that were joined have one at the beginning of a line. */
export const MARK = '\ufeff';

const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;
const MARK_CODE = 0xfeff;

/** The line ends in the beginning of a file, by what they are. Several "\r" before a "\n" are one end with it. */
export type EndCounts = { newline: number; both: number; lone: number };

/** Characters of a file whose line ends decide how it is read. If they have none, the first one does. */
const SEEN_CHARACTERS = 1 << 16;

/** Looks at the line ends of a text, wherever its chunks are cut, until what it has seen decides. */
export type LineEndScan = {
  /** Takes the next part. Returns whether it has seen enough. */
  push(text: string): boolean;
  /** Ends the text. */
  end(): void;
  counts: Readonly<EndCounts>;
  /** Where the first record ends, in characters; undefined where no line end was seen. */
  firstEnd(): number | undefined;
  /** Characters that were seen. */
  seen(): number;
};

/**
 * Counts line ends that end records: those within quotes are part of a value.
 *
 * @param separators characters after which a quote opens, as at the beginning of a line; undefined where quotes are text
 */
export function scanLineEnds(separators: string | undefined): LineEndScan {
  const counts: EndCounts = { newline: 0, both: 0, lone: 0 };
  const codes = Array.from(separators ?? '', (separator) => separator.charCodeAt(0));
  let seen = 0;
  let returns = 0;
  let quoted = false;
  let opens = true;
  let closed = false;
  let first: number | undefined;
  const enough = (): boolean => seen >= SEEN_CHARACTERS && returns === 0 && first !== undefined;
  const settle = (): void => {
    counts.lone += returns;
    returns = 0;
  };
  /** What a character outside quotes means. */
  const take = (code: number): void => {
    if (code === RETURN || code === NEWLINE) {
      first ??= seen - 1;
      opens = true;
      if (code === RETURN) returns++;
      else {
        if (returns > 0) counts.both++;
        else counts.newline++;
        returns = 0;
      }
      return;
    }
    if (returns > 0) settle();
    if (separators === undefined) return;
    if (code === QUOTE && opens) quoted = true;
    opens = codes.includes(code) || (opens && code === MARK_CODE);
  };
  return {
    push(text) {
      for (let at = 0; at < text.length; at++) {
        if (seen >= SEEN_CHARACTERS && returns === 0 && first !== undefined) return true;
        const code = text.charCodeAt(at);
        seen++;
        if (quoted) {
          closed = code === QUOTE;
          quoted = !closed;
        } else if (closed && code === QUOTE) {
          // a doubled quote within quotes closes and opens
          quoted = true;
        } else {
          closed = false;
          // most characters mean nothing
          if (code > RETURN && !opens && returns === 0 && !codes.includes(code)) continue;
          take(code);
        }
      }
      return enough();
    },
    end: settle,
    counts,
    firstEnd: () => first,
    seen: () => seen,
  };
}

/** How a file with these ends is read: "\r" ends its lines where no other end is more frequent. */
export function lineEndsOf({ newline, both, lone }: Readonly<EndCounts>): LineEnds {
  return lone > 0 && lone >= newline + both ? 'any' : 'newline';
}

/** What a new file of this form ends its lines with. */
export function newlineOf(counts: Readonly<EndCounts>): '\n' | '\r\n' | '\r' {
  if (lineEndsOf(counts) === 'any') return '\r';
  return counts.both > counts.newline ? '\r\n' : '\n';
}
