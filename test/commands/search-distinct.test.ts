import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { distinctHits } from '../../src/commands/search/distinct.ts';
import type { Hit } from '../../src/report/hits.ts';
import { matrixReader } from '../../src/vectors/stored-rows.ts';
import { encodeOnce, inFreshFolder, projectFolder, run } from '../run.ts';
import { writeMatrix } from './dedup/shared.ts';

const validate = new Ajv2020().compile(JSON.parse(readFileSync(join(projectFolder, 'docs/schemas/search.schema.json'), 'utf8')) as object);

const OTHERS = ['My card was stolen', 'How do I top up?', 'Where is my refund?', 'The app crashes', 'I want a new PIN', 'I lost my keys'];
const MORE = [
  'Freeze my account',
  'Can I have a loan?',
  'Close my account',
  'Order a virtual card',
  'Change my address',
  'The cat sat down',
];
const CORPUS = [...Array.from({ length: 12 }, (_, at) => (at % 3 === 0 ? 'I LOST  my card' : 'I lost my card')), ...OTHERS, ...MORE];

const inCorpus = async (): Promise<void> => {
  inFreshFolder();
  writeFileSync('c.txt', `${CORPUS.join('\n')}\n`);
  await encodeOnce('c.txt', '--model', 'multilingual');
};

const hits = async (...args: string[]): Promise<Hit[]> => {
  const { out } = await run(['search', 'c.npy', ...args, '--distinct', '--format', 'jsonl', '-q']);
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Hit);
};

