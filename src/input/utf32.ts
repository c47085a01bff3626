/** What a decoder does: TextDecoder, and ours for UTF-32, which the standard leaves out. */
export type Decoder = { decode(bytes?: Buffer, options?: { stream: boolean }): string };

/**
 * A decoder of UTF-32. A byte order mark at its beginning is not part of the text.
 *
 * @throws TypeError for bytes that are no character, as TextDecoder does where it is fatal
 */
export function utf32Decoder(label: 'utf-32le' | 'utf-32be'): Decoder {
  let carry: Buffer = Buffer.alloc(0);
  let first = true;
  return {
    decode(chunk = Buffer.alloc(0), { stream } = { stream: false }) {
      const bytes = carry.length > 0 ? Buffer.concat([carry, chunk]) : chunk;
      const whole = bytes.length - (bytes.length % 4);
      carry = bytes.subarray(whole);
      const wide = Buffer.alloc(whole);
      let length = 0;
      for (let at = 0; at < whole; at += 4) {
        const point = label === 'utf-32le' ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
        if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) throw new TypeError(`no character: ${point}`);
        if (first && point === 0xfeff) {
          first = false;
          continue;
        }
        first = false;
        if (point < 0x10000) length = wide.writeUInt16LE(point, length);
        else {
          length = wide.writeUInt16LE(0xd800 + ((point - 0x10000) >> 10), length);
          length = wide.writeUInt16LE(0xdc00 + ((point - 0x10000) & 0x3ff), length);
        }
      }
      if (!stream && carry.length > 0) throw new TypeError('a character is cut');
      return wide.toString('utf16le', 0, length);
    },
  };
}
