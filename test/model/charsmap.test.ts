import { describe, expect, it } from 'vitest';
import { charsmapNormalizer } from '../../src/model/tokenizer/charsmap.ts';

/** A charsmap of keys of one or two bytes, laid out by hand: units of a double array, then what replaces each key. */
function charsmap(entries: Readonly<Record<string, string>>): string {
  const trie = new Uint32Array(1 << 12);
  const texts: Buffer[] = [];
  let length = 0;
  // children of the root are at 256 ^ byte
  trie[0] = 256 << 10;
  let free = 1024;
  for (const [key, value] of Object.entries(entries)) {
    const bytes = Buffer.from(key, 'utf8');
    let node = 256;
    for (const [at, byte] of bytes.entries()) {
      node ^= byte;
      const before = trie[node]!;
      const offset = before === 0 ? node ^ free : before >>> 10;
      if (before === 0) free += 512;
      trie[node] = (offset << 10) | (at === bytes.length - 1 ? 256 : 0) | (before & 256) | byte;
      node ^= offset;
    }
    trie[node] = 0x80000000 | length;
    const text = Buffer.concat([Buffer.from(value, 'utf8'), Buffer.of(0)]);
    texts.push(text);
    length += text.length;
  }
  const size = Buffer.alloc(4);
  size.writeUInt32LE(trie.byteLength);
  return Buffer.concat([size, Buffer.from(trie.buffer), ...texts]).toString('base64');
}

describe('charsmapNormalizer', () => {
  it('replaces what the map has, and leaves the rest', () => {
    const normalize = charsmapNormalizer(charsmap({ A: 'a', é: 'e', '\t': ' ' }));
    expect(normalize('A café\tBAR — 猫')).toBe('a cafe BaR — 猫');
    expect(normalize('')).toBe('');
  });

  it('leaves printable ASCII as it is where the map has none of it', () => {
    expect(charsmapNormalizer(charsmap({ '\t': ' ' }))('Plain text, 100 % ~')).toBe('Plain text, 100 % ~');
  });

  it('looks short graphemes up as a whole, and their characters where that has no entry', () => {
    const normalize = charsmapNormalizer(charsmap({ '\r': ' ' }));
    // one grapheme, of which the map has a beginning
    expect(normalize('a\r\nb')).toBe('a b');
    expect(normalize('👩‍👩‍👧')).toBe('👩‍👩‍👧');
  });
});
