import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.ts';
import { openTokenizer, type Tokenizer } from '../../src/model/tokenizer/tokenizer.ts';
import { projectFolder } from '../run.ts';

/** Small tokenizers with ids of tokenizers 0.23.3 in Python; scripts/make-tokenizers.py writes them. */
const { texts, bases, cases } = JSON.parse(readFileSync(join(projectFolder, 'fixtures/tokenizers.json'), 'utf8')) as {
  texts: string[];
  bases: Record<string, { model: object }>;
  cases: { base: string; name: string; steps: object; model: object; ids: number[][] }[];
};

function open(json: unknown, { maxTokens = 1e6, config = {}, prompt = '' } = {}): Tokenizer {
  return openTokenizer({ tokenizer: { json, config }, maxTokens, folder: '/m' } as unknown as Model, { prompt });
}

describe('openTokenizer', () => {
  it.each(cases)('$base, $name: gives the ids of the reference', ({ base, steps, model, ids }) => {
    const tokenize = open({ ...bases[base]!, ...steps, model: { ...bases[base]!.model, ...model } });
    const wrong = texts.flatMap((text, at) => {
      const ours = [...tokenize(text).ids];
      return JSON.stringify(ours) === JSON.stringify(ids[at]) ? [] : [{ text, ours, reference: ids[at] }];
    });
    expect(wrong).toEqual([]);
  });

  it('cuts at the right, at the left where the tokenizer says so, and neither pads nor takes the limit that is in the file', () => {
    const text = texts.find((text) => text.startsWith('left'));
    const padded = { strategy: { Fixed: 64 }, direction: 'Right', pad_id: 0, pad_type_id: 0, pad_token: '[PAD]' };
    const json = { ...bases['wordpiece']!, padding: padded, truncation: { max_length: 4, direction: 'Right' } };
    const [cls, ...rest] = open(json)(text!).ids;
    const body = rest.slice(0, -1);
    const ids = (options: object, asked: object = json): number[] => [...open(asked, options)(text!).ids];
    expect(body.length).toBeGreaterThan(6);
    expect(ids({ maxTokens: 8 })).toEqual([cls, ...body.slice(0, 6), 3]);
    expect(ids({ maxTokens: 8, config: { truncation_side: 'left' } })).toEqual([cls, ...body.slice(-6), 3]);
    expect(ids({ maxTokens: 8 }, { ...json, truncation: { max_length: 4, direction: 'Left' } })).toEqual([cls, ...body.slice(-6), 3]);
    expect(open(json, { maxTokens: 8 })(text!)).toMatchObject({ lost: body.length - 6, lostExact: true, bodyTokens: 6 });
    expect(ids({ maxTokens: 2 })).toEqual([2, 3]);
  });

  it('reads long texts in pieces without a change of their tokens', () => {
    for (const [name, base] of Object.entries(bases)) {
      const tokenize = open({ ...base, post_processor: null });
      const ids = (times: number): Int32Array => tokenize('the lazy dog isn’t two tokens '.repeat(times)).ids;
      const [two, three, many] = [ids(2), ids(3), ids(8000)];
      const period = three.length - two.length;
      expect([name, many.length]).toEqual([name, two.length + 7998 * period]);
      const inner = many.slice(period, -period);
      expect([name, inner.every((id, at) => at < period || id === inner[at - period])]).toEqual([name, true]);
    }
    const llama = {
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    };
    const base = { ...bases['sentencepiece-bpe']!, pre_tokenizer: null, normalizer: { type: 'Sequence', ...llama } };
    const one = open(base)('dog dog').ids;
    const word = one.slice(one.length / 2);
    expect([...open(base)('dog '.repeat(20_000).trim()).ids]).toEqual(Array.from({ length: 20_000 }, () => [...word]).flat());
  });

  it('reads half of a surrogate pair as U+FFFD', () => {
    const tokenize = open(bases['byte-level']);
    expect(tokenize('a\ud800b').ids).toEqual(tokenize('a\ufffdb').ids);
  });

  it('numbers added tokens as the reference does, whatever the file says', () => {
    const base = bases['wordlevel'] as { model: { vocab: object }; added_tokens: object[] };
    const added = [...base.added_tokens, { content: 'new', id: 9999, special: true, normalized: false }];
    expect([...open({ ...base, added_tokens: added })('new').ids]).toEqual([Object.keys(base.model.vocab).length]);
  });

  it('says which piece of which file is not supported', () => {
    const base = bases['unigram'] as { model: { vocab: [string, number][] } };
    const failure = (changes: object): string => {
      try {
        open({ ...base, ...changes });
      } catch (error) {
        expect(error).toMatchObject({ name: 'EmbedError', hint: expect.any(String) });
        return (error as Error).message.replace('Cannot use the tokenizer.json in /m: ', '');
      }
      return 'none';
    };
    expect([
      failure({ normalizer: { type: 'Magic' } }),
      failure({ pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'UnicodeScripts' }] } }),
      failure({ post_processor: { type: 'Magic' } }),
      failure({ model: { type: 'Magic', vocab: {} } }),
      failure({ model: { type: 'BPE', vocab: { a: 0 }, merges: [], dropout: 0.1 } }),
      failure({ model: { type: 'BPE', vocab: { a: 0 }, merges: ['a b'] } }),
      failure({ model: { type: 'BPE', vocab: { a: 0 } } }),
      failure({ model: { type: 'Unigram', vocab: [['a', 0]], unk_id: null } }),
      failure({ pre_tokenizer: { type: 'Split', pattern: { Regex: '(?<' }, behavior: 'Isolated', invert: false } }),
      failure({ pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'Magic', invert: false } }),
      failure({ normalizer: { type: 'Sequence' } }),
      failure({ model: undefined }),
    ]).toMatchInlineSnapshot(`
      [
        "the normalizer "Magic" is not supported",
        "the pre-tokenizer "UnicodeScripts" is not supported",
        "the post-processor "Magic" is not supported",
        "the model "Magic" is not supported",
        "a "dropout" of its merges would give other tokens every time",
        "merge 0 ("a b") is not in its vocabulary",
        "it is not laid out as the tokenizers library writes it",
        "its vocabulary has no token for unknown text",
        "the pattern {"Regex":"(?<"} is not supported",
        "the behavior "Magic" of a pre-tokenizer is not known",
        "it is not laid out as the tokenizers library writes it",
        "it has no "model" with a vocabulary",
      ]
    `);
    for (const json of [{}, [], null, 'text', 1]) expect(() => open(json)).toThrow('it has no "model" with a vocabulary');
    expect(() => open(bases['wordpiece'], { maxTokens: 1 })).toThrow('its limit of 1 tokens has no room for its special tokens');
  });
});
