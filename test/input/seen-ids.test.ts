import { describe, expect, it } from 'vitest';
import { openSeenIds } from '../../src/input/seen-ids.ts';

describe('ids that were seen', () => {
  it('finds each of many ids again, at its file and line', () => {
    const ids = openSeenIds();
    const rows = ['a.csv', 'b.csv'].flatMap((file) => Array.from({ length: 5000 }, (_, at) => ({ file, line: 2 * at + 2 })));
    const idOf = ({ file, line }: { file: string; line: number }): string => `${file} ${line}`;
    expect(rows.filter((row) => ids.add(idOf(row), row) !== undefined)).toEqual([]);
    expect(rows.map((row) => ids.add(idOf(row), { file: 'c.csv', line: 1 }))).toEqual(rows);
  });

  it('tells lone surrogates from each other, and from the character that replaces them', () => {
    const ids = openSeenIds();
    ['\ud800', '\ud801', '\ufffd', 'a\ud800', ''].forEach((id, at) => expect(ids.add(id, { file: 'a', line: at + 1 })).toBeUndefined());
    expect(ids.add('\ud801', { file: 'a', line: 9 })).toEqual({ file: 'a', line: 2 });
  });
});
