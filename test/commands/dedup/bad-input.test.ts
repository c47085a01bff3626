import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inFreshFolder, run } from '../../run.ts';
import { writeMatrix } from './shared.ts';

describe('bad input', () => {
  const failures: [string, string[], RegExp, (() => void)?][] = [
    [
      'two vector sets',
      ['a.npy', 'b.npy'],
      /Cannot join a\.npy with other inputs: it holds vectors/,
      () => [1, 2].forEach((n) => writeMatrix(`${'ab'[n - 1]}.npy`, [[1, 0]])),
    ],
    [
      'NaN',
      ['a.npy', '--min-cosine', '0.9'],
      /vectors of a\.npy: row 1 contains NaN or infinity/,
      () =>
        writeMatrix('a.npy', [
          [1, 0],
          [NaN, 0],
        ]),
    ],
    ['an empty corpus', ['a.txt'], /Cannot read a\.txt: it has no rows/, () => writeFileSync('a.txt', '')],
    ['a file that is not there', ['nowhere.txt'], /Cannot read nowhere\.txt: no such file/],
    [
      'an --against that is not there, before anything is encoded',
      ['a.txt', '--against', 'no.npy'],
      /^error: Cannot read no\.npy: no such file/,
      () => writeFileSync('a.txt', 'a\n'),
    ],
    ['an unknown --keep', ['a.txt', '--keep', 'best'], /Cannot keep "best"\nhint: Choose first, last/, () => writeFileSync('a.txt', 'a\n')],
    [
      'a field that is not there',
      ['a.csv', '--keep', 'max:score'],
      /Cannot keep rows of a\.csv by "score": no row has such a field; fields are n\n/,
      () => writeFileSync('a.csv', 'text,n\na,1\n'),
    ],
    [
      '--keep longest without texts',
      ['a.npy', '--keep', 'longest'],
      /Cannot keep the longest or shortest rows of a\.npy: it has no texts/,
      () => writeMatrix('a.npy', [[1, 0]]),
    ],
    [
      '--fold without texts',
      ['a.npy', '--fold', '--min-cosine', '1'],
      /Cannot fold the texts of a\.npy: it has none\nhint: Leave --fold out/,
      () => writeMatrix('a.npy', [[1, 0]]),
    ],
    [
      '--against other widths',
      ['a.npy', '--against', 'b.npy', '--min-cosine', '1'],
      /Cannot compare a\.npy with b\.npy: vectors of 2 and 3 numbers/,
      () => (writeMatrix('a.npy', [[1, 0]]), writeMatrix('b.npy', [[1, 0, 0]])),
    ],
    ['--within alone', ['a.txt', '--within'], /Cannot use --within without --against/],
    ['-n alone', ['a.txt', '-n', '3'], /Cannot use --top without --pairs/],
    ['-o with --pairs', ['a.txt', '--pairs', '-o', 'b.txt'], /Cannot use -o with --pairs.*\nhint: Write them to a file with --report/],
    ['--fold with --pairs', ['a.txt', '--pairs', '--fold'], /Cannot use --fold with --pairs, which only lists pairs/],
    ['--fold-punctuation with --pairs', ['a.txt', '--pairs', '--fold-punctuation'], /Cannot use --fold-punctuation with --pairs/],
    ['a bad allowance', ['a.txt', '--max-duplicates', '1.5'], /Give a number of rows, such as 10, or a share/],
    ['an unknown format', ['a.txt', '--format', 'xml'], /Allowed choices are text, json/],
    [
      'an unknown report',
      ['a.txt', '--report', 'a.pdf'],
      /Cannot write a\.pdf: its suffix does not name a known format.*\nhint: Name a file that ends in \.json, .*\.html, \.md, \.sarif or \.xml, or put a format before it, as in gitlab:FILE/,
      () => writeFileSync('a.txt', 'a\n'),
    ],
    [
      'several files to one',
      ['a.txt', 'b.txt', '-o', 'c.txt'],
      /Cannot write 2 files to c\.txt: it is a file/,
      () => 'abc'.split('').forEach((n) => writeFileSync(`${n}.txt`, 'a\n')),
    ],
    [
      'several files to standard output',
      ['a.txt', 'b.txt', '-o', '-'],
      /Cannot write 2 files to standard output/,
      () => 'ab'.split('').forEach((n) => writeFileSync(`${n}.txt`, 'a\n')),
    ],
    [
      'files of one name',
      ['x/a.txt', 'y/a.txt', '-o', 'out'],
      /Cannot write out\/a\.txt twice/,
      () => ['x', 'y'].forEach((n) => (mkdirSync(n), writeFileSync(`${n}/a.txt`, 'a\n'))),
    ],
    ['vectors to standard output', ['a.npy', '-o', '-'], /Cannot write vectors to standard output/, () => writeMatrix('a.npy', [[1, 0]])],
    [
      '--report over the texts',
      ['a.npy', '--texts', 't.txt', '--report', 't.txt', '--overwrite', '--min-cosine', '1'],
      /Cannot write t\.txt: the command reads this file/,
      () => (writeMatrix('a.npy', [[1, 0]]), writeFileSync('t.txt', 'a\n')),
    ],
    ['all pairs in two places', ['a.txt', '--pairs', '--report', 'a.csv'], /Cannot write all pairs to several places/],
    ['pairs as annotations', ['a.txt', '--pairs', '--format', 'github'], /Cannot list pairs as github\nhint: Choose text, json/],
    [
      'pairs as a page',
      ['a.txt', '--pairs', '-n', '1', '--report', 'a.html'],
      /Cannot write a\.html: its suffix does not name a known format/,
      () => writeFileSync('a.txt', 'a\n'),
    ],
    ['a set without its rows', ['a.npy'], /Cannot use the set a\.npy: a\.rows\.jsonl is missing/, () => {}],
    [
      '--texts with a corpus',
      ['a.txt', '--texts', 'b.txt'],
      /Cannot take texts from b\.txt: a\.txt is a corpus/,
      () => writeFileSync('a.txt', 'a\n'),
    ],
    [
      'an option of encode for a set',
      ['a.npy', '--id-column', 'x'],
      /Cannot use --id-column with a\.npy/,
      () => writeMatrix('a.npy', [[1, 0]]),
    ],
  ];

  it.each(failures)('%s', async (name, args, words, prepare) => {
    inFreshFolder();
    prepare?.();
    if (name === 'a set without its rows') {
      writeFileSync('a.txt', 'a\nb\n');
      await run(['encode', 'a.txt', '-q']);
      rmSync('a.rows.jsonl');
    }
    const before = readdirSync('.', { recursive: true });
    const { code, out, err } = await run(['dedup', ...args]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(words);
    expect(err).toContain('\nhint: ');
    expect(readdirSync('.', { recursive: true })).toEqual(before);
  });
});
