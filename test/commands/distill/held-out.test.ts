import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { inFreshFolder, projectFolder, run } from '../../run.ts';
import { corpus, readJson, tableOf, textOf, tiny, wordTokenizer, type Report } from './fixtures.ts';

const ajv = new Ajv2020({ allowUnionTypes: true });
const valid = ajv.compile(readJson<object>(join(projectFolder, 'docs/schemas/distill.schema.json')));

describe('embed distill measures', () => {
  it('reports in JSON as its schema says, with figures on held-out texts, pairs and scores', async () => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(400));
    // half of the first texts are among the texts
    writeFileSync(
      'pairs.tsv.gz',
      gzipSync(Array.from({ length: 300 }, (_, at) => `${textOf(at + 250)}\tauf ${textOf(at + 250)} deutsch\n`).join('')),
    );
    writeFileSync(
      'scores.csv',
      `one,other,score\n${Array.from({ length: 20 }, (_, at) => `${textOf(at)},${textOf(at * 3)},${(at * 7) % 5}\n`).join('')}`,
    );
    const { code, out, err } = await run([
      'distill',
      'corpus.txt',
      '-o',
      'small',
      '--teacher',
      tiny,
      '--dims',
      '16',
      '--pairs',
      'pairs.tsv.gz',
      '--eval',
      'scores.csv',
      '--format',
      'json',
    ]);
    expect({ code, err }).toMatchObject({ code: 0 });
    const report = JSON.parse(out) as Report;
    expect(valid(report), JSON.stringify(valid.errors)).toBe(true);
    // four texts and three pairs are held out; a text that begins a held-out pair counts there
    expect(report.summary).toMatchObject({ texts: 400, pairs: 300, dims: 16, inputs: ['corpus.txt'] });
    expect(report.summary.held_out.texts).toBeGreaterThan(0);
    expect(report.summary.held_out.mean_cosine).toBeGreaterThan(0.3);
    expect(report.results.map(({ kind, file }) => [kind, file])).toEqual([
      ['file', 'corpus.txt'],
      ['file', 'pairs.tsv.gz'],
      ['pairs', 'pairs.tsv.gz'],
      ['eval', 'scores.csv'],
    ]);
    expect(report.results[2]).toMatchObject({ pairs: 3, firsts: 3 });
    expect(report.results[3]).toMatchObject({ pairs: 20 });
    // first texts that are among the texts are not encoded again
    expect(err).toContain('encoded 400 rows');
    expect(err).toContain('encoded 150 rows');
    expect(readdirSync('.').toSorted()).toEqual(['corpus.txt', 'pairs.tsv.gz', 'scores.csv', 'small']);
    expect(readFileSync('small/README.md', 'utf8')).toContain('| pairs.tsv.gz |');
  });

  it('never fits the second text of a held-out pair, wherever else it stands', async () => {
    inFreshFolder();
    const words = Array.from({ length: 400 }, (_, at) => `word${at}`);
    writeFileSync('words.json', JSON.stringify(wordTokenizer(['the', 'one', 'other', ...words])));
    writeFileSync('corpus.txt', 'the one\nthe other\nthe one other\n');
    // each second text has two firsts; where one of them is held out, it is fitted with neither
    const pairs = words.flatMap((word, at) => [`one ${word}\tthe word${(at + 1) % 400}\n`, `other ${word}\tthe word${(at + 1) % 400}\n`]);
    writeFileSync('pairs.tsv', pairs.join(''));
    const args = ['corpus.txt', '--pairs', 'pairs.tsv', '--teacher', tiny, '--dims', '16', '--tokenizer', 'words.json', '-q'];
    const { out, code } = await run(['distill', ...args, '-o', 'small', '--format', 'json']);
    expect(code).toBe(0);
    const { summary, results } = JSON.parse(out) as { summary: { rows: number }; results: { kind: string; firsts?: number }[] };
    const { firsts } = results.find(({ kind }) => kind === 'pairs')!;
    expect(firsts).toBeGreaterThan(3);
    // of 3 texts, 800 firsts and 800 seconds: neither these firsts, nor the two rows of each of their seconds, few of which they share
    expect(summary.rows).toBeLessThan(3 + 800 - firsts! + 800 - 1.5 * firsts!);
  });

  it('never fits what it measures on', async () => {
    inFreshFolder();
    const words = Array.from({ length: 300 }, (_, at) => `word${at}`);
    writeFileSync('words.json', JSON.stringify(wordTokenizer(['the', ...words])));
    // each text is there twice: both or neither are held out
    writeFileSync('corpus.txt', [...words, ...words].map((word) => `the ${word}\n`).join(''));
    const { out, code } = await run([
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
      '--format',
      'json',
      '-q',
    ]);
    expect(code).toBe(0);
    const { summary } = JSON.parse(out) as Report;
    const { data, dims } = tableOf('small');
    const zero = words.filter((_, at) => data.subarray((at + 2) * dims, (at + 3) * dims).every((value) => value === 0));
    expect(summary.held_out.texts).toBe(6);
    expect(zero).toHaveLength(3);
    expect(summary).toMatchObject({ rows: 594, seen_tokens: 298 });
  });
});
