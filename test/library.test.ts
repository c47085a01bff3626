import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as library from '../src/index.ts';
import { cluster, dedup, EmbedError, encode, openEncoder, openSet, search } from '../src/index.ts';
import { npyHeader } from '../src/vectors/npy.ts';
import { inFreshFolder, projectFolder, run } from './run.ts';

/** The library, as a program uses it. */
const fixtures = (...names: string[]): void => {
  inFreshFolder();
  for (const name of names) copyFileSync(join(projectFolder, 'fixtures', name), name);
};
const model = 'multilingual';

/** The error of a call. */
const errorOf = async (call: () => unknown): Promise<EmbedError> => {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(EmbedError);
    return error as EmbedError;
  }
  throw new Error('nothing was thrown');
};

describe('openEncoder', () => {
  it('gives the vectors that the command stores, with what was read', async () => {
    fixtures('recipes.txt');
    const encoder = await openEncoder(model, { threads: 1 });
    const texts = readFileSync('recipes.txt', 'utf8').trimEnd().split('\n');
    const { vectors, reads } = await encoder.encode(texts);
    await encoder.close();
    await run(['encode', 'recipes.txt', '--model', model, '-q']);
    expect(vectors).toEqual(openSet('recipes.npy').vectors());
    expect(reads).toHaveLength(texts.length);
    expect(reads[0]).toEqual({ tokens: expect.any(Number) as number, lost: 0, unknown: 0 });
    expect({ dims: encoder.dims, model: encoder.model, normalized: encoder.normalized }).toEqual({ dims: 256, model, normalized: true });
  });

  it('takes no text when it is closed, and may be closed twice', async () => {
    const encoder = await openEncoder(model);
    await encoder[Symbol.asyncDispose]();
    await encoder.close();
    expect(await errorOf(() => encoder.encode(['rice']))).toMatchObject({
      message: 'Cannot encode texts: the encoder is closed',
      hint: 'Open another one with openEncoder',
    });
  });

  it('refuses what is not a text', async () => {
    const encoder = await openEncoder(model);
    expect((await errorOf(() => encoder.encode('rice' as never))).message).toBe('Cannot encode texts: the list is "rice"');
    expect((await errorOf(() => encoder.encode([1] as never))).message).toBe('Cannot encode texts: the list is an array');
    await encoder.close();
  });
});

describe('encode', () => {
  it('writes the set that the command writes, and finds it up to date', async () => {
    fixtures('tickets.csv');
    const notes: string[] = [];
    const set = await encode('tickets.csv', { textColumn: 'body', model, output: 'a.npy', onNote: (note) => notes.push(note) });
    await run(['encode', 'tickets.csv', '--text-column', 'body', '--model', model, '-o', 'b.npy', '-q']);
    expect(Buffer.compare(readFileSync('a.npy'), readFileSync('b.npy'))).toBe(0);
    expect(readFileSync('a.rows.jsonl', 'utf8')).toBe(readFileSync('b.rows.jsonl', 'utf8'));
    expect({ path: set.path, rows: set.rows, dims: set.dims, model: set.model }).toEqual({ path: 'a.npy', rows: 18, dims: 256, model });
    const made = readFileSync('a.manifest.json', 'utf8');
    await encode('tickets.csv', { textColumn: 'body', model, output: 'a.npy' });
    expect(readFileSync('a.manifest.json', 'utf8')).toBe(made);
  });

  it('refuses to give the vectors of another set for those that were opened', async () => {
    fixtures('recipes.txt');
    const set = await encode('recipes.txt', { model });
    const { data } = set.vectors();
    const renewed = await encode('recipes.txt', { model });
    expect(set.vectors().data).toEqual(data);
    writeFileSync('recipes.txt', readFileSync('recipes.txt', 'utf8').replace('rice', 'oats'));
    await encode('recipes.txt', { model });
    for (const one of [set, renewed]) expect(() => one.vectors()).toThrow('the set was replaced after it was opened');
    expect(openSet('recipes.npy').vectors().data).not.toEqual(data);
  });

  it('stops with the reason of the signal, and leaves nothing under a final name', async () => {
    fixtures('recipes.txt');
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    const error = await errorOf(() => encode('recipes.txt', { model, signal: controller.signal }));
    expect(error.cause).toEqual(new Error('enough'));
    expect(readdirSync('.')).toEqual(['recipes.txt']);
  });

  it('tells progress and notes instead of printing them', async () => {
    inFreshFolder();
    writeFileSync('a.txt', '如何煮米饭\n怎么做汤\n');
    const notes: string[] = [];
    const shares: (number | undefined)[] = [];
    await encode('a.txt', { onNote: (note) => notes.push(note), onProgress: ({ fraction }) => shares.push(fraction) });
    expect(notes.join('\n')).toContain('minilm cannot read much of this');
    expect(shares.at(-1)).toBe(1);
  });
});

