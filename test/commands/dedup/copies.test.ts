import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { inFreshFolder, run } from '../../run.ts';
import { inTickets, verdicts } from './shared.ts';

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
      /^t\.csv:2 {2}The printer on floor 3 does not respond\n {2}exact {2}t\.csv:5 {2}The printer .*\n {2}0\.\d{3} {2}t\.csv:3 {2}The printer on floor 3 is not responding\n\nt\.csv:8 .*\n {2}(1\.000|0\.9\d\d) {2}t\.csv:9 .*\n\n3 of 7 rows repeat another: 1 exact, 2 near \(cosine ≥ 0\.94\); not judged: 1 blank; none is allowed\n$/,
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
