import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildTrie, idAt, idOfPiece, nextNode } from '../../src/model/tokenizer/piece-trie.ts';

describe('a trie of pieces', () => {
  it('has the id of every piece, and of nothing else', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'ж', '日', '𠀀'), maxLength: 5 });
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 60 }), letters, (pieces, other) => {
        const trie = buildTrie(pieces);
        const ids = new Map(pieces.map((piece, id) => [piece, id]));
        for (const piece of [...pieces, other]) expect(idOfPiece(trie, piece)).toBe(piece === '' ? undefined : ids.get(piece));
      }),
    );
  });

  it('is walked unit by unit, as far as pieces go', () => {
    const trie = buildTrie(['ab', 'abcd']);
    const a = trie.roots['a'.charCodeAt(0)]!;
    const ab = nextNode(trie, a, 'b'.charCodeAt(0));
    expect([idAt(trie, a), idAt(trie, ab)]).toEqual([-1, 0]);
    expect(nextNode(trie, ab, 'x'.charCodeAt(0))).toBe(-1);
    expect(trie.roots['b'.charCodeAt(0)]).toBe(-1);
  });
});