describe('search --distinct', () => {
  it('gives ten different rows where the nearest text stands twelve times', async () => {
    await inCorpus();
    const found = await hits('lost card', '-n', '10');
    expect(found.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(new Set(found.map(({ text }) => text!.toLowerCase())).size).toBe(10);
    expect(found.map(({ copies }) => copies)).toEqual([12, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect(found[0]).toMatchObject({ row: 0, text: 'I LOST  my card' });
  });

  it('counts all copies of the last hit, and gives fewer hits where there are no more', async () => {
    await inCorpus();
    expect(await hits('lost card', '-n', '1')).toMatchObject([{ copies: 12 }]);
    expect(await hits('lost card', '-n', '100')).toHaveLength(13);
    expect(await hits('lost card', '--min-cosine', '0.7')).toMatchObject([{ copies: 12 }, { text: 'My card was stolen', copies: 1 }]);
    const none = await run(['search', 'c.npy', 'lost card', '--distinct', '--min-cosine', '0.99']);
    expect(none).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(/no hit at or above 0\.99: the best cosine is 0\.\d+, c\.txt:1\n/) as string,
    });
  });

  it('takes queries of every kind', async () => {
    await inCorpus();
    writeFileSync('q.txt', 'lost card\nrefund\n');
    const copies = (found: readonly Hit[]): unknown => found.map(({ query_id: id, copies: count }) => [id, count]);
    expect(copies(await hits('--queries', 'q.txt', '-n', '2'))).toEqual([
      ['q.txt:1', 12],
      ['q.txt:1', 1],
      ['q.txt:2', 1],
      ['q.txt:2', 1],
    ]);
    await encodeOnce('q.txt', '--model', 'multilingual');
    expect(copies(await hits('--vectors', 'q.npy', '-n', '1'))).toEqual([
      ['q.txt:1', 12],
      ['q.txt:2', 1],
    ]);
    // the row itself is no hit, but its copies are
    expect(copies(await hits('--like', 'row:0', '--like', 'row:12', '-n', '1'))).toEqual([
      ['c.txt:1', 11],
      ['c.txt:13', 12],
    ]);
    expect(await hits('lost card', '--where', 'id!=c.txt:1', '-n', '1')).toMatchObject([{ row: 1, copies: 11 }]);
  });

  it('has copies in every format, and only then', async () => {
    await inCorpus();
    const print = async (format: string, ...more: string[]): Promise<string> =>
      (await run(['search', 'c.npy', 'lost card', '-n', '2', '-q', '--format', format, ...more])).out;
    const [csv] = parse(await print('csv', '--distinct'), { columns: true }) as Record<string, string>[];
    expect(Object.keys(csv!)).toEqual(['query_id', 'rank', 'row', 'id', 'cosine', 'copies', 'text', 'file', 'line', 'query']);
    expect(csv).toMatchObject({ copies: '12' });
    expect((await print('tsv', '--distinct')).split('\n').map((line) => line.split('\t')[5])).toEqual(['copies', '12', '1', undefined]);
    expect(await print('text', '--distinct')).toMatch(
      /^ 1 {2}0\.\d{3} {2}×12 {2}c\.txt:1 {3}I LOST my card\n 2 {2}0\.\d{3} {7}c\.txt:13 {2}My card/,
    );
    const json = JSON.parse(await print('json', '--distinct')) as object;
    expect(json).toMatchObject({ summary: { distinct_min_cosine: 0.95, hits: 2 }, results: [{ copies: 12 }, { copies: 1 }] });
    expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
    for (const format of ['csv', 'tsv', 'json', 'jsonl', 'text']) expect(await print(format)).not.toMatch(/copies|distinct|×/);
  });

  it('says where no cosine of near-duplicates is known, and takes only equal vectors for one', async () => {
    inFreshFolder();
    writeMatrix('a.npy', [
      [1, 0],
      [2, 0],
      [1, 0.01],
      [0, 1],
    ]);
    writeMatrix('q.npy', [[1, 0]]);
    const { out, err } = await run(['search', 'a.npy', '--vectors', 'q.npy', '--distinct', '--format', 'tsv']);
    expect(out.split('\n').map((line) => line.split('\t').slice(2, 6))).toEqual([
      ['row', 'id', 'cosine', 'copies'],
      ['0', 'row:0', '1', '2'],
      ['2', 'row:2', '0.99995', '1'],
      ['3', 'row:3', '0', '1'],
      [],
    ]);
    expect(err).toBe('note: no cosine of near-duplicates is known for a.npy, so only rows of one text or one vector are one hit\n');
  });

  it('does not take rows for one that the model could not read', async () => {
    inFreshFolder();
    writeFileSync('ja.txt', '男が草を刈っている\n男が像を彫っている\n男が草を刈っている\n');
    const { out } = await run(['search', 'ja.txt', '男', '--distinct', '--format', 'tsv', '-q']);
    expect(
      out
        .split('\n')
        .slice(1, -1)
        .map((line) => line.split('\t')[5]),
    ).toEqual(['2', '1']);
  });
});

describe('distinctHits', () => {
  it('gives what folding the whole list gives, however deep it must search', async () => {
    const rows = 600;
    // families of rows, one larger than the other
    const familyOf = Array.from({ length: rows }, (_, row) => Math.floor(Math.sqrt(row)));
    const data = Float32Array.from({ length: rows * 2 }, (_, at) => {
      const angle = familyOf[at >> 1]! / 17;
      return at % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
    });
    const vectors = matrixReader({ data, rows, cols: 2 });
    const list = Array.from({ length: rows }, (_, row) => ({ row, value: Number(data[row * 2]!.toFixed(6)) })).toSorted(
      (a, b) => b.value - a.value || a.row - b.row,
    );
    const depths: number[] = [];
    const find = async (top: number): Promise<{ row: number; copies: number }[]> => {
      depths.length = 0;
      const [found] = await distinctHits(1, {
        top,
        minCosine: undefined,
        likeness: { minCosine: 1, scripts: undefined },
        vectors,
        texts: { known: false, get: async () => new Map(), async *scan() {}, find: async () => [] },
        nearest: async (_, count) => (depths.push(count), list.slice(0, count)) && [list.slice(0, count)],
      });
      return found!.map(({ row, copies }) => ({ row, copies }));
    };
    const expected = [...new Set(familyOf)].map((family) => ({
      row: familyOf.indexOf(family),
      copies: familyOf.filter((one) => one === family).length,
    }));
    for (const top of [1, 3, 10, 24, 25, 26, 600]) expect(await find(top), `${top}`).toEqual(expected.slice(0, top));
    await find(10);
    expect(depths).toEqual([36, 144]);
    await find(20);
    expect(depths).toEqual([56, 224, 600]);
  });
});