describe('search', () => {
  it('answers as the command does, from a set, a path or a corpus', async () => {
    fixtures('recipes.txt');
    const set = await encode('recipes.txt', { model });
    const { out } = await run(['search', 'recipes.npy', 'how do I cook rice', '-n', '3', '--format', 'json']);
    const printed = JSON.parse(out) as { summary: unknown; results: unknown };
    for (const input of [set, 'recipes.npy']) {
      const { summary, results } = await search(input, 'how do I cook rice', { top: 3 });
      expect({ summary, results }).toEqual({ summary: printed.summary, results: printed.results });
    }
    const { results } = await search('recipes.txt', ['cook rice', 'soup'], { top: 1, model });
    expect(results.map(({ query_id: id }) => id)).toEqual(['query:0', 'query:1']);
  });

  it('takes vectors, rows and conditions', async () => {
    fixtures('tickets.csv');
    const set = await encode('tickets.csv', { textColumn: 'body', model });
    const { data, cols } = set.vectors();
    const own = await search(set, { data: data.slice(0, cols), rows: 1, cols }, { top: 1 });
    expect(own.results[0]).toMatchObject({ row: 0, cosine: 1 });
    const like = await search(set, { like: 'row:0' }, { top: 1 });
    expect(like.results[0]!.row).not.toBe(0);
    const { results } = await search(set, 'refund', { where: { team: 'billing' } });
    expect(new Set(results.map(({ fields }) => fields!['team']))).toEqual(new Set(['billing']));
    await expect(search(set, 'refund', { where: { team: { not: 'billing' } } as never })).rejects.toThrow(
      'Cannot search: where.team is neither a text nor a number nor a boolean',
    );
    expect((await search(set, 'refund', { where: ['team!=billing'] })).results.every(({ fields }) => fields!['team'] !== 'billing')).toBe(
      true,
    );
  });

  it('folds rows that are alike', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'lost card\nLost  card\nlost card\nfound keys\n');
    const notes: string[] = [];
    const { results, summary } = await search('a.txt', 'lost card', { model, distinct: true, onNote: (note) => notes.push(note) });
    expect(results.map(({ row, copies }) => [row, copies])).toEqual([
      [0, 3],
      [3, 1],
    ]);
    expect(summary).toMatchObject({ distinct_min_cosine: 0.95, hits: 2 });
    expect((await search('a.txt', 'lost card', { model })).results.every((hit) => !('copies' in hit))).toBe(true);
    await expect(search('a.txt', 'x', { model, distinct: 'yes' as never })).rejects.toThrow('distinct');
  });

  it('returns more hits than a call takes arguments', async () => {
    inFreshFolder();
    const rows = 200_000;
    writeFileSync('many.npy', Buffer.concat([npyHeader({ rows, cols: 2 }), Buffer.from(new Float32Array(2 * rows).fill(1).buffer)]));
    const { results } = await search('many.npy', { data: new Float32Array([1, 1]), rows: 1, cols: 2 }, { top: rows });
    expect(results).toHaveLength(rows);
  });

  it('refuses wrong types and options that are not known', async () => {
    fixtures('recipes.txt');
    const call = (...args: unknown[]) => errorOf(() => (search as (...all: unknown[]) => unknown)(...args));
    expect((await call('recipes.txt', 'rice', { topp: 3 })).message).toBe('Cannot search: there is no option "topp"');
    expect(await call('recipes.txt', 'rice', { top: '3' })).toMatchObject({
      message: 'Cannot search: option top is "3"',
      hint: 'Give a whole number from 1',
    });
    expect((await call('recipes.txt', 'rice', { model, maxRecordSize: 20 })).message).toBe(
      'Cannot read recipes.txt: the record that begins at line 1 is larger than 20 bytes',
    );
    expect((await call('recipes.txt', 'rice', { delimiter: '' })).hint).toBe('Give a string that is not empty');
    expect((await call(3, 'rice')).message).toBe('Cannot search: the input is of type number');
    expect((await call('recipes.txt', 7)).message).toBe('Cannot search: the list of queries is 7');
    expect((await call('recipes.txt', [])).message).toBe('Cannot search: there is no query');
    expect((await call('recipes.txt', { data: [1], rows: 1, cols: 1 })).message).toContain('rows × cols');
    expect((await call('-', 'rice')).message).toContain('standard input is for the command line');
    expect((await call('gone.txt', 'rice')).message).toBe('Cannot read gone.txt: no such file');
  });
});

