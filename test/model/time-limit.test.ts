import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isBounded } from '../../src/model/tokenizer/bounded.ts';
import { inFreshFolder, projectFolder, run } from '../run.ts';

const withPattern = (pattern: string): object => ({
  model: { type: 'WordPiece', vocab: {} },
  normalizer: { type: 'Sequence', normalizers: [{ type: 'Replace', pattern: { Regex: pattern }, content: '' }] },
});

describe('isBounded', () => {
  it.each(['a', 'a+', ' {2,}', '(\\d)', '\\s+', '[\\s,.]+|\\d', '\\w+|[^\\w\\s]+', '\\p{L}+', '\\p{N}', '[\\r\\n]', 'a|b'])(
    'knows that %j takes time in proportion to a text',
    (pattern) => expect(isBounded(withPattern(pattern))).toBe(true),
  );

  it.each(['(a+)+$', '(a|a)*b', 'a*a*a*$', '(?:a+)+', '\\s+$', '(a)\\1', 'a+b', '(?=a+)a', 'a{1000,}', '[[a]b]+', '', '((a+))'])(
    'does not know it of %j',
    (pattern) => expect(isBounded(withPattern(pattern))).toBe(false),
  );

  it('knows the tokenizers of every known model', () => {
    const fixtures = readFileSync(join(projectFolder, 'fixtures/tokenizers.json'), 'utf8');
    const patterns = [...fixtures.matchAll(/"Regex": ?("(?:[^"\\]|\\.)*")/g)].map(([, text]) => JSON.parse(text!) as string);
    expect(patterns.length).toBeGreaterThan(5);
    expect(patterns.filter((pattern) => !isBounded(withPattern(pattern)))).toEqual([]);
    for (const name of ['qwen3-onnx', 'roberta-max', 'albert-concat', 'mpnet-dense', 't5-onnx']) {
      expect(isBounded(JSON.parse(readFileSync(join(projectFolder, 'fixtures/models', name, 'tokenizer.json'), 'utf8')))).toBe(true);
    }
  });

  it('does not know it of words of any length', () => {
    expect(isBounded({ model: { type: 'WordPiece', vocab: {}, max_input_chars_per_word: 1e9 } })).toBe(false);
  });
});

it('a pattern that would run for ever ends in a plain error that names the text', async () => {
  cpSync(join(projectFolder, 'fixtures/static/st-root'), join(inFreshFolder(), 'm'), { recursive: true });
  const tokenizer = JSON.parse(readFileSync('m/tokenizer.json', 'utf8')) as { normalizer: object };
  const evil = { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: 'x' };
  writeFileSync('m/tokenizer.json', JSON.stringify({ ...tokenizer, normalizer: { type: 'Sequence', normalizers: [evil] } }));
  writeFileSync('a.txt', `the cat\n${'a'.repeat(50)}!\n`);
  const { code, err } = await run(['encode', 'a.txt', '--model', 'm']);
  expect(err).toMatch(
    /^error: Cannot read a text of 51 characters with the tokenizer\.json in .*m: its patterns take more than 3 s; the text begins "aaaa/m,
  );
  expect(err).toMatch(/^hint: /m);
  expect(code).toBe(2);
  // other texts are read as ever
  writeFileSync('b.txt', 'the cat aaa\n');
  expect((await run(['encode', 'b.txt', '--model', 'm'])).code).toBe(0);
}, 60_000);

it('a normalizer that makes a text ever longer is a plain error', async () => {
  cpSync(join(projectFolder, 'fixtures/static/st-root'), join(inFreshFolder(), 'm'), { recursive: true });
  const tokenizer = JSON.parse(readFileSync('m/tokenizer.json', 'utf8')) as { normalizer: object };
  const grow = { type: 'Replace', pattern: { String: 'a' }, content: 'a'.repeat(1000) };
  writeFileSync(
    'm/tokenizer.json',
    JSON.stringify({ ...tokenizer, normalizer: { type: 'Sequence', normalizers: [grow, grow, grow, grow] } }),
  );
  writeFileSync('a.txt', 'a cat\n');
  const { code, err } = await run(['encode', 'a.txt', '--model', 'm']);
  expect(err).toMatch(/^error: Cannot read a text: the normalizer of tokenizer\.json makes more than 4,194,304 characters of it/m);
  expect(code).toBe(2);
});
