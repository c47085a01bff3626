import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodeOnce, inFreshFolder, projectFolder, run } from '../run.ts';

const MODEL = ['--model', 'multilingual'];
const LINES = 'cooked rice\nthe sea\na red car\n';
const TABLE = 'id,body,title\n1,cooked rice,food\n2,the sea,nature\n';
const search = (input: string, ...flags: string[]): ReturnType<typeof run> => run(['search', input, 'rice', '-n', '1', ...flags]);

/** Replaces words of a manifest, so that the set looks as if it was made otherwise. */
const forge = (name: string, from: string, to: string): void => {
  const text = readFileSync(`${name}.manifest.json`, 'utf8');
  expect(text).toContain(from);
  writeFileSync(`${name}.manifest.json`, text.replace(from, to));
};

beforeEach(() => {
  inFreshFolder();
  mkdirSync('data');
  mkdirSync('elsewhere');
  writeFileSync('data/a.txt', LINES);
});

describe('a set of INPUT', () => {
  it('is found beside it from any working folder, and gives the same answer there', async () => {
    process.chdir('data');
    await encodeOnce('a.txt');
    const { out } = await search('a.txt', '-q');
    process.chdir('../elsewhere');
    const beside = await search('../data/a.txt');
    expect(beside).toEqual({ code: 0, out: out.replace('a.txt', '../data/a.txt'), err: 'using ../data/a.npy, which is up to date\n' });
    const absolute = join(process.cwd(), '../data');
    expect((await search(join(absolute, 'a.txt'))).err).toBe(`using ${join(absolute, 'a.npy')}, which is up to date\n`);
    expect((await run(['dedup', '../data/a.txt'])).err).toBe('using ../data/a.npy, which is up to date\n');
    expect((await run(['cluster', '../data/a.txt', '-k', '2'])).err).toContain('using ../data/a.npy, which is up to date\n');
  });

  it('is taken from the working folder first, unless it is of another corpus of that name', async () => {
    process.chdir('data');
    await run(['encode', 'a.txt', ...MODEL]);
    process.chdir('../elsewhere');
    writeFileSync('a.txt', 'another corpus\n');
    await run(['encode', 'a.txt', ...MODEL]);
    expect((await search('../data/a.txt', ...MODEL)).err).toBe('using ../data/a.npy, which is up to date\n');
    await run(['encode', '../data/a.txt', '-o', 'a.npy', '--overwrite', ...MODEL]);
    expect((await search('../data/a.txt', ...MODEL)).err).toBe('using a.npy, which is up to date\n');
  });

  it('of any model is used where no option names one, and the note names it', async () => {
    process.chdir('data');
    await encodeOnce('a.txt', ...MODEL, '--dims', '64', '--prompt-text', 'food: ');
    const using = 'using a.npy, which is up to date (model multilingual)\n';
    const { code, out, err } = await search('a.txt', '--format', 'json');
    expect({ code, err }).toEqual({ code: 0, err: using });
    expect(JSON.parse(out)).toMatchObject({ summary: { model: 'multilingual' } });
    expect((await search('a.npy', '--format', 'json')).out.replace('a.npy', 'a.txt')).toBe(out);
    expect((await run(['cluster', 'a.txt', '-k', '2'])).err).toContain(using);
    expect((await run(['dedup', 'a.txt', '--min-cosine', '0.9'])).err).toContain(using);
    expect((await search('a.txt', ...MODEL)).err).toMatch(
      /^note: a\.npy is not used: it was made with prompt "food: ", 64 dims; to use it, leave --model out\nencoded 3 rows into 256 dims/,
    );
    expect((await search('a.txt', '--dims', '64')).err).toContain(
      'note: a.npy is not used: it was made with model multilingual; to use it, leave --dims out\n',
    );
    await run(['encode', 'a.txt', '--dims', '64', '-q']);
    expect((await search('a.txt')).err).toBe('using a.npy, which is up to date (64 dims)\n');
  });

  it('of a model that is not here is searched as the set itself would be', async () => {
    process.chdir('data');
    const folder = join(projectFolder, 'fixtures/static/st-int8');
    await run(['encode', 'a.txt', '--model', folder]);
    const { code, err } = await search('a.txt');
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(
        /^using a\.npy, which is up to date \(model st-int8\)\nerror: Cannot encode a query for a\.txt: .*st-int8.*\nhint: Name its folder with --model/,
      ) as string,
    });
    expect((await search('a.txt', '--model', folder)).err).toBe('using a.npy, which is up to date\n');
    expect((await run(['cluster', 'a.txt', '-k', '2'])).code).toBe(0);
  });
});