describe('cluster', () => {
  it('groups as the command does', async () => {
    fixtures('feedback.csv');
    const set = await encode('feedback.csv', { textColumn: 'message', model });
    const { summary, results, centroids } = await cluster(set, { clusters: 5 });
    const { out } = await run(['cluster', 'feedback.npy', '-k', '5', '--format', 'json']);
    expect({ summary, results }).toEqual({ ...(JSON.parse(out) as object), schema: undefined });
    expect({ rows: centroids.rows, cols: centroids.cols }).toEqual({ rows: 5, cols: 256 });
  });

  it('chooses k within a range, and leaves words out of labels', async () => {
    fixtures('feedback.csv');
    const set = await encode('feedback.csv', { textColumn: 'message', model });
    const one = await cluster(set, { clusters: '3-6', stopWords: ['parcel'] });
    writeFileSync('list.txt', 'parcel\n');
    const other = await cluster(set, { clusters: { min: 3, max: 6 }, stopWords: 'list.txt' });
    expect(other).toEqual(one);
    expect(one.summary.tried!.map(({ k }) => k)).toEqual([3, 4, 5, 6]);
    expect(one.summary.clusters.flatMap(({ words }) => words)).not.toContain('parcel');
    const wrong = async (options: object): Promise<string> => {
      const { message, hint } = await errorOf(() => cluster(set, options));
      return `${message}; ${hint}`;
    };
    expect(await wrong({ clusters: '6-3' })).toContain('option clusters is "6-3"; Give another range: The range runs backwards: say 3-6');
    expect(await wrong({ clusters: { min: 1, max: 3 } })).toContain('A range starts from 2');
    expect(await wrong({ clusters: 0 })).toContain('a whole number from 1, a range such as "2-20" or { min: 2, max: 20 }, or "auto"');
    expect(await wrong({ stopWords: 'gone.txt' })).toContain('Cannot use the stop words of gone.txt: no such file');
    expect(await wrong({ stopWords: 7 })).toContain('option stopWords is 7');
  });
});

