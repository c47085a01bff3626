/**
 * Scans of JSON text before it is parsed. They are loops, not regular expressions: a repeated group of V8 takes memory per repetition,
 * and a string of 8 MB is more than it has.
 */

/** Nesting that is read. Deeper values overflow the stack when they are written again. */
export const MAX_DEPTH = 1000;

const LONG_DIGITS = /\d{16}/;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;

/** Quotes integers that a double cannot hold, so that they keep all their digits: such integers are often ids. */
export function quoteLongIntegers(json: string): string {
  return LONG_DIGITS.test(json) ? quoteNumbers(json, isLongInteger) : json;
}

/** Quotes every number, so that it keeps its spelling: 1.10, 1e3. */
export function quoteAllNumbers(json: string): string {
  return quoteNumbers(json, () => true);
}

function quoteNumbers(json: string, isQuoted: (json: string, from: number, to: number) => boolean): string {
  const parts: string[] = [];
  let done = 0;
  for (let at = 0; at < json.length;) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(json, at);
      continue;
    }
    if (code !== MINUS && !isDigit(code)) {
      at++;
      continue;
    }
    const end = endOfNumber(json, at);
    if (isQuoted(json, at, end)) {
      parts.push(json.slice(done, at), '"', json.slice(at, end), '"');
      done = end;
    }
    at = end;
  }
  return parts.join('') + json.slice(done);
}

/** Whether arrays and objects are nested more than MAX_DEPTH deep. */
export function isDeep(json: string): boolean {
  // each level takes a bracket on either side; most lines have fewer brackets than that
  if (json.length < 2 * MAX_DEPTH || !opensOften(json)) return false;
  let depth = 0;
  for (let at = 0; at < json.length;) {
    const char = json[at];
    if (char === '"') {
      at = endOfString(json, at);
      continue;
    }
    if (char === '[' || char === '{') depth++;
    else if (char === ']' || char === '}') depth--;
    if (depth > MAX_DEPTH) return true;
    at++;
  }
  return false;
}

/** Whether there are more than MAX_DEPTH opening brackets, also within strings. Searching is far faster than scanning. */
function opensOften(json: string): boolean {
  let opened = 0;
  for (const bracket of ['[', '{']) {
    for (let at = json.indexOf(bracket); at >= 0; at = json.indexOf(bracket, at + 1)) {
      if (++opened > MAX_DEPTH) return true;
    }
  }
  return false;
}

/** The place after the string that begins at `start`; the end of the text where it is not closed. */
function endOfString(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at >= 0; at = json.indexOf('"', at + 1)) {
    let slashes = 0;
    while (json.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
  return json.length;
}

/** The place after the number, or what looks like one, that begins at `start`. */
function endOfNumber(json: string, start: number): number {
  let at = start + 1;
  // signs, fractions and exponents belong to the number, so that no part of it is taken for an integer
  while (at < json.length && (isDigit(json.charCodeAt(at)) || '+-.eE'.includes(json[at]!))) at++;
  return at;
}

function isLongInteger(json: string, from: number, to: number): boolean {
  const first = json.charCodeAt(from) === MINUS ? from + 1 : from;
  if (to - first < 16) return false;
  for (let at = first; at < to; at++) if (!isDigit(json.charCodeAt(at))) return false;
  return !Number.isSafeInteger(Number(json.slice(from, to)));
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