describe('a set of INPUT that is not used', () => {
  it.each([
    ['input', () => writeFileSync('a.txt', `${LINES}eggs\n`), /: a\.txt has changed since; to renew it: embed encode a\.txt --model multi/],
    ['same length', () => writeFileSync('a.txt', LINES.replace('red', 'big')), /: a\.txt has changed since; to renew it: embed encode /],
    ['version', () => forge('a', '"tool":"embed ', '"tool":"embed 0.'), /: it was made by embed 0\.\S+; to renew it: embed encode a\.txt /],
    ['rows', () => rmSync('a.rows.jsonl'), /: a\.rows\.jsonl is missing; to renew it: embed encode a\.txt --model multilingual$/],
    ['vectors', () => truncateSync('a.npy', 500), /: it has \d+ bytes of data where .*; to renew it: embed encode a\.txt /],
    ['text', () => forge('a', '"text":true', '"text":false'), /: it was made with --no-text; to use it as it is, give a\.npy in the place/],
    ['subset', () => forge('a', '"options":{', '"options":{"subset":"dedup",'), /: it holds only some of the rows; to use it as it is, /],
  ])('says why: %s', async (_, change, note) => {
    process.chdir('data');
    await encodeOnce('a.txt', ...MODEL);
    change();
    const { code, err } = await search('a.txt', ...MODEL);
    expect(code).toBe(0);
    const [first, second] = err.split('\n');
    expect(first).toMatch(/^note: a\.npy is not used: /);
    expect(first).toMatch(note);
    expect(second).toMatch(/^encoded \d rows into 256 dims with multilingual/);
    expect((await search('a.txt', ...MODEL, '-q')).err).toBe('');
  });

  it('gives its vectors for texts that are unchanged', async () => {
    process.chdir('data');
    await encodeOnce('a.txt');
    writeFileSync('a.txt', LINES.replace('the sea', 'boiled rice'));
    const { err, out } = await search('a.txt');
    expect(err).toMatch(
      /^note: a\.npy is not used: a\.txt has changed since; to renew it: embed encode a\.txt\nencoded 3 rows .*\n {2}2 vectors taken over from a\.npy, where the text is the same\n$/,
    );
    for (const file of ['a.npy', 'a.rows.jsonl', 'a.manifest.json']) rmSync(file);
    expect((await search('a.txt')).out).toBe(out);
  });

  it('names the options that differ, and how to renew a set of another model or elsewhere', async () => {
    process.chdir('data');
    writeFileSync('t.csv', TABLE);
    await run(['encode', 't.csv', '--text-column', 'body', '--id-column', 'id', ...MODEL]);
    expect((await search('t.csv', '--text-column', 'title', '--columns', 'none', ...MODEL)).err).toContain(
      'note: t.npy is not used: it was made with --text-column body, with --id-column id, without --columns; to use it as it is, give t.npy in the place of t.csv\n',
    );
    await run(['encode', 'a.txt', ...MODEL]);
    writeFileSync('a.txt', `${LINES}eggs\n`);
    process.chdir('../elsewhere');
    expect((await search('../data/a.txt')).err).toMatch(
      /^note: \.\.\/data\/a\.npy is not used: \.\.\/data\/a\.txt has changed since; to renew it, encode \.\.\/data\/a\.txt again with model multilingual\nencoded 4 rows into 384 dims with minilm/,
    );
    expect((await search('../data/a.txt', ...MODEL)).err).toContain(
      '; to renew it: embed encode ../data/a.txt --model multilingual -o ../data/a.npy\n',
    );
  });
});