describe('dedup', () => {
  it('judges as the command does, also against other inputs', async () => {
    fixtures('tickets.csv', 'recipes.txt');
    const set = await encode('tickets.csv', { textColumn: 'body', model });
    const { summary, results } = await dedup(set, { fold: true });
    const { out } = await run(['dedup', 'tickets.npy', '--fold', '--format', 'json', '--exit-zero', '-q']);
    const printed = JSON.parse(out) as { summary: object; results: object };
    expect({ summary, results }).toEqual({ summary: { ...printed.summary, allowed: null, passed: true }, results: printed.results });

    writeFileSync('q.csv', 'q\n"Where is it?"\n');
    writeFileSync('train.csv', 'question\nwhere is it\n');
    const options = { model, textColumn: 'q', against: 'train.csv', foldPunctuation: true } as const;
    const asked = await dedup('q.csv', { ...options, againstTextColumn: 'question' });
    expect(asked.summary).toMatchObject({ fold: 'punctuation', exact: 1 });
    expect((await errorOf(() => dedup('q.csv', options))).hint).toContain('--against-text-column');
    expect((await errorOf(() => dedup('q.csv', { model, againstTextColumn: 'q' }))).message).toContain('without --against');

    const against = await dedup(['recipes.txt'], { against: set, model, minCosine: 0.99 });
    expect(against.summary).toMatchObject({ against: ['tickets.npy'], rows: 32, dropped: 0 });
    const exact = await dedup(['q.csv'], { textColumn: 'q', exact: true, fold: true });
    expect(exact.summary).toMatchObject({ min_cosine: null, model: null, near: 0, fold: 'form' });
    expect((await errorOf(() => dedup('q.csv', { exact: true, minCosine: 0.9 }))).message).toContain('use --min-cosine with --exact');
    expect((await errorOf(() => dedup('q.csv', { exact: true, model }))).message).toContain('use --model with --exact');
    expect((await errorOf(() => dedup('q.csv', { exact: true, force: true }))).message).toContain('use --force with --exact');
    expect((await errorOf(() => dedup(set, { keep: 'best' }))).message).toBe('Cannot keep "best"');
    expect((await errorOf(() => dedup(set, { minCosine: 2 }))).message).toBe('Cannot find duplicates: option minCosine is 2');
  });
});

describe('what a caller brings', () => {
  /** Counts of letters: near enough to meaning for a test. */
  const letters = {
    name: 'letters@1',
    dims: 26,
    encode: (texts: readonly string[]): number[] =>
      texts.flatMap((text) => Array.from({ length: 26 }, (_, at) => text.toLowerCase().split(String.fromCharCode(97 + at)).length - 1)),
  };

  it('an encoder is asked only for texts whose vectors are not known', async () => {
    inFreshFolder();
    let asked: string[] = [];
    const counting = { ...letters, encode: (texts: readonly string[]) => (asked.push(...texts), letters.encode(texts)) };
    writeFileSync('a.txt', 'rice\ntea\ncoffee\n');
    await encode('a.txt', { model: counting, cache: 'kept' });
    expect(asked).toEqual(['rice', 'tea', 'coffee']);
    asked = [];
    writeFileSync('a.txt', 'rice\nbread\ncoffee\n');
    await encode('a.txt', { model: counting });
    expect(asked).toEqual(['bread']);
    asked = [];
    await encode('a.txt', { model: counting, output: 'b.npy', reuse: 'a.npy' });
    await encode('a.txt', { model: counting, output: 'c.npy', cache: 'kept' });
    expect(asked).toEqual(['bread']);
    await encode('a.txt', { model: counting, output: 'd.npy', reuse: false });
    expect(asked).toEqual(['bread', 'rice', 'bread', 'coffee']);
    expect(readFileSync('d.npy').equals(readFileSync('b.npy'))).toBe(true);
    expect((await errorOf(() => encode('a.txt', { reuse: 3 as never }))).message).toContain('reuse');
  });

  it('an encoder makes sets, answers queries and finds duplicates', async () => {
    fixtures('tickets.csv');
    const set = await encode('tickets.csv', { textColumn: 'body', model: letters });
    expect({ dims: set.dims, model: set.model, rows: set.rows }).toEqual({ dims: 26, model: 'letters@1', rows: 18 });
    const { results } = await search(set, 'I was charged twice for my order in March.', { model: letters, top: 1 });
    expect(results[0]).toMatchObject({ row: 0, cosine: 1 });
    expect((await dedup(set, { model: letters, minCosine: 0.999 })).summary.dropped).toBeGreaterThan(1);
    // its vectors are not compared with those of another
    expect((await errorOf(() => search(set, 'refund', { model }))).message).toContain('different models');
    expect((await errorOf(() => search(set, 'refund'))).message).toContain('letters@1, which is not in the package');
  });

  it('an encoder that returns something else is an error', async () => {
    fixtures('recipes.txt');
    const short = { ...letters, encode: () => [1, 2, 3] };
    expect((await errorOf(() => encode('recipes.txt', { model: short }))).message).toBe(
      'Cannot use the vectors of letters@1: it gave 3 values for 32 texts of 26 dims',
    );
    const empty = { ...letters, encode: (texts: readonly string[]) => new Float32Array(texts.length * 26).fill(NaN) };
    expect((await errorOf(() => encode('recipes.txt', { model: empty }))).message).toContain('that of text 0 contains NaN');
    expect((await errorOf(() => encode('recipes.txt', { model: { name: 'x' } as never }))).hint).toContain(
      'an encoder { name, dims, encode }',
    );
    expect(readdirSync('.')).toEqual(['recipes.txt']);
  });

  it('a sink takes rows with their vectors, in order', async () => {
    fixtures('recipes.txt');
    const stored: string[] = [];
    const counts = await library.encodeTo(
      'recipes.txt',
      { write: (rows, { rows: count }) => void (expect(count).toBe(rows.length), stored.push(...rows.map(({ text }) => text!))) },
      { model },
    );
    expect(counts).toEqual({ rows: 32, blank: 0, cut: 0 });
    expect(`${stored.join('\n')}\n`).toBe(readFileSync('recipes.txt', 'utf8'));
    const full = { write: () => Promise.reject(new Error('the disk is full')) };
    await expect(library.encodeTo('recipes.txt', full, { model })).rejects.toThrow('the disk is full');
    expect((await errorOf(() => library.encodeTo('recipes.txt', {} as never))).message).toContain('no function "write"');
  });

  it('a format is read like any other', async () => {
    inFreshFolder();
    library.addFormat('stanzas', {
      suffixes: ['.poem'],
      async *read(bytes) {
        let text = '';
        for await (const chunk of bytes) text += Buffer.from(chunk).toString();
        for (const [at, stanza] of text.split('\n\n').entries()) yield { text: stanza, stanza: at };
      },
    });
    writeFileSync('a.poem', 'the sea\nis blue\n\ncooked rice\nis white');
    const { results } = await search('a.poem', 'rice', { model, top: 1 });
    expect(results[0]).toMatchObject({ text: 'cooked rice\nis white', fields: { stanza: 1 } });
    expect((await errorOf(() => library.addFormat('csv', { suffixes: ['.x'], read: async function* () {} }))).message).toContain(
      'one of that name',
    );
    expect((await errorOf(() => library.addFormat('y', { suffixes: ['.txt'], read: async function* () {} }))).message).toContain(
      '".txt" is taken',
    );
  });
});

