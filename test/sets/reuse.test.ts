import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyOf, textIndex } from '../../src/vectors/text-index.ts';
import { openVectorCache } from '../../src/vectors/vector-cache.ts';
import { inFreshFolder, projectFolder, run } from '../run.ts';

const tiny = join(projectFolder, 'fixtures/models/bert-mean');
const texts = Array.from({ length: 700 }, (_, at) => `the cat sat on mat ${at % 97} ${'rice '.repeat(at % 5)}${Math.floor(at / 50)}`);
const SUFFIXES = ['npy', 'rows.jsonl', 'manifest.json'];

const writeTexts = (lines: readonly string[], path = 'a.txt'): void => writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
const encode = (...more: string[]): ReturnType<typeof run> => run(['encode', 'a.txt', '--model', tiny, ...more]);
const contents = (): string[] => SUFFIXES.map((suffix) => readFileSync(`a.${suffix}`, 'latin1'));

/** The corpus after an edit: a line changed, one moved, one new at the front, one gone. */
const edited = [
  'a new line about coffee',
  texts[600]!,
  ...texts.slice(0, 300),
  'a changed line',
  ...texts.slice(301, 600),
  ...texts.slice(602),
];

/** The bytes of a run from nothing. */
async function fromNothing(lines: readonly string[]): Promise<string[]> {
  const folder = inFreshFolder();
  writeTexts(lines);
  expect((await encode('-q')).code).toBe(0);
  const bytes = contents();
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  return bytes;
}

describe('a corpus that has changed', () => {
  it('is encoded as far as it changed, with the bytes of a run from nothing', async () => {
    const expected = await fromNothing(edited);
    inFreshFolder();
    writeTexts(texts);
    await encode('-q');
    writeTexts(edited);
    const { code, err } = await encode();
    expect(code).toBe(0);
    expect(err).toMatch(/^ {2}698 vectors taken over from a\.npy, where the text is the same$/m);
    expect(contents()).toEqual(expected);
  });

  it('is encoded whole with --no-reuse, with another model and with other options of it', async () => {
    inFreshFolder();
    writeTexts(texts.slice(0, 20));
    await encode('-q');
    writeTexts(texts.slice(1, 20));
    for (const flags of [['--no-reuse'], ['--pooling', 'cls'], ['--prompt-text', 'rice ']]) {
      const { code, err } = await encode('--overwrite', ...flags);
      expect(code).toBe(0);
      expect(err).not.toContain('taken over');
    }
  });

  it('takes no vectors from a set without texts, or that was damaged', async () => {
    const expected = await fromNothing(edited);
    inFreshFolder();
    writeTexts(texts);
    await encode('-q', '--no-text');
    writeTexts(edited);
    expect((await encode('--overwrite', '--no-text')).err).not.toContain('taken over');
    await encode('--overwrite', '-q');
    writeTexts(texts);
    const vectors = readFileSync('a.npy');
    vectors[128 + 300 * 64]! ^= 1;
    const { mtime } = statSync('a.npy');
    writeFileSync('a.npy', vectors);
    utimesSync('a.npy', mtime, mtime);
    writeTexts(edited);
    expect((await encode('--overwrite')).code).toBe(0);
    expect(contents()).toEqual(expected);
  });
});

describe('--reuse', () => {
  it('takes vectors from other sets, with the bytes of a run from nothing', async () => {
    const expected = await fromNothing(edited);
    inFreshFolder();
    for (const [name, lines] of [
      ['one', texts.slice(0, 400)],
      ['two', texts.slice(400)],
    ] as const) {
      writeTexts(lines, `${name}.txt`);
      await run(['encode', `${name}.txt`, '-q', '--model', tiny]);
    }
    writeTexts(edited);
    const { code, err } = await encode('--reuse', 'one.npy', '--reuse', 'two.npy');
    expect(code).toBe(0);
    expect(err).toContain('  399 vectors taken over from one.npy, where the text is the same\n');
    expect(err).toContain('  299 vectors taken over from two.npy, where the text is the same\n');
    expect(contents()).toEqual(expected);
  });

  it.each([
    [
      'a set of another model',
      ['encode', 'b.txt', '-q', '--model', join(projectFolder, 'fixtures/models/bert-legacy')],
      /it is of the model .*bert-legacy, not/,
    ],
    ['a set with another pooling', ['encode', 'b.txt', '-q', '--model', tiny, '--pooling', 'cls'], /other files or options/],
    ['a set without texts', ['encode', 'b.txt', '-q', '--model', tiny, '--no-text'], /--no-text/],
    ['a set that does not exist', ['encode', 'b.txt', '-q', '--model', tiny, '-o', 'c.npy'], /no such file/],
  ])('refuses %s', async (_, args, message) => {
    inFreshFolder();
    writeTexts(['rice'], 'b.txt');
    writeTexts(['rice']);
    expect((await run(args)).code).toBe(0);
    const { code, err } = await encode('--reuse', 'b.npy');
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err).toMatch(/^hint: /m);
    expect(readdirSync('.')).not.toContain('a.npy');
  });

  it('says that it is of no use with a static model', async () => {
    inFreshFolder();
    writeTexts(['rice']);
    await run(['encode', 'a.txt', '-q', '--model', 'multilingual']);
    const { code, err } = await run(['encode', 'a.txt', '-o', 'b.npy', '--model', 'multilingual', '--reuse', 'a.npy']);
    expect(code).toBe(0);
    expect(err).toContain('note: --reuse has no effect on multilingual: it is static');
  });
});

