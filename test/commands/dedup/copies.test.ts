import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { DuplicateRecord } from '../../../src/report/duplicates.ts';
import { inFreshFolder, run } from '../../run.ts';
import { inTickets, validRows, verdicts } from './shared.ts';

describe('embed dedup', () => {
  it('groups what repeats under the row that is kept, and ends with 1', async () => {
    const args = inTickets();
    const temporary = mkdtempSync(join(tmpdir(), 'embed-test-'));
    vi.stubEnv('TMPDIR', temporary);
    const { code, out, err } = await run(args);
    expect(readdirSync(temporary)).toEqual([]);
    vi.unstubAllEnvs();
    rmSync(temporary, { recursive: true });
    expect(out).toMatch(
      /^t\.csv:2 {2}The printer on floor 3 does not respond {2}\[nr 1, team it\]\n {2}exact {2}t\.csv:5 {2}The printer .* {2}\[nr 3, team ops\]\n {2}0\.\d{3} {2}t\.csv:3 {2}The printer on floor 3 is not responding {2}\[nr 2, team it\]\n\nt\.csv:8 .*\n {2}(1\.000|0\.9\d\d) {2}t\.csv:9 .*\n\n3 of 7 rows repeat another: 1 exact, 2 near \(cosine ≥ 0\.94\); not judged: 1 blank; none is allowed\n$/,
    );
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(readdirSync('.')).toEqual(['t.csv']);
  });

  it('answers from a corpus, its set, standard input and several files alike', async () => {
    inFreshFolder();
    const lines = ['cooked rice', 'the sea', 'cooked rice', 'rice, cooked', 'the sea!', 'a red car'];
    writeFileSync('a.txt', `${lines.join('\n')}\n`);
    writeFileSync('b.txt', `${lines.slice(0, 2).join('\n')}\n`);
    writeFileSync('c.txt', `${lines.slice(2).join('\n')}\n`);
    const expected = await verdicts(['dedup', 'a.txt', '-q']);
    expect(expected.filter((verdict) => verdict === 'kept').length).toBeLessThan(6);
    expect(expected[2]).toBe('exact 0');
    expect(await verdicts(['dedup', '-', '-q'], { stdin: readFileSync('a.txt') })).toEqual(expected);
    expect(await verdicts(['dedup', 'b.txt', 'c.txt', '-q'])).toEqual(expected);
    await run(['encode', 'a.txt', '-q']);
    expect(await verdicts(['dedup', 'a.npy', '-q'])).toEqual(expected);
    expect((await run(['dedup', 'a.txt'])).err).toBe('using a.npy, which is up to date\n');
  });

  it('takes texts for copies that differ in case, white space and Unicode form only with --fold', async () => {
    const args = inTickets('body\ncafé au lait\nCAFE\u0301  au lait\ncafé au lait\n');
    expect((await verdicts([...args, '--min-cosine', '1'])).filter((verdict) => verdict.startsWith('exact'))).toEqual(['exact 0']);
    expect(await verdicts([...args, '--fold', '--min-cosine', '1'])).toEqual(['kept', 'exact 0', 'exact 0']);
  });

  it('takes invisible characters for nothing with --fold, and punctuation with --fold-punctuation', async () => {
    inFreshFolder();
    const invisible = ['a co\u00adoperative', 'a cooperative', 'the first line', '\u200fthe first line'];
    const marks = ['Great', 'Great!', 'Thank you.', 'Thank you', 'Is it here?', '"Is it here?"', '- Add salt', 'Add salt.'];
    const others = ['C', 'C++', 'C#', '5', '-5', '1.5', '15', ':)', ':('];
    writeFileSync('a.txt', [...invisible, ...marks, ...others].join('\n'));
    const copies = async (...args: string[]): Promise<string[]> =>
      (await verdicts(['dedup', 'a.txt', ...args, '-q', '--model', 'multilingual'])).flatMap((verdict, row) =>
        verdict.startsWith('exact') ? [`${row}=${verdict.slice(6)}`] : [],
      );
    expect(await copies()).toEqual([]);
    expect(await copies('--fold')).toEqual(['1=0', '3=2']);
    const all = ['1=0', '3=2', '5=4', '7=6', '9=8', '11=10'];
    expect(await copies('--fold-punctuation')).toEqual(all);
    expect(await copies('--fold', '--fold-punctuation')).toEqual(all);
    // what follows the option is an input, not its value
    expect((await run(['dedup', '--fold', 'a.txt', '-q', '--exit-zero'])).out).toContain('21 rows');
  });

  it('calls folded copies copies, for their texts may differ', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'Great work\nGREAT work\n');
    const files = ['r.html', 'r.sarif', 'r.xml', 'r.json'];
    const { out } = await run(['dedup', 'a.txt', '-q', '--fold', ...files.flatMap((file) => ['--report', file]), '--format', 'github']);
    expect(out).toBe(
      '::error file=a.txt,line=2,title=Copy::repeats a.txt:1 (copy): Great work\n' +
        '::notice title=embed dedup::1 of 2 rows repeats another: 1 copy, 0 near (cosine ≥ 0.94); none is allowed\n',
    );
    const text = await run(['dedup', 'a.txt', '-q', '--fold']);
    expect(text.out).toContain('\n  copy   a.txt:2  GREAT work\n');
    for (const file of ['r.html', 'r.xml']) expect(readFileSync(file, 'utf8')).not.toContain('exact');
    expect(readFileSync('r.html', 'utf8')).toContain('<dt>copies may differ in</dt><dd>case, spaces, Unicode form</dd>');
    expect(readFileSync('r.sarif', 'utf8')).toContain('The text is that of another row, but for its form');
    const json = JSON.parse(readFileSync('r.json', 'utf8')) as { summary: object };
    expect(validRows(json), JSON.stringify(validRows.errors)).toBe(true);
    expect(json.summary).toMatchObject({ fold: 'form', exact: 1 });
  });

  it('counts copies of dropped rows as copies, and says of which', async () => {
    inFreshFolder();
    const lines = ['A quick look at the city map', 'A  quick look at the city map!', 'A  quick look at the city map!'];
    writeFileSync('a.txt', `${lines.join('\n')}\n`);
    const args = ['dedup', 'a.txt', '-q'];
    expect(await verdicts(args)).toEqual(['kept', 'near 0', 'exact 0']);
    const { out } = await run([...args, '--format', 'json', '--report', 'r.csv', '--report', 'r.sarif', '--report', 'r.xml']);
    const json = JSON.parse(out) as { summary: object; results: DuplicateRecord[] };
    expect(validRows(json), JSON.stringify(validRows.errors)).toBe(true);
    expect(json.summary).toMatchObject({ exact: 1, near: 1 });
    const [, near, copy] = json.results;
    expect(copy).toMatchObject({ keeper_row: 0, match: 'exact', cosine: near!.cosine, copy_of_row: 1, copy_of_id: 'a.txt:2' });
    expect(near).not.toHaveProperty('copy_of_row');
    expect(readFileSync('r.csv', 'utf8')).toMatch(/,1,a\.txt:2,a\.txt,2,\n$/);
    expect(readFileSync('r.sarif', 'utf8')).toContain('"message":{"text":"the row that it is a copy of"}');
    expect(readFileSync('r.xml', 'utf8')).toMatch(/repeats a\.txt:1 \(exact copy of a\.txt:2, cosine 0\.9\d\d\)/);
    expect((await run(args)).out).toMatch(/\n {2}0\.9\d\d {2}a\.txt:2 .*\n {2}exact {2}a\.txt:3 .* {2}\[copy of a\.txt:2\]\n/);
    // the copy and what it copies may come in another order
    expect(await verdicts([...args, '--keep', 'last'])).toEqual(['near 2', 'exact 2', 'kept']);
    writeFileSync('b.txt', `${lines[0]}\n`);
    writeFileSync('c.txt', `${lines[1]}\n${lines[2]}\n`);
    expect(await verdicts(['dedup', 'c.txt', '--against', 'b.txt', '-q'])).toEqual(['near 0', 'near 0']);
    expect(await verdicts(['dedup', 'c.txt', '--against', 'b.txt', '--within', '-q'])).toEqual(['near 0', 'exact 0']);
  });

  it('one row has nothing to repeat', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'the sea\n');
    expect(await run(['dedup', 'a.txt', '-q'])).toEqual({ code: 0, out: 'no duplicates among 1 row (cosine ≥ 0.94)\n', err: '' });
    writeFileSync('blank.txt', '\n\n');
    expect(await run(['dedup', 'blank.txt', '-q'])).toMatchObject({
      code: 2,
      out: 'nothing could be compared among 2 rows (cosine ≥ 0.94); not judged: 2 blank\n',
    });
  });
});
