import { isUtf8 } from 'node:buffer';

/** The place of the first byte that is not UTF-8. */
export function firstInvalid(bytes: Buffer): number {
  for (let begin = 0; ;) {
    const newline = bytes.indexOf(10, begin);
    const end = newline < 0 ? bytes.length : newline + 1;
    if (!isUtf8(bytes.subarray(begin, end))) {
      let valid = begin;
      // character by character: whole prefixes would take a time that grows with the square of the line
      while (valid < end && isUtf8(bytes.subarray(valid, nextCharacter(bytes, valid)))) valid = nextCharacter(bytes, valid);
      return valid;
    }
    begin = end;
  }
}

/** Whether bytes are UTF-8 but for a few: then no other encoding is the reason. */
export function isDamagedUtf8(bytes: Buffer): boolean {
  let valid = 0;
  let invalid = 0;
  for (let at = 0; at < bytes.length;) {
    const next = nextCharacter(bytes, at);
    if (next - at > 1 && isUtf8(bytes.subarray(at, next))) {
      valid++;
      at = next;
    } else if (bytes[at++]! >= 0x80) invalid++;
  }
  return valid > 9 * invalid;
}

/** Number of bytes up to the end of the last complete character; at most three bytes are left over. */
export function completeLength(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    return sequenceLength(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function nextCharacter(bytes: Buffer, at: number): number {
  return Math.min(bytes.length, at + sequenceLength(bytes[at]!));
}

function sequenceLength(lead: number): number {
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
}