describe('--cache', () => {
  it('keeps vectors for later runs, of any command, with the bytes of a run from nothing', async () => {
    const expected = await fromNothing(edited);
    inFreshFolder();
    writeTexts(texts);
    const cold = await run(['encode', 'a.txt', '--model', tiny, '--cache', 'kept', '-o', 'b.npy']);
    expect(cold.err).toContain('  nothing was taken from the cache kept; 700 encoded\n');
    writeTexts(edited);
    const { err } = await encode('--cache', 'kept');
    expect(err).toContain(`  698 of ${edited.length} vectors from the cache kept; 2 encoded\n`);
    expect(contents()).toEqual(expected);
    rmSync('a.npy');
    const search = await run(['search', 'a.txt', 'rice', '--model', tiny, '--cache', 'kept']);
    expect(search.err).toContain(`  ${edited.length} of ${edited.length} vectors from the cache kept; 0 encoded\n`);
    expect(statSync('kept').mode & 0o777).toBe(0o700);
  });

  it('that others may write to is refused', async () => {
    inFreshFolder();
    writeTexts(['rice']);
    mkdirSync('kept');
    chmodSync('kept', 0o777);
    const { code, err } = await encode('--cache', 'kept');
    expect(code).toBe(2);
    expect(err).toContain('Cannot keep vectors in kept: others may write to it');
    symlinkSync('kept', 'link');
    expect((await encode('--cache', 'link')).code).toBe(2);
  });

  it('whose files were damaged, cut off or exchanged gives no wrong vectors', async () => {
    const expected = await fromNothing(texts);
    inFreshFolder();
    writeTexts(texts);
    await encode('-q', '--cache', 'good');
    const [folder] = readdirSync('good');
    const [file] = readdirSync(`good/${folder}`);
    const bytes = readFileSync(`good/${folder}/${file}`);
    const flip = (at: number) => (content: Buffer) => {
      content[at]! ^= 1;
      return content;
    };
    const changes: ((content: Buffer) => Buffer)[] = [
      flip(3),
      flip(50),
      flip(128 + 5000),
      flip(bytes.length - 2000),
      flip(bytes.length - 1),
      (content) => content.subarray(0, -1),
      () => Buffer.alloc(0),
    ];
    for (const change of changes) {
      for (const suffix of SUFFIXES) rmSync(`a.${suffix}`, { force: true });
      rmSync('bad', { recursive: true, force: true });
      cpSync('good', 'bad', { recursive: true });
      writeFileSync(`bad/${folder}/${file}`, change(Buffer.from(bytes)));
      expect((await encode('-q', '--cache', 'bad')).code).toBe(0);
      expect(contents()).toEqual(expected);
    }
  });
});

describe('a cache of vectors', () => {
  const open = (maxBytes = 1e9): ReturnType<typeof openVectorCache> => openVectorCache('kept', { model: 'm', dims: 4, maxBytes });
  const vectorOf = (at: number): Float32Array => Float32Array.of(at, 1, 2, 3);
  const files = (): string[] => readdirSync('kept').flatMap((folder) => readdirSync(join('kept', folder)));

  it('joins the files of many small runs, and deletes what is too much', () => {
    inFreshFolder();
    for (let at = 0; at < 40; at++) {
      const cache = open();
      cache.add(keyOf(`${at}`), vectorOf(at));
      cache.close();
    }
    expect(files().length).toBeLessThan(12);
    const into = new Float32Array(4);
    const cache = open();
    for (let at = 0; at < 40; at++) {
      expect(cache.find(keyOf(`${at}`), into)).toBe(true);
      expect(into).toEqual(vectorOf(at));
    }
    expect(cache.find(keyOf('40'), into)).toBe(false);
    cache.close();
    const bounded = open(2000);
    for (let at = 100; at < 130; at++) bounded.add(keyOf(`${at}`), vectorOf(at));
    bounded.close();
    const [folder] = readdirSync('kept');
    const bytes = files().map((name) => statSync(join('kept', folder!, name)).size);
    expect(bytes.length).toBeGreaterThan(0);
    expect(bytes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(2000);
  });

  it('is shared by runs at the same time', () => {
    inFreshFolder();
    const [one, two] = [open(), open()];
    one.add(keyOf('a'), vectorOf(1));
    two.add(keyOf('a'), vectorOf(1));
    two.add(keyOf('b'), vectorOf(2));
    one.close();
    two.close();
    const cache = open();
    const into = new Float32Array(4);
    expect(['a', 'b', 'c'].map((text) => cache.find(keyOf(text), into))).toEqual([true, true, false]);
    cache.close();
  });
});

describe('an index of texts', () => {
  it('finds every text that was added, and the row of its first', () => {
    const index = textIndex(0);
    for (let at = 0; at < 5000; at++) index.add(keyOf(`text ${at % 4000}`), at);
    expect(index.size()).toBe(4000);
    for (let at = 0; at < 4000; at++) expect(index.find(keyOf(`text ${at}`))).toBe(at);
    expect(index.find(keyOf('another'))).toBe(-1);
  });
});
