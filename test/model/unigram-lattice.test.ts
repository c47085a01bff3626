import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openNormalizer } from '../../src/model/tokenizer/normalizers.ts';
import { openPreTokenizer } from '../../src/model/tokenizer/pre-tokenizers.ts';
import { addExpected, addUsed, keepPieces, splitPiece, type Lattice } from '../../src/model/unigram-training/lattice.ts';
import {
  countPreTokens,
  NORMALIZER,
  PRE_TOKENIZER,
  sampleTexts,
  type PreTokens,
} from '../../src/model/unigram-training/pre-token-counts.ts';
import { findSeeds, type Seeds } from '../../src/model/unigram-training/seed-pieces.ts';
import { toSegments } from '../../src/model/unigram-training/segments.ts';
import { projectFolder } from '../run.ts';

const noPause = async (): Promise<void> => {};
const noPatterns = (): never => {
  throw new Error('no patterns');
};

function fixture(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(projectFolder, 'fixtures', name), 'utf8')) as Record<string, unknown>;
}

function asMap({ units, starts, counts, length }: PreTokens): Map<string, number> {
  return new Map(Array.from({ length }, (_, id) => [String.fromCharCode(...units.subarray(starts[id]!, starts[id + 1])), counts[id]!]));
}

const WORDS = ['banana', 'banana', 'bandana', 'anna', 'nab', 'abba', 'abba', 'abba', 'ban'];

async function seedsOf(words: readonly string[]): Promise<Seeds> {
  return findSeeds(toSegments(await countPreTokens(words, noPause)), noPause);
}

/** Every way to split a word into pieces. */
function splits(word: string, pieces: readonly string[]): string[][] {
  if (word === '') return [[]];
  return pieces
    .filter((piece) => word.startsWith(piece))
    .flatMap((piece) => splits(word.slice(piece.length), pieces).map((rest) => [piece, ...rest]));
}

/** Weights that no two splits have in common. */
function weightsOf(pieces: readonly string[]): Float64Array {
  return Float64Array.from(pieces, (piece, at) => 0.3 ** piece.length * (1 + Math.sqrt(at + 2)));
}

function weigh(split: readonly string[], { texts, weights }: { texts: readonly string[]; weights: Float64Array }): number {
  return split.reduce((product, piece) => product * weights[texts.indexOf(piece)]!, 1);
}

describe('countPreTokens', () => {
  it('counts what the normalizer and the pre-tokenizer give', async () => {
    const texts = [...(fixture('tokenizers.json')['texts'] as string[]), ...(fixture('trained-tokenizer.json')['lines'] as string[])];
    const normalize = openNormalizer(NORMALIZER, noPatterns);
    const split = openPreTokenizer(PRE_TOKENIZER, noPatterns);
    const counts = new Map<string, number>();
    for (const text of texts.filter((text) => text !== '')) {
      for (const word of split(normalize(text), true)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    expect(asMap(await countPreTokens(texts, noPause))).toEqual(counts);
  });

  it('knows every pre-token of many', async () => {
    const words = Array.from({ length: 100_000 }, (_, at) => String.fromCharCode(97 + (at % 26), 0x4e00 + ((at * 7) % 9973)));
    const counts = asMap(await countPreTokens([words.join(' ')], noPause));
    expect(counts.size).toBe(new Set(words).size);
    expect([...counts.values()].reduce((sum, count) => sum + count)).toBe(100_000);
  });
});

describe('sampleTexts', () => {
  it('keeps every second or fourth text of more than 50 million characters', async () => {
    const long = 'x'.repeat(1_000_000);
    const texts = Array.from({ length: 103 }, (_, at) => `${at} ${long}`);
    const kept = await sampleTexts(texts.values(), noPause);
    expect(kept.map((text) => parseInt(text, 10))).toEqual(Array.from({ length: 26 }, (_, at) => 4 * at));
    expect(await sampleTexts(texts.slice(0, 49), noPause)).toHaveLength(49);
  });
});

describe('findSeeds', () => {
  it('finds what occurs twice and not always in something longer', async () => {
    const marked = WORDS.map((word) => `▁${word}`);
    const counts = new Map<string, number>();
    for (const word of marked) {
      for (let from = 0; from < word.length; from++) {
        for (let to = from + 1; to <= Math.min(word.length, from + 12); to++) {
          counts.set(word.slice(from, to), (counts.get(word.slice(from, to)) ?? 0) + 1);
        }
      }
    }
    const longer = [...counts].filter(([text, count]) => {
      const covered = [...counts].some(([other, same]) => other.length === text.length + 1 && other.includes(text) && same === count);
      return text.length > 1 && count > 1 && !covered;
    });
    const { texts, alphabet, counts: found } = await seedsOf(WORDS);
    expect(new Map(texts.slice(alphabet).map((text, at) => [text, found[alphabet + at]]))).toEqual(new Map(longer));
    expect(texts.slice(0, alphabet).toSorted()).toEqual([...new Set(marked.join(''))].toSorted());
  });
});

describe('Lattice', () => {
  const check = ({ lattice, texts }: { lattice: Lattice; texts: string[] }): void => {
    const weights = weightsOf(texts);
    const expected = new Float64Array(texts.length);
    const used = new Float64Array(texts.length);
    let likelihood = 0;
    for (const word of WORDS) {
      const all = splits(`▁${word}`, texts).map((split) => ({ split, weight: weigh(split, { texts, weights }) }));
      const sum = all.reduce((sum, { weight }) => sum + weight, 0);
      likelihood += Math.log(sum);
      for (const { split, weight } of all) for (const piece of split) expected[texts.indexOf(piece)]! += weight / sum;
      const best = all.reduce((best, other) => (other.weight > best.weight ? other : best));
      for (const piece of best.split) used[texts.indexOf(piece)]!++;
    }
    const pass = { from: 0, to: lattice.counts.length, weights };
    const ours = { expected: new Float64Array(texts.length), used: new Float64Array(texts.length) };
    expect(addExpected(lattice, { ...pass, expected: ours.expected })).toBeCloseTo(likelihood, 9);
    addUsed(lattice, { ...pass, used: ours.used });
    ours.expected.forEach((value, piece) => expect(value).toBeCloseTo(expected[piece]!, 9));
    expect(ours.used).toEqual(used);
    const parts = new Uint32Array(16);
    texts.forEach((text, piece) => {
      if (text.length === 1) return;
      const without = splits(text, texts).filter((split) => split.length > 1);
      const best = without.toSorted((a, b) => weigh(b, { texts, weights }) - weigh(a, { texts, weights }))[0]!;
      const number = splitPiece(lattice, { piece, weights, parts });
      expect(Array.from(parts.subarray(0, number), (part) => texts[part]).toReversed()).toEqual(best);
    });
  };

  it('has the sums and the best of all splits', async () => check(await seedsOf(WORDS)));

  it('has them for some of the pieces, too', async () => {
    const { lattice, texts, alphabet } = await seedsOf(WORDS);
    const kept = Uint32Array.from(texts.keys()).filter((piece) => piece < alphabet || piece % 2 === 0);
    check({ lattice: keepPieces(lattice, kept), texts: Array.from(kept, (piece) => texts[piece]!) });
  });
});
