import { EmbedError } from '../errors.ts';
import { grouped, megabytes } from '../text.ts';

/**
 * Largest record that is read if no option says otherwise, in bytes of UTF-8. Texts are far smaller; a file without line breaks, or a
 * quote that is never closed, is one record as large as the file.
 */
export const MAX_RECORD_BYTES = 64_000_000;

/** Largest record that a string of JavaScript can hold, whatever the option says. */
export const MAX_STRING_BYTES = 536_870_000;

/** How large a record of a file may be. */
export type RecordLimit = { name: string; maxBytes: number };

export function recordLimit(name: string, maxBytes: number = MAX_RECORD_BYTES): RecordLimit {
  return { name, maxBytes: Math.min(maxBytes, MAX_STRING_BYTES) };
}

/** Whether a text takes more bytes in UTF-8 than are allowed. Its bytes are counted only where they could be too many. */
export function isLarger(text: string, maxBytes: number): boolean {
  // a UTF-16 unit takes at most three bytes of UTF-8
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}

/** The error for a record that is too large. `cause` names what may have made it so. */
export function tooLarge({ name, maxBytes }: RecordLimit, { line, cause }: { line: number; cause: string }): EmbedError {
  const raise = maxBytes < MAX_STRING_BYTES ? ', or allow larger records with --max-record-size' : '; larger records cannot be read';
  return new EmbedError(`Cannot read ${name}: the record that begins at line ${line} is larger than ${inWords(maxBytes)}`, {
    hint: `${cause}${raise}`,
  });
}

function inWords(bytes: number): string {
  return bytes < 1e6 ? `${grouped(bytes)} bytes` : megabytes(bytes);
}