describe('the public names', () => {
  it('are these and no others', () => {
    expect(Object.keys(library).toSorted()).toEqual([
      'EmbedError',
      'addFormat',
      'cluster',
      'dedup',
      'encode',
      'encodeTo',
      'openEncoder',
      'openSet',
      'search',
    ]);
  });

  const files = readdirSync(join(projectFolder, 'src/library')).map((file) => join(projectFolder, 'src/library', file));
  const examples = files.flatMap((file) => [
    ...readFileSync(file, 'utf8').matchAll(/ \* @example\n((?: \* .*\n)+?) \*\/\nexport (?:async )?function (\w+)/g),
  ]);

  it('of functions each have an example', () => {
    const functions = Object.entries(library).filter(([name, value]) => typeof value === 'function' && name !== 'EmbedError');
    expect(examples.map(([, , name]) => name).toSorted()).toEqual(functions.map(([name]) => name).toSorted());
  });

  it.each(examples.map(([, code, name]) => [name!, code!.replaceAll(/^ \* ?/gm, '')] as const))('%s: its example runs', async (_, code) => {
    fixtures('tickets.csv');
    await encode('tickets.csv', { textColumn: 'body', model });
    const printed: unknown[] = [];
    const names = ['console', ...Object.keys(library)];
    const values = [{ log: (...all: unknown[]) => printed.push(all) }, ...Object.values(library)];
    const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
      ...all: string[]
    ) => (...all: unknown[]) => Promise<void>;
    await new AsyncFunction(...names, code)(...values);
    expect(existsSync('tickets.npy')).toBe(true);
    if (code.includes('console.log')) expect(printed.length).toBeGreaterThan(0);
  });
});
