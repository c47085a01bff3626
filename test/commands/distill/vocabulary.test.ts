import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inFreshFolder, run } from '../../run.ts';
import { corpus, textOf, tiny, wordTokenizer, type Report } from './fixtures.ts';

describe('embed distill --vocab', () => {
  it('says which files a vocabulary does not know', async () => {
    inFreshFolder();
    writeFileSync('words.json', JSON.stringify(wordTokenizer(['the', 'rice', 'and', 'of', 'number'])));
    writeFileSync('corpus.txt', 'the rice and the rice\nthe number of rice\n');
    writeFileSync('ru.tsv', 'the rice\tварёный рис the\n');
    const { code, err } = await run([
      'distill',
      'corpus.txt',
      '-o',
      'small',
      '--teacher',
      tiny,
      '--dims',
      '16',
      '--tokenizer',
      'words.json',
      '--pairs',
      'ru.tsv',
    ]);
    expect(code).toBe(0);
    expect(err).toContain(
      'warning: ru.tsv: 66.7 % of its tokens are unknown to the vocabulary. Learn one from the texts with --vocab N, or give another with --tokenizer\n',
    );
    expect(err).not.toContain('corpus.txt: ');
  });

  it('learns a vocabulary from texts and translations, which then knows both', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(300));
    writeFileSync('ru.tsv', Array.from({ length: 200 }, (_, at) => `${textOf(at)}\tварёный рис номер ${at} на берегу моря\n`).join(''));
    const args = [
      'distill',
      'corpus.txt',
      '--pairs',
      'ru.tsv',
      '--teacher',
      tiny,
      '--dims',
      '16',
      '--vocab',
      '70',
      '--format',
      'json',
      '-q',
    ];
    const { code, out, err } = await run([...args, '-o', 'small']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const { summary, results } = JSON.parse(out) as Report;
    expect(summary).toMatchObject({ tokens: 70, scripts: ['Latin', 'Cyrillic'] });
    for (const { unknown, tokens } of results.slice(0, 2)) expect(Number(unknown)).toBeLessThan(0.05 * Number(tokens));
    await run([...args, '-o', 'again']);
    for (const file of ['tokenizer.json', 'model.safetensors']) {
      expect(Buffer.compare(readFileSync(join('small', file)), readFileSync(join('again', file)))).toBe(0);
    }
  });

  it('says when texts are too few for it', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(40));
    const { code, err } = await run(['distill', 'corpus.txt', '--teacher', tiny, '--dims', '16', '--vocab', '20000', '-o', 'small', '-q']);
    expect(code).toBe(2);
    expect(err).toMatch(
      /^error: Cannot learn a vocabulary of 20000 pieces: the texts give \d+\nhint: Use --vocab \d+ or less, or give more texts\n$/,
    );
    expect(existsSync('small')).toBe(false);
  });
});
