import { cpSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { loadModel } from '../../src/model/folder/folder.ts';
import { openTokenizer } from '../../src/model/tokenizer/tokenizer.ts';
import { inFreshFolder, projectFolder, run } from '../run.ts';

beforeEach(() => {
  cpSync(join(projectFolder, 'fixtures/models/bert-mean'), join(inFreshFolder(), 'm'), { recursive: true });
  vi.stubEnv('XDG_CACHE_HOME', join(process.cwd(), 'cache'));
});

const json = (file: string): Record<string, unknown> => JSON.parse(readFileSync(join('m', file), 'utf8')) as Record<string, unknown>;
const write = (file: string, content: unknown): void => writeFileSync(join('m', file), JSON.stringify(content));
const settings = (changes: object): void => write('tokenizer_config.json', { ...json('tokenizer_config.json'), ...changes });
const idsOf = (text: string): number[] => [...openTokenizer(loadModel('m'))(text).ids];
const vectorsOf = async (...texts: string[]): Promise<number[][]> => {
  writeFileSync('texts.txt', texts.join('\n'));
  const { code, out, err } = await run(['encode', 'texts.txt', '--model', 'm', '-o', '-', '-q']);
  expect([code, err]).toEqual([0, '']);
  return out
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { embedding: number[] }).embedding);
};

describe('a folder whose settings override tokenizer.json', () => {
  it('gives other vectors for other letters with do_lower_case false, and the show of the model says so', async () => {
    const [before, lower] = await vectorsOf('The Cat', 'the cat');
    expect(before).toEqual(lower);
    settings({ tokenizer_class: 'BertTokenizer', do_lower_case: false });
    const [cased, same] = await vectorsOf('The Cat', 'the cat');
    expect(cased).not.toEqual(same);
    expect(same).toEqual(lower);
    const shown = (await run(['models', 'show', 'm'])).out;
    expect(shown).toMatch(/read by BertTokenizer, as in transformers 4\.57\n\s+its settings override tokenizer\.json: lowercase false\n/);
    const { results } = JSON.parse((await run(['models', 'show', 'm', '--format', 'json'])).out) as { results: object[] };
    expect(results[0]).toMatchObject({
      tokenizer_class: 'BertTokenizer',
      tokenizer_reference: 'transformers 4.57',
      tokenizer_overrides: ['lowercase false'],
    });
  });

  it('is read by the class of its model_type where no class is named and tokenizer_config.json is missing', () => {
    rmSync('m/tokenizer_config.json');
    expect(loadModel('m').tokenizer.readAs).toEqual({ name: 'BertTokenizer', overrides: [] });
    write('config.json', { ...json('config.json'), tokenizer_class: 'PreTrainedTokenizerFast' });
    expect(loadModel('m').tokenizer.readAs?.name).toBe('PreTrainedTokenizerFast');
  });

  it('takes special tokens from older files, and those files into its hash, only where they change a token', () => {
    const { hash } = loadModel('m');
    const own = idsOf('a [MASK] b');
    write('special_tokens_map.json', { mask_token: '[MASK]', pad_token: '[PAD]' });
    write('added_tokens.json', { '[MASK]': own[2] });
    expect([loadModel('m').hash, idsOf('a [MASK] b')]).toEqual([hash, own]);
    write('special_tokens_map.json', { additional_special_tokens: ['the'] });
    expect(loadModel('m').hash).not.toBe(hash);
    expect(loadModel('m').tokenizer.readAs?.overrides).toEqual(['special tokens the']);
    expect(idsOf('xthex')).toContain(idsOf('the')[1]);
    settings({ added_tokens_decoder: {} });
    expect(loadModel('m').tokenizer.readAs?.overrides).toEqual([]);
  });

  it('reads special tokens as text with split_special_tokens', () => {
    const [, mask] = idsOf('[MASK]');
    settings({ split_special_tokens: true });
    expect(idsOf('[MASK]')).not.toContain(mask);
    expect(idsOf('[MASK]').length).toBeGreaterThan(3);
  });

  it('is an error for a text with a token that the weights have no row for, and only for that', async () => {
    settings({ additional_special_tokens: ['[NEW]'] });
    expect(await vectorsOf('the cat')).toHaveLength(1);
    writeFileSync('texts.txt', 'the [NEW] cat');
    const { code, err } = await run(['encode', 'texts.txt', '--model', 'm', '-o', '-', '-q']);
    expect([code, err]).toEqual([2, expect.stringMatching(/Cannot run the model .*\nhint: Its tokenizer\.json or its length limit/)]);
  });
});

