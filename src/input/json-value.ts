const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;

/** A JSON value whose end has not been seen: its open arrays and objects, whether a string is open, and the line breaks so far. */
export type OpenValue = { depth: number; string: boolean; escaped: boolean; scalar: boolean; lines: number };

/** A value that begins with this character. */
export function openValue(char: string): OpenValue {
  return { depth: 0, string: false, escaped: false, scalar: !'"{['.includes(char), lines: 0 };
}

/**
 * The place after a value, wherever its text is cut; -1 where it does not end in this piece. Its grammar is not checked: that is left to
 * the parser.
 *
 * @param at the first character of the value, or of its next piece
 */
export function endOfValue(text: string, at: number, value: OpenValue): number {
  while (at < text.length) {
    if (value.string) {
      at = endOfString(text, at, value);
      if (at < 0) return -1;
      value.string = false;
      if (value.depth === 0) return at;
      continue;
    }
    const code = text.charCodeAt(at);
    if (value.scalar) {
      if (isDelimiter(code)) return at;
    } else if (code === QUOTE) value.string = true;
    // "{" and "[", "}" and "]" differ in one bit
    else if ((code | 0x20) === 0x7b) value.depth++;
    else if ((code | 0x20) === 0x7d) {
      if (--value.depth <= 0) return at + 1;
    } else if (code === NEWLINE) value.lines++;
    at++;
  }
  return -1;
}

/** The place after the open string; -1 where it is still open. Remembers a backslash at the end of the piece. */
function endOfString(text: string, at: number, value: OpenValue): number {
  const from = value.escaped ? at + 1 : at;
  value.escaped = false;
  for (let quote = text.indexOf('"', from); ; quote = text.indexOf('"', quote + 1)) {
    const end = quote < 0 ? text.length : quote;
    let slashes = 0;
    while (end - 1 - slashes >= from && text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (quote < 0) {
      value.escaped = slashes % 2 === 1;
      return -1;
    }
    if (slashes % 2 === 0) return quote + 1;
  }
}

function isDelimiter(code: number): boolean {
  return code === 0x2c || code === 0x5d || code === 0x7d || code === 0x20 || code === NEWLINE || code === 0x0d || code === 0x09;
}
