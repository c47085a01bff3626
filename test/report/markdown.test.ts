import { describe, expect, it } from 'vitest';
import { markdownChunks } from '../../src/report/markdown.ts';
import { inFreshFolder } from '../run.ts';
import { reportOf, textOf } from './shared.ts';

const markdownOf = (...args: Parameters<typeof reportOf>): Promise<string> => {
  inFreshFolder();
  return textOf(markdownChunks(reportOf(...args)));
};

describe('the summary of a job', () => {
  it('has the verdict, counts, conflicts and repeats', async () => {
    const rows = [{}, { verdict: 'conflict', difference: 'it ≠ ops' }, { match: 'near', cosine: 0.951, text: 'the <sea>' }] as const;
    expect(await markdownOf(rows, { label_column: 'team' })).toBe(`## embed dedup: failed

<p>3 of 4 rows repeat another: 1 exact, 1 near, 1 conflict of labels (cosine ≥ 0.94); no duplicate or conflict is allowed.</p>

| rows | kept | exact copies | near-duplicates | conflicts of labels | not judged |
|---:|---:|---:|---:|---:|---:|
| 4 | 2 | 1 | 1 | 1 | 0 |

### Repeats whose labels disagree

<table>
<tr><th>kept</th><th>repeat</th><th>labels</th><th>by</th><th>text</th></tr>
<tr><td><code>t.txt:1</code></td><td><code>t.txt:3</code></td><td><code>it ≠ ops</code></td><td><code>exact</code></td><td><code>the sea</code></td></tr>
</table>

### Repeats

<table>
<tr><th>kept</th><th>repeat</th><th>by</th><th>text</th></tr>
<tr><td><code>t.txt:1</code></td><td><code>t.txt:2</code></td><td><code>exact</code></td><td><code>the sea</code></td></tr>
<tr><td><code>t.txt:1</code></td><td><code>t.txt:4</code></td><td><code>0.951</code></td><td><code>the sea</code><br><code>the &lt;sea&gt;</code></td></tr>
</table>

`);
  });

  it.each([
    [{ passed: true }, 'passed'],
    [{ passed: true, allowed: null }, 'done'],
    [{ inconclusive: true }, 'nothing could be compared'],
  ] as const)('begins with what came out: %j', async (summary, verdict) => {
    expect(await markdownOf([], summary)).toMatch(new RegExp(`^## embed dedup: ${verdict}\\n`));
  });

  it('lists a hundred rows, and counts the others', async () => {
    const text = await markdownOf(Array.from({ length: 9000 }, () => ({})));
    expect(text.match(/^<tr><td>/gm)).toHaveLength(100);
    expect(text).toMatch(/\n8,900 more rows; `--report FILE\.html` or `FILE\.csv` lists all\.\n\n$/);
  });

  it('stays below 1 MiB', async () => {
    const text = '\u202e'.repeat(800);
    const long = {
      text,
      keeper_text: `a${text}`,
      file: `${text}.txt`,
      keeper_file: `${text}.txt`,
      verdict: 'conflict',
      difference: text,
    } as const;
    const written = await markdownOf([...Array.from({ length: 5000 }, () => long), ...Array.from({ length: 200 }, () => ({}))]);
    expect(Buffer.byteLength(written)).toBeLessThan(1 << 20);
    expect(written).toMatch(/4,9\d\d more rows;/);
  });
});