describe('an error names what is not followed', () => {
  const failure = (): string => {
    try {
      loadModel('m');
    } catch (error) {
      const { name, message, hint } = error as Error & { hint: string };
      expect([name, hint]).toEqual(['EmbedError', expect.any(String)]);
      return message.replaceAll(join(process.cwd(), 'm'), 'm');
    }
    return 'none';
  };

  it('of a class', () => {
    settings({ tokenizer_class: 'BertJapaneseTokenizer' });
    expect(failure()).toBe(
      'Cannot use the tokenizer in m: tokenizer_config.json names the tokenizer_class BertJapaneseTokenizer, which is not supported',
    );
    settings({ tokenizer_class: null });
    write('config.json', { ...json('config.json'), tokenizer_class: 'OwnTokenizer' });
    expect(failure()).toBe('Cannot use the tokenizer in m: config.json names the tokenizer_class OwnTokenizer, which is not supported');
    write('config.json', { ...json('config.json'), tokenizer_class: null, model_type: 'esm' });
    rmSync('m/model.safetensors');
    writeFileSync('m/model.onnx', '');
    expect(failure()).toMatch(/no file names its tokenizer_class, and that of a model_type "esm" is not supported/);
  });

  it('of a setting', () => {
    const messages = [
      { tokenizer_class: 'BertTokenizer', do_lower_case: null },
      { tokenizer_class: 'BertTokenizer', strip_accents: 'no' },
      { split_special_tokens: 1 },
      { tokenizer_class: 'T5Tokenizer', add_prefix_space: true },
      { mask_token: ['[MASK]'] },
      { additional_special_tokens: 'x' },
      { additional_special_tokens: ['x'.repeat(600)] },
      { added_tokens_decoder: { 3: '[MASK]' } },
    ].map((changes) => {
      const before = json('tokenizer_config.json');
      settings(changes);
      const message = failure();
      write('tokenizer_config.json', before);
      return message;
    });
    expect(messages).toMatchInlineSnapshot(`
      [
        "Cannot use the tokenizer in m: in tokenizer_config.json, do_lower_case is null, not true or false",
        "Cannot use the tokenizer in m: in tokenizer_config.json, strip_accents is "no", not true or false",
        "Cannot use the tokenizer in m: in tokenizer_config.json, split_special_tokens is 1, not true or false",
        "Cannot use the tokenizer in m: tokenizer_config.json has add_prefix_space, with which T5Tokenizer does not read tokenizer.json",
        "Cannot load the model in m: in tokenizer_config.json, mask_token is a list, not a text of at most 512 characters or an object with its content",
        "Cannot load the model in m: in tokenizer_config.json, additional_special_tokens is "x", not a list",
        "Cannot load the model in m: in tokenizer_config.json, additional_special_tokens.0 is "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…, not a text of at most 512 characters or an object with its content",
        "Cannot load the model in m: in tokenizer_config.json, added_tokens_decoder.3 is "[MASK]", not an object",
      ]
    `);
  });

  it('of an older file', () => {
    write('added_tokens.json', { '[NEW]': 'x' });
    expect(failure()).toMatch(/in added_tokens\.json, /);
    rmSync('m/added_tokens.json');
    write('special_tokens_map.json', { mask_token: 1 });
    expect(failure()).toMatch(/in special_tokens_map\.json, mask_token /);
    renameSync('m/special_tokens_map.json', 'elsewhere');
    symlinkSync(join(process.cwd(), 'elsewhere'), 'm/special_tokens_map.json');
    if (process.platform !== 'win32') expect(failure()).toMatch(/special_tokens_map\.json leads out of the folder/);
  });

  it('of a vocabulary without a tokenizer.json', () => {
    rmSync('m/tokenizer.json');
    expect(failure()).toBe('Cannot load the model in m: tokenizer.json is missing');
    writeFileSync('m/vocab.txt', '[PAD]\n');
    expect(failure()).toBe(
      'Cannot load the model in m: tokenizer.json is missing; its vocabulary is in vocab.txt, which embed does not read',
    );
  });
});
