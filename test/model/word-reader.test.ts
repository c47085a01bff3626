import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.ts';
import { openTokenizer, type Tokenizer } from '../../src/model/tokenizer/tokenizer.ts';
import { projectFolder } from '../run.ts';

const { texts, bases } = JSON.parse(readFileSync(join(projectFolder, 'fixtures/tokenizers.json'), 'utf8')) as {
  texts: string[];
  bases: Record<string, { model: object; added_tokens: object[] }>;
};

const open = (json: object): Tokenizer =>
  openTokenizer({ tokenizer: { json, config: {} }, maxTokens: 1e6, folder: '/m' } as unknown as Model);

/** A token that takes the space before it, and never occurs: texts are not read word by word where there is such a token. */
const REACHING = { id: 100_000, content: '\u{f0000}', lstrip: true, rstrip: false, single_word: false, normalized: false, special: false };

const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
const sequence = (...normalizers: string[]): object => ({ type: 'Sequence', normalizers: normalizers.map((type) => ({ type })) });
const splits = (...pretokenizers: object[]): object => ({ type: 'Sequence', pretokenizers });
const PUNCTUATION = { type: 'Punctuation', behavior: 'Isolated' };
const DIGITS = { type: 'Digits', individual_digits: true };

const KINDS: Record<string, object> = {
  'a distilled model': {
    ...bases['unigram']!,
    normalizer: sequence('NFKC', 'Lowercase'),
    pre_tokenizer: splits(metaspace, PUNCTUATION, DIGITS),
  },
  T5: { ...bases['unigram']!, pre_tokenizer: splits({ type: 'WhitespaceSplit' }, metaspace) },
  'XLM-R': { ...bases['unigram']!, normalizer: { type: 'Nmt' }, pre_tokenizer: metaspace },
  BERT: { ...bases['wordpiece']!, added_tokens: bases['wordpiece']!.added_tokens.slice(0, 5) },
};

/** What stands beside spaces in hostile texts. */
const HOSTILE = [
  ' ',
  '  ',
  '\u00a0',
  '\u3000',
  '\t',
  '▁',
  '▁▁',
  '<unk>',
  '[UNK]',
  '<s>',
  '\u0308',
  '´',
  '¨',
  '\u200b',
  '½',
  '２',
  'ﬁ',
  'İ',
  'ΟΣ',
  '\u0600',
  '𠀀',
  '...',
  '가',
  'ᄀ',
  'ᅡ',
  '\0',
  'a',
  'The',
];

describe('reading word by word', () => {
  it.each(Object.entries(KINDS))('gives the ids of %s as reading the whole text does', (_, json) => {
    const byWords = open(json);
    const whole = open({ ...json, added_tokens: [...(json as { added_tokens: object[] }).added_tokens, REACHING] });
    const piece = fc.oneof(
      fc.constantFrom(...HOSTILE),
      fc.constantFrom(...texts.flatMap((text) => text.split(' '))),
      fc.string({ unit: 'grapheme' }),
    );
    const text = fc
      .array(fc.oneof({ weight: 2, arbitrary: piece }, { weight: 1, arbitrary: fc.constant(' ') }), { maxLength: 14 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (some) => {
        // twice: the second time from what is remembered
        expect([...byWords(some).ids]).toEqual([...whole(some).ids]);
        expect([...byWords(some).ids]).toEqual([...whole(some).ids]);
      }),
      { numRuns: 2000 },
    );
    for (const some of texts) expect([...byWords(some).ids]).toEqual([...whole(some).ids]);
  });
});
