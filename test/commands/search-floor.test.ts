import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../../src/model/folder/folder.ts';
import { searchFloor } from '../../src/model/search-floor.ts';
import { encodeOnce, inFreshFolder, projectFolder, run } from '../run.ts';

const inKitchen = async (...model: string[]): Promise<void> => {
  inFreshFolder();
  writeFileSync('recipes.txt', readFileSync(join(projectFolder, 'fixtures/recipes.txt')));
  await encodeOnce('recipes.txt', '--model', 'multilingual', ...model);
};

describe('a query that nothing answers', () => {
  it('is named after the hits, in every format', async () => {
    await inKitchen();
    const note =
      /^note: perhaps nothing in recipes\.npy answers the query: its best cosine is 0\.0\d\d, and 95 % of unrelated queries stay below 0\.25\n$/;
    const asked = await run(['search', 'recipes.npy', 'quarterly revenue of the bank']);
    expect(asked).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^ 1 {3}0\.0/) as string,
      err: expect.stringMatching(note) as string,
    });
    expect((await run(['search', 'recipes.npy', 'quarterly revenue of the bank', '--format', 'json'])).err).toMatch(note);
    for (const query of ['how do I cook rice', 'coffee', '如何煮米饭']) expect((await run(['search', 'recipes.npy', query])).err).toBe('');
    writeFileSync('q.txt', 'rice\nquarterly revenue of the bank\nwing flutter at high speed\n');
    expect((await run(['search', 'recipes.npy', '--queries', 'q.txt', '-n', '1'])).err).toMatch(
      /^note: perhaps nothing in recipes\.npy answers 2 of 3 queries: their best cosine is below 0\.25, as that of 95 % of unrelated queries \(q\.txt:2 0\.\d{3}, q\.txt:3 0\.\d{3}\)\n$/,
    );
  });

  it.each([
    ['rows', ['--like', 'row:0', '--where', 'id=recipes.txt:30']],
    ['another metric', ['quarterly revenue of the bank', '--metric', 'dot']],
    ['words before it', ['quarterly revenue of the bank', '--prompt-text', 'query: ']],
  ])('is not looked for with %s', async (_, args) => {
    await inKitchen();
    expect((await run(['search', 'recipes.npy', ...args])).err).not.toContain('perhaps nothing');
  });

  it('is not looked for with shortened vectors', async () => {
    await inKitchen('--dims', '64');
    expect((await run(['search', 'recipes.npy', 'quarterly revenue of the bank'])).err).toBe('');
  });
});

describe('searchFloor', () => {
  it.each(['minilm', 'multilingual'])('rises with the rows, and stays where none were measured: %s', (name) => {
    const floors = [1, 10, 20, 30, 200, 1400, 1e6].map((rows) => searchFloor(loadModel(name), rows)!);
    expect(floors).toEqual(floors.toSorted((a, b) => a - b));
    expect([floors[0], floors.at(-1)]).toEqual([floors[1], floors.at(-2)]);
    expect(floors[2]).toBeGreaterThan(floors[1]!);
  });

  it('is not known for other models', () => {
    expect(searchFloor(loadModel(join(projectFolder, 'fixtures/static/st-root')), 10)).toBeUndefined();
  });

  it('is no part of what a set knows its model by', () => {
    // sets of earlier versions are of these models
    expect([loadModel('minilm').hash, loadModel('multilingual').hash].map((hash) => hash.slice(0, 15))).toEqual([
      'sha256:17973147',
      'sha256:efc4d04f',
    ]);
  });
});

describe('--dims', () => {
  it('says where a model does not say that it was trained for it, once', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'the sea\ncooked rice\n');
    writeFileSync('b.txt', 'the sea\n');
    const st = join(projectFolder, 'fixtures/static/st-root');
    const told = async (...args: string[]): Promise<string[]> =>
      (await run([...args, '--exit-zero'].filter((word) => word !== '--exit-zero' || args[0] === 'dedup'))).err
        .split('\n')
        .filter((line) => line.includes('Matryoshka'));
    const note = [
      'note: nothing in the files of st-root says that it was trained for shorter vectors (Matryoshka); cut to 5 of 16 dims, they may tell texts apart less well',
    ].map((line) => line.replace('16', String(loadModel(st).dims)));
    const cut = ['--model', st, '--dims', '5'];
    expect(await told('encode', 'a.txt', '-o', 'x.npy', ...cut)).toEqual(note);
    expect(await told('search', 'a.txt', 'sea', ...cut)).toEqual(note);
    expect(await told('cluster', 'a.txt', '-k', '2', ...cut)).toEqual(note);
    expect(await told('dedup', 'a.txt', '--against', 'b.txt', '--min-cosine', '0.9', ...cut)).toEqual(note);
    expect(await told('search', 'x.npy', 'sea', '--model', st)).toEqual([]);
    expect(await told('encode', 'a.txt', '-o', 'y.npy', '--model', st, '--dims', String(loadModel(st).dims))).toEqual([]);
    expect(await told('encode', 'a.txt', '-o', 'z.npy', '--model', 'multilingual', '--dims', '64')).toEqual([]);
  });
});
