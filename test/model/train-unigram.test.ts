import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EmbedError } from '../../src/errors.ts';
import type { Model } from '../../src/model/model.ts';
import { openTokenizer } from '../../src/model/tokenizer/tokenizer.ts';
import { trainUnigram } from '../../src/model/unigram-training/train.ts';
import { projectFolder } from '../run.ts';

type TokenizerJson = { model: { vocab: [string, number][] } };

/** A vocabulary of this program and the ids of tokenizers 0.23.3 in Python; scripts/make-trained-tokenizer.py writes them. */
const { size, texts, tokenizer, lines, ids } = JSON.parse(readFileSync(join(projectFolder, 'fixtures/trained-tokenizer.json'), 'utf8')) as {
  size: number;
  texts: string[];
  tokenizer: TokenizerJson;
  lines: string[];
  ids: number[][];
};
const corpus = [...texts, ...texts];

async function vocabOf(texts: Iterable<string>, size: number): Promise<[string, number][]> {
  return ((await trainUnigram(texts, { size })) as TokenizerJson).model.vocab;
}

async function failureOf(texts: Iterable<string>, size: number): Promise<EmbedError> {
  const failure = await trainUnigram(texts, { size }).catch((cause: unknown) => cause);
  expect(failure).toBeInstanceOf(EmbedError);
  return failure as EmbedError;
}

const STEMS =
  'walk talk jump climb knock paint print count plant sound start bark rain smell cook point touch open watch shout hunt help cross turn';

/** A text → its tokens. */
function openTokens(json: unknown): (text: string) => string[] {
  const tokenize = openTokenizer({ tokenizer: { json, config: {} }, maxTokens: 1e6, folder: '/m' } as unknown as Model);
  const { vocab } = (json as TokenizerJson).model;
  return (text) => Array.from(tokenize(text).ids, (id) => vocab[id]![0]);
}

describe('trainUnigram', () => {
  it('learns the words and endings that a corpus is made of', async () => {
    const stems = STEMS.split(' ');
    const words = stems.flatMap((stem) => ['', 'ing', 'ed', 's'].map((ending) => stem + ending));
    const json = await trainUnigram(words, { size: 48 });
    const tokens = openTokens(json);
    expect(tokens('Walking plants')).toEqual(['▁walk', 'ing', '▁plant', 's']);
    expect(tokens('sounding')).toEqual(['▁sound', 'ing']);
    expect((json as TokenizerJson).model.vocab).toHaveLength(48);
  });

  it('gives the same vocabulary for the same texts, as an array or one after the other', async () => {
    const asArray = await trainUnigram(corpus, { size });
    const oneByOne = await trainUnigram(corpus.values(), { size });
    expect(oneByOne).toEqual(asArray);
    // digits at the end may depend on the processor
    const rounded = ({ model: { vocab }, ...rest }: TokenizerJson): object => [
      vocab.map(([piece, score]) => [piece, score.toFixed(5)]),
      rest,
    ];
    expect(rounded(asArray as TokenizerJson)).toEqual(rounded(tokenizer));
  });

  it('gives the ids that the reference gives with the same file', () => {
    const tokenize = openTokenizer({ tokenizer: { json: tokenizer, config: {} }, maxTokens: 1e6, folder: '/m' } as unknown as Model);
    expect(lines.map((line) => [line, [...tokenize(line).ids]])).toEqual(lines.map((line, at) => [line, ids[at]]));
  });

  it('has a score for every piece and no piece twice', async () => {
    const vocab = await vocabOf(corpus, 480);
    expect(new Set(vocab.map(([piece]) => piece)).size).toBe(480);
    expect(vocab[0]).toEqual(['<unk>', 0]);
    expect(vocab.slice(1).every(([, score], at) => Number.isFinite(score) && score < 0 && (at === 0 || score <= vocab[at]![1]))).toBe(true);
    const sum = vocab.slice(1).reduce((sum, [, score]) => sum + Math.exp(score), 0);
    expect(sum).toBeGreaterThan(0.8);
    expect(sum).toBeLessThan(1.05);
  });

  it('keeps single characters, and of too many the frequent ones', async () => {
    const chars = [...new Set(corpus.join('').normalize('NFKC').toLowerCase().replaceAll(' ', '▁'))];
    const known = new Set((await vocabOf(corpus, size)).map(([piece]) => piece));
    expect(chars.filter((char) => !known.has(char))).toEqual([]);
    const few = (await vocabOf(corpus, 100)).map(([piece]) => piece);
    expect(few).toHaveLength(100);
    expect(few).toEqual(expect.arrayContaining(['e', 'a', '▁', 'о', '。']));
    expect(few.filter((piece) => [...piece].length === 1).length).toBeLessThanOrEqual(51);
  });

  it('reads characters that it has not seen as unknown, and half of a surrogate pair as U+FFFD', async () => {
    const json = await trainUnigram([...corpus, 'a\ud83db a\ud83db'], { size });
    const tokens = openTokens(json);
    expect(tokens('water ☃')).toEqual(['▁water', '▁', '<unk>']);
    expect(tokens('a\ud83db')).toEqual(['▁a\ufffdb']);
  });

  it('takes no piece across words, marks and digits, nor one of more than 12 characters', async () => {
    const vocab = await vocabOf(
      Array.from({ length: 50 }, () => 'well-known 2024 conversationalists (say)'),
      20,
    );
    for (const [piece] of vocab.slice(1)) expect(piece).toMatch(/^(?:▁?[a-z]{0,12}|[-()]|\d)$/);
    expect(Math.max(...vocab.map(([piece]) => piece.length))).toBeLessThanOrEqual(12);
  });

  it('says how many pieces too few texts give, and as many can be had', async () => {
    const failure = await failureOf(corpus, 50_000);
    const [, most] = /^Cannot learn a vocabulary of 50000 pieces: the texts give (\d+)$/.exec(failure.message)!;
    expect(failure.hint).toBe(`Use --vocab ${most} or less, or give more texts`);
    expect(await vocabOf(corpus, Number(most))).toHaveLength(Number(most));
    expect((await failureOf(corpus, Number(most) + 1)).message).toContain(`the texts give ${most}`);
    expect(await vocabOf(corpus, Number(most) - 1)).toHaveLength(Number(most) - 1);
  });

  it.each([[[]], [['']]])('does not learn from nothing: %j', async (texts) => {
    expect((await failureOf(texts, 100)).message).toBe('Cannot learn a vocabulary: the texts are empty');
  });

  it('reports its progress, and ends where its signal is aborted', async () => {
    const shares: number[] = [];
    await trainUnigram(corpus, { size, onProgress: (_, share) => shares.push(share) });
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBeLessThanOrEqual(1);
    const control = new AbortController();
    const stop = new Error('stop');
    const training = trainUnigram(corpus, { size, signal: control.signal, onProgress: () => control.abort(stop) });
    await expect(training).rejects.toBe(stop);
    await expect(trainUnigram(corpus, { size, signal: AbortSignal.abort(stop) })).rejects.toBe(stop);
  });
});
