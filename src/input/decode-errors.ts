import { isUtf8 } from 'node:buffer';
import { EmbedError } from '../errors.ts';
import { filtered } from '../text.ts';
import { encodingOf, HEAD_BYTES, markOf, wideEncodingOf, type FoundEncoding } from './encoding.ts';
import { guessEncoding } from './guess-encoding.ts';
import { completeLength, isDamagedUtf8 } from './utf8.ts';

export type DecodeOptions = {
  name: string;
  encoding?: string | undefined;
  /** Whether an option names the encoding: without one, the file has to be converted. */
  hasOption?: boolean | undefined;
  /** Called where the encoding is a guess, or where the one that is given is doubtful. */
  note?: ((message: string) => void) | undefined;
};

/** What should be said of an encoding: that it is a guess, or that the bytes contradict the one that is given. */
export function doubtOf({ label, from }: FoundEncoding, head: Buffer, { name }: DecodeOptions): string | undefined {
  if (from === 'guess') return `${name}: read as ${label}, which its NUL bytes show; it has no byte order mark`;
  if (from !== 'option') return undefined;
  const says = (what: string): string => `note: ${name} ${what}, but is read as ${label}, as --encoding says`;
  const marked = markOf(head);
  if (marked && marked.label !== label) return says(`begins with the byte order mark of ${marked.label}`);
  if (label === 'utf-8' || head.length === 0) return undefined;
  if (/^utf-(?:16|32)/.test(label)) {
    const wide = wideEncodingOf(head);
    if (wide !== undefined && wide !== label) return says(`looks like ${wide}`);
    // even a text without spaces has line ends
    return head.includes(0) ? undefined : says('has no NUL bytes');
  }
  const whole = head.subarray(0, head.length < HEAD_BYTES ? head.length : completeLength(head));
  // escapes of ISO-2022-JP are ASCII
  const isOther = head.includes(0) || !isUtf8(whole) || !head.some((byte) => byte >= 0x80);
  return isOther ? undefined : says('is valid UTF-8');
}

/** The error for a NUL, which no text has. */
export function nulError(options: DecodeOptions & { bytes?: Buffer | undefined }, line: number): EmbedError {
  const { name, bytes } = options;
  const wide = bytes && encodingOf(bytes.subarray(0, HEAD_BYTES), undefined);
  const other = wide?.label.startsWith('utf-16') || wide?.label.startsWith('utf-32') ? howToRead(wide, options) : undefined;
  const clean = `${filtered(name, String.raw`tr -d '\000'`)}${into(name, 'clean')}`;
  return new EmbedError(`Cannot read ${name}: line ${line} has a NUL byte, which no text has`, {
    hint: other ?? `If it is text, take such bytes off: ${clean}; a binary file has to be converted`,
  });
}

/** Where a shell command writes a file that takes the place of another. */
function into(name: string, base: string): string {
  return name === 'stdin' ? '' : ` > ${base}${suffixOf(name)}`;
}

function suffixOf(name: string): string {
  return /\.[a-z]+$/i.exec(name.replace(/\.gz$/i, ''))?.[0] ?? '.txt';
}

/** How a file is read in an encoding: by the option, or converted where there is none. */
function howToRead({ label, of }: { label: string; of?: string }, { name, encoding, hasOption = true }: DecodeOptions): string {
  const looks = `It looks like ${label}${of === undefined ? '' : ` (${of})`}`;
  if (hasOption) return `${looks}: ${encoding === undefined ? 'add' : 'use'} --encoding ${label}`;
  return `${looks}: convert it with ${filtered(name, `iconv -f ${label} -t utf-8`)}${into(name, 'utf8')}`;
}

/** The hint for bytes that are not in the encoding they were read in; undefined where nothing is known. */
export function encodingHint(bytes: Buffer | undefined, options: DecodeOptions): string | undefined {
  if (!bytes) return undefined;
  const { name, encoding } = options;
  const whole = bytes.subarray(0, completeLength(bytes));
  if (encoding !== undefined && isUtf8(whole) && !whole.includes(0)) return 'It is valid UTF-8: leave --encoding out';
  const wide = encodingOf(bytes.subarray(0, HEAD_BYTES), undefined);
  if (wide.label !== 'utf-8') return howToRead(wide, options);
  if (isDamagedUtf8(bytes)) {
    const clean = `${filtered(name, 'iconv -c -f utf-8 -t utf-8')}${into(name, 'clean')}`;
    return `The rest of it is UTF-8, so it is damaged there; to leave such bytes out: ${clean}`;
  }
  const guess = guessEncoding(bytes);
  return guess && guess.label !== encoding ? howToRead(guess, options) : undefined;
}