describe('vectors that will be compared', () => {
  it('are of the model of the others: --against', async () => {
    process.chdir('data');
    writeFileSync('b.txt', 'the sea\nboiled eggs\n');
    await encodeOnce('a.txt', ...MODEL);
    const args = ['dedup', 'b.txt', '--against', 'a.txt', '--exit-zero'];
    // INPUT is encoded with the default model, so the set of OTHER is of no use
    expect((await run(args)).err).toMatch(
      /^encoded 2 rows .* with minilm .*\nnote: a\.npy is not used: it was made with model multilingual; b\.txt is of the model minilm\nencoded 3 rows .* with minilm /,
    );
    await run(['encode', 'b.txt', ...MODEL]);
    expect((await run(args)).err).toBe(
      'using b.npy, which is up to date (model multilingual)\nusing a.npy, which is up to date (model multilingual)\n',
    );
    rmSync('a.npy');
    expect((await run(['dedup', 'b.txt', '--against', 'a.txt', '--exit-zero'])).err).toMatch(/\nencoded 3 rows .* with multilingual /);
    expect((await run(['dedup', 'a.txt', '--against', 'b.npy', '--exit-zero'])).err).toMatch(/\nencoded 3 rows .* with multilingual /);
  });

  it('are of the model of the others, or the error says what to do', async () => {
    process.chdir('data');
    writeFileSync('b.txt', 'the sea\n');
    await run(['encode', 'a.txt', '--model', join(projectFolder, 'fixtures/static/st-int8')]);
    const { code, err } = await run(['dedup', 'a.txt', '--against', 'b.txt', '--min-cosine', '0.9']);
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(
        /\nerror: Cannot encode b\.txt with the model of a\.txt: .* st-int8, which is not in the package\nhint: Name its folder with --model, or encode both with the same one\n$/,
      ) as string,
    });
  });

  it('are of the model of the others: --assign, --vectors', async () => {
    process.chdir('data');
    await run(['cluster', 'a.txt', '-k', '2', '--centroids', 'c.npy', '-q']);
    writeFileSync('q.txt', 'rice\n');
    await run(['encode', 'q.txt', '-q']);
    await encodeOnce('a.txt', ...MODEL);
    expect((await run(['cluster', 'a.txt', '--assign', 'c.npy'])).err).toMatch(
      /^note: a\.npy is not used: it was made with model multilingual; c\.npy is of the model minilm\nencoded 3 rows .* with minilm /,
    );
    expect((await run(['search', 'a.txt', '--vectors', 'q.npy'])).err).toMatch(
      /^note: a\.npy is not used: it was made with model multilingual; q\.npy is of the model minilm\nencoded 3 rows .* with minilm /,
    );
    const facts = readFileSync('c.clusters.json', 'utf8');
    writeFileSync('c.clusters.json', facts.replace('"name": "minilm"', '"name": 7'));
    expect((await run(['cluster', 'a.txt', '--assign', 'c.npy'])).err).toContain('c.clusters.json is damaged: origin');
  });
});

describe('embed encode from another folder', () => {
  it('finds the set up to date, and writes the same bytes', async () => {
    process.chdir('data');
    await run(['encode', 'a.txt', ...MODEL]);
    const files = ['a.npy', 'a.rows.jsonl', 'a.manifest.json'];
    const bytes = files.map((file) => readFileSync(file, 'latin1'));
    process.chdir('../elsewhere');
    const args = ['encode', '../data/a.txt', '-o', '../data/a.npy', ...MODEL];
    expect((await run(args)).err).toBe('../data/a.npy is up to date: same input, model and options\n');
    for (const file of files) rmSync(`../data/${file}`);
    expect((await run(args)).err).toContain('encoded 3 rows');
    expect(files.map((file) => readFileSync(`../data/${file}`, 'latin1'))).toEqual(bytes);
    // a corpus and its set that are moved together still belong together
    renameSync('../data', '../moved');
    expect((await search('../moved/a.txt', ...MODEL)).err).toBe('using ../moved/a.npy, which is up to date\n');
    copyFileSync('../moved/a.txt', 'a.txt');
    expect((await search('a.txt', ...MODEL)).err).toContain('encoded 3 rows');
  });
});
