import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { utf32Decoder } from './utf32.ts';

/** The encoding of a file: its label, the bytes of its byte order mark, and how it is known. */
export type FoundEncoding = { label: string; mark: number; from: 'option' | 'mark' | 'default' | 'guess' };

/** Bytes from which an encoding is recognised. It is the same whatever chunks they arrive in. */
export const HEAD_BYTES: number = 1 << 16;

const MARKS: readonly [label: string, bytes: readonly number[]][] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  // before UTF-16, whose mark it begins with
  ['utf-32le', [0xff, 0xfe, 0, 0]],
  ['utf-32be', [0, 0, 0xfe, 0xff]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/** The byte order mark that bytes begin with. */
export function markOf(head: Buffer): { label: string; mark: number } | undefined {
  const found = MARKS.find(([, bytes]) => bytes.every((byte, at) => head[at] === byte));
  return found && { label: found[0], mark: found[1].length };
}

/**
 * The encoding of a file: the one that is given, the one of its byte order mark, UTF-16 or UTF-32 where its NUL bytes show that, else
 * UTF-8.
 *
 * @param head its first HEAD_BYTES, or all of it
 */
export function encodingOf(head: Buffer, given: string | undefined): FoundEncoding {
  const marked = markOf(head);
  if (given !== undefined) {
    const label = canonical(given);
    const family = /^utf-(?:16|32)$/i.test(given) ? given.toLowerCase() : undefined;
    // the names without a byte order leave it to the mark
    if (family !== undefined) {
      if (marked?.label.startsWith(family)) return { ...marked, from: 'option' };
      const wide = wideEncodingOf(head);
      return { label: wide?.startsWith(family) ? wide : `${family}le`, mark: 0, from: 'option' };
    }
    return { label, mark: marked?.label === label ? marked.mark : 0, from: 'option' };
  }
  if (marked) return { ...marked, from: marked.label === 'utf-8' ? 'default' : 'mark' };
  const wide = wideEncodingOf(head);
  return wide === undefined ? { label: 'utf-8', mark: 0, from: 'default' } : { label: wide, mark: 0, from: 'guess' };
}

/** The name under which the standard knows an encoding; the name itself where it knows none. */
function canonical(label: string): string {
  if (/^utf-32[bl]e$/i.test(label)) return label.toLowerCase();
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return label;
  }
}

/** Share of control characters from which on bytes that are valid UTF-8 are rather something else. */
const MIN_CONTROLS = 0.1;

/** Share of characters that no text has, below which a reading makes sense. */
const MAX_ODD = 0.02;

/** UTF-16 or UTF-32 without a mark; undefined where the bytes do not show that beyond doubt. */
export function wideEncodingOf(head: Buffer): string | undefined {
  if (!head.includes(0)) return undefined;
  // Cyrillic in UTF-16 is valid UTF-8, full of control characters
  if (isUtf8(head.subarray(0, head.lastIndexOf(0) + 1)) && controlShare(head) < MIN_CONTROLS) return undefined;
  const whole = head.length === HEAD_BYTES;
  const readings = (['utf-32le', 'utf-32be', 'utf-16le', 'utf-16be'] as const)
    // a whole file has whole characters
    .filter((label) => whole || head.length % (label.startsWith('utf-32') ? 4 : 2) === 0)
    .map((label) => ({ label, anchors: anchorsOf(head, label) }))
    .toSorted((a, b) => b.anchors - a.anchors);
  const [best, other] = readings;
  return best && best.anchors > (other?.anchors ?? 0) ? best.label : undefined;
}

function controlShare(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13) count++;
  return count / bytes.length;
}

/** Characters that every text has, whatever its script: with the other byte order they are letters of rare scripts, or nothing. */
const ANCHORS = /[\n\r\t ,.;:0-9\u3001\u3002\uff0c]/g;

/** Characters that no text has: controls, and those that mean nothing. */
const ODD = /[^\P{Cc}\n\r\t\f\v]|[\p{Cn}\p{Co}]/gu;

/** How many anchors a head has in an encoding; 0 where it makes no sense so. */
function anchorsOf(head: Buffer, label: 'utf-32le' | 'utf-32be' | 'utf-16le' | 'utf-16be'): number {
  const decoder = label === 'utf-32le' || label === 'utf-32be' ? utf32Decoder(label) : new TextDecoder(label, { fatal: true });
  let text: string;
  try {
    // what is cut off at its end is not asked for
    text = decoder.decode(head, { stream: true });
  } catch {
    return 0;
  }
  const odd = text.match(ODD)?.length ?? 0;
  return text === '' || text.includes('\0') || odd > MAX_ODD * text.length ? 0 : (text.match(ANCHORS)?.length ?? 0);
}
