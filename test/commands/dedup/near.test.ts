import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inFreshFolder, run } from '../../run.ts';
import { inTickets, verdicts, writeMatrix } from './shared.ts';

describe('near-duplicates', () => {
  it('judges nothing that the model did not read, but finds exact copies there', async () => {
    inFreshFolder();
    const long = 'one two three four five six seven eight nine ten '.repeat(40);
    const lines = [`${long}A`, `${long}B`, `${long}A`, '你好世界謹賀新年', '謹賀新年你好世界', '你好世界謹賀新年', '', '', 'the sea'];
    writeFileSync('a.txt', `${lines.join('\n')}\n`);
    expect(await verdicts(['dedup', 'a.txt', '-q'])).toEqual([
      'cut',
      'cut',
      'exact 0',
      'unknown',
      'unknown',
      'exact 3',
      'blank',
      'blank',
      'kept',
    ]);
    const { out } = await run(['dedup', 'a.txt', '-q']);
    expect(out).toContain(
      "2 of 9 rows repeat another: 2 exact, 0 near (cosine ≥ 0.94); not judged: 2 blank, 2 cut at the model's limit, 2 mostly unknown",
    );
  });

  it('does not take unknown tokens for each other, nor its threshold for other scripts', async () => {
    inFreshFolder();
    // the model knows all of these letters but 草, 刈, 像 and 彫
    writeFileSync(
      'ja.txt',
      '男が草を刈っている。\n男が像を彫っている。\n男が草を刈っている。\nI like the new 🫠 look of it\nI like the new 🪿 look of it\n',
    );
    expect(await verdicts(['dedup', 'ja.txt', '-q', '--min-cosine', '0.9'])).toEqual(['kept', 'kept', 'exact 0', 'kept', 'kept']);
    writeFileSync('ru.txt', 'Женщина жарит креветки.\nЖенщина чистит креветки.\n');
    expect(await verdicts(['dedup', 'ru.txt', '-q'])).toEqual(['foreign', 'foreign']);
    // who gives a threshold has looked at it
    expect(await verdicts(['dedup', 'ru.txt', '-q', '--min-cosine', '0.9'])).toEqual(['kept', 'near 0']);
  });

  it('compares equal texts and vectors of length zero without a cosine', async () => {
    inFreshFolder();
    writeMatrix('a.npy', [
      [0, 0, 0],
      [1, 0, 0],
      [2, 0, 0],
      [0, 0, 0],
      [0.6, 0.8, 0],
    ]);
    expect(await verdicts(['dedup', 'a.npy', '-q', '--min-cosine', '0.6'])).toEqual(['zero', 'kept', 'near 1', 'zero', 'near 1']);
    expect(await verdicts(['dedup', 'a.npy', '-q', '--min-cosine', '0.600001'])).toEqual(['zero', 'kept', 'near 1', 'zero', 'kept']);
    writeFileSync('texts.txt', 'a\nb\nc\na\nd\n');
    expect(await verdicts(['dedup', 'a.npy', '-q', '--min-cosine', '0.6', '--texts', 'texts.txt'])).toEqual([
      'zero',
      'kept',
      'near 1',
      'exact 0',
      'near 1',
    ]);
    expect((await run(['dedup', 'a.npy', '--min-cosine', '0.6'])).err).toContain('a.npy has no texts');
    writeFileSync('v.jsonl', '{"text":"k","embedding":[1,0]}\n{"text":"t","embedding":[1,0.001]}\n{"text":"t","embedding":[0,0]}\n');
    expect(await verdicts(['dedup', 'v.jsonl', '-q', '--min-cosine', '0.9'])).toEqual(['kept', 'near 0', 'exact 0']);
    expect((await run(['dedup', 'v.jsonl', '-q', '--min-cosine', '0.9', '--report', 'r.html', '--report', 'r.xml'])).out).toContain(
      '  exact  v.jsonl:3  t  [copy of v.jsonl:2]\n',
    );
  });
});

describe('the threshold', () => {
  const bare = (rows: number): void => {
    inFreshFolder();
    let state = 1;
    const random = (): number => ((state = (Math.imul(state, 1103515245) + 12345) >>> 0) / 2 ** 32) * 2 - 1;
    writeMatrix(
      'a.npy',
      Array.from({ length: rows }, () => Array.from({ length: 32 }, random)),
    );
  };

  it('is asked for where none was measured, with the background of random pairs', async () => {
    bare(400);
    const { code, out, err } = await run(['dedup', 'a.npy']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^random pairs at or above a cosine, among 400 rows drawn \(79,800 pairs\):\n {2}0\.70 {2}.*\n/);
    expect(err).toMatch(/ {2}0\.90 {2}none seen \(95 %: at most 1 in 27,000\)\n/);
    expect(err).toMatch(
      /error: Cannot tell near-duplicates in a\.npy without --min-cosine: nothing says .*\nhint: Give --min-cosine X, .*\(auto would take 0\.\d+\); see the closest pairs with --pairs -n 20\n$/,
    );
  });

  it('auto takes one and prints it, and gives up where nothing separates', async () => {
    bare(400);
    const { code, out, err } = await run(['dedup', 'a.npy', '--min-cosine', 'auto']);
    const taken = /--min-cosine auto takes (0\.\d+); to pin it, give --min-cosine \1\n/.exec(err)?.[1];
    expect(code).toBe(0);
    expect(out).toBe(`no duplicates among 400 rows (cosine ≥ ${taken})\n`);
    writeMatrix(
      'alike.npy',
      Array.from({ length: 400 }, (_, row) => [1, row / 1e5, 0]),
    );
    const alike = await run(['dedup', 'alike.npy', '--min-cosine', 'auto']);
    expect(alike.code).toBe(2);
    expect(alike.err).toContain('random pairs are so similar that no cosine separates duplicates');
    writeMatrix('few.npy', [
      [1, 0],
      [0, 1],
    ]);
    expect((await run(['dedup', 'few.npy', '--min-cosine', 'auto'])).err).toMatch(/^error: .*2 rows are too few/);
    expect((await run(['dedup', 'few.npy'])).err).toMatch(/^error: .*\nhint: Give --min-cosine X; see the closest/);
  });

  it('is between -1 and 1, and a number', async () => {
    const args = inTickets();
    for (const [value, words] of [
      ['1.5', 'Cannot use --min-cosine 1.5: cosines are between -1 and 1\nhint: If it is a percentage, divide it by 100'],
      ['90%', "argument '90%' is invalid. Give a number."],
    ] as const) {
      const { code, err } = await run([...args, '--min-cosine', value]);
      expect(code).toBe(2);
      expect(err).toContain(words);
    }
  });
});
