import { filtered } from '../text.ts';
import { afterSeen } from './byte-stream.ts';
import { decodeText } from './decode.ts';
import { lineEndsOf, scanLineEnds, type EndCounts, type LineEnds } from './line-ends.ts';
import type { RecordLimit } from './record-size.ts';
import type { Source } from './source.ts';

export type TextOptions = {
  encoding: string | undefined;
  hasEncodingOption?: boolean | undefined;
  limit: RecordLimit;
  /** Characters after which a quote opens; undefined where quotes are text. */
  separators?: string | undefined;
  note: (message: string) => void;
};

/** The text of a source, of which the beginning is known. */
export type OpenText = {
  /** The beginning: 65,536 characters, and more up to the first line end outside quotes. It does not depend on how chunks are cut. */
  head: string;
  /** Whether the head is all of it. */
  complete: boolean;
  /** The first record, without its line end; all of the head where it has none. */
  first: string;
  counts: Readonly<EndCounts>;
  lineEnds: LineEnds;
  /** All of it, from its beginning on. */
  text: AsyncGenerator<string>;
};

/** Decodes a source, and looks at its beginning. */
export async function openText({ name, chunks }: Source, options: TextOptions): Promise<OpenText> {
  const { encoding, hasEncodingOption, limit, separators, note } = options;
  const text = decodeText(chunks, { name, encoding, hasOption: hasEncodingOption, note });
  const scan = scanLineEnds(separators);
  const parts: string[] = [];
  let complete = false;
  // what is larger than a record may be is refused when it is read
  for (let bytes = 0; bytes <= limit.maxBytes || scan.firstEnd() !== undefined;) {
    const next = await text.next();
    if (next.done) {
      complete = true;
      scan.end();
      break;
    }
    parts.push(next.value);
    bytes += Buffer.byteLength(next.value);
    if (scan.push(next.value)) break;
  }
  const known = scan.firstEnd() !== undefined || complete;
  const head = known ? parts.join('').slice(0, scan.seen()) : '';
  return {
    head,
    complete: complete && known,
    first: head.slice(0, scan.firstEnd()),
    counts: scan.counts,
    lineEnds: lineEndsOf(scan.counts),
    text: afterSeen(parts, text),
  };
}

/** What should be said of line ends: those with "\r", which few files have. */
export function lineEndsNote(name: string, { newline, both, lone }: Readonly<EndCounts>): string | undefined {
  if (lineEndsOf({ newline, both, lone }) === 'newline') return undefined;
  const others = newline + both > 0 ? ', and with line feeds (LF): both end a row' : '';
  return `${name}: lines end with carriage returns (CR)${others}`;
}

/** What should be said of a byte order mark within a file. */
export function markNote(name: string, line: number): string {
  return `${name}: the byte order mark at the beginning of line ${line} is left out, as is any other within the file`;
}

/** What should be said of a "\r" that does not end a line. */
export function returnNote(name: string, line: number): string {
  const split = filtered(name, String.raw`tr '\r' '\n'`);
  return `${name}: line ${line} has a carriage return (CR) within it, which is read as text; where it ends a row, split the line: ${split}`;
}
