import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inFreshFolder, run } from '../../run.ts';

/** Arguments whose INPUT cannot be read: an error that names a report came before the work. */
const inBadInput = (): string[] => {
  inFreshFolder();
  writeFileSync('a.txt', Buffer.from([0x61, 0xff, 0x0a]));
  mkdirSync('folder');
  return ['dedup', 'a.txt', '-q'];
};

const inSea = (): string[] => {
  inFreshFolder();
  writeFileSync('a.txt', 'the sea\nthe sea\n');
  return ['dedup', 'a.txt', '-q'];
};

describe('a report that cannot be written is told before the work', () => {
  it.each<[string, string[], RegExp, (() => void)?]>([
    ['two on one path', ['r.json', 'r.json'], /Cannot write r\.json twice/],
    ['… by ./', ['r.json', './r.json'], /Cannot write \.\/r\.json twice/],
    ['… with a format', ['gitlab:r.json', 'r.json'], /Cannot write r\.json twice/],
    ['… in two formats', ['sarif:r', 'junit:folder/../r'], /Cannot write folder\/\.\.\/r twice/],
    [
      '… through a linked folder',
      ['folder/r.json', 'link/r.json'],
      /Cannot write link\/r\.json twice/,
      () => symlinkSync('folder', 'link'),
    ],
    ['… and that of -o', ['-o=r.txt', 'text:r.txt'], /Cannot write r\.txt twice/],
    ['a folder that is missing', ['gitlab:no/r.json'], /Cannot write no\/r\.json: there is no folder no\n/],
    ['a folder', ['md:folder'], /Cannot write folder: it is a folder/],
    ['a link to nothing', ['r.md'], /Cannot write r\.md: it is a link to gone, which does not exist/, () => symlinkSync('gone', 'r.md')],
    ['a file that exists', ['r.md'], /Cannot write r\.md: a file of that name exists/, () => writeFileSync('r.md', '')],
    ['INPUT', ['text:a.txt'], /Cannot write a\.txt: the command reads this file/],
    ['INPUT by another name', ['text:b.txt'], /Cannot write b\.txt: the command reads this file/, () => linkSync('a.txt', 'b.txt')],
    [
      'standard output',
      ['-'],
      /Cannot write the report -: it names no file\nhint: Name a file; to print a report, choose its form with --format/,
    ],
    ['no name', ['gitlab:'], /Cannot write the report gitlab:: it names no file/],
    ['annotations', ['github:r.txt'], /Cannot write r\.txt as github: annotations are commands/],
  ])('%s', async (_, reports, words, prepare) => {
    const args = inBadInput();
    prepare?.();
    const before = readdirSync('.', { recursive: true });
    const more = reports.flatMap((report) => (report.startsWith('-o=') ? ['-o', report.slice(3)] : ['--report', report]));
    const { code, out, err } = await run([...args, ...more]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(words);
    expect(err).toContain('\nhint: ');
    expect(readdirSync('.', { recursive: true })).toEqual(before);
  });

  // who may do anything may write anywhere
  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('no rights', async () => {
    const args = inBadInput();
    chmodSync('folder', 0o500);
    const { code, err } = await run([...args, '--report', 'folder/r.json']);
    chmodSync('folder', 0o700);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('you cannot write to the folder folder') as string });
  });
});

describe('--report FORMAT:FILE', () => {
  it('writes any name in a format', async () => {
    const args = inSea();
    const files = ['gitlab:quality.json', 'sarif:findings', 'junit:tests', 'md:summary', './gitlab:x.csv'];
    const { code, out } = await run([...args, ...files.flatMap((file) => ['--report', file]), '--format', 'markdown']);
    expect(code).toBe(1);
    expect(JSON.parse(readFileSync('quality.json', 'utf8'))).toMatchObject([{ check_name: 'exact-copy', severity: 'minor' }]);
    expect(readFileSync('findings', 'utf8')).toContain('"version":"2.1.0"');
    expect(readFileSync('tests', 'utf8')).toMatch(/^<\?xml/);
    expect(readFileSync('summary', 'utf8')).toBe(out);
    expect(out).toMatch(/^## embed dedup: failed\n/);
    expect(readFileSync('gitlab:x.csv', 'utf8')).toMatch(/^row,id,/);
    expect(existsSync('gitlab')).toBe(false);
  });

  it('names the other formats of other reports', async () => {
    const args = inSea();
    expect((await run([...args, '--pairs', '-n', '1', '--report', 'csv:pairs'])).code).toBe(0);
    expect(readFileSync('pairs', 'utf8')).toMatch(/^row,id,/);
    const failed = await run([...args, '--pairs', '-n', '1', '--report', 'sarif:r']);
    expect(failed.err).toMatch(/Cannot write r as sarif\nhint: Name a file that ends in .*, or put a format before it, as in json:FILE/);
    expect((await run([...args, '--excel', '--report', 'json:r.csv'])).err).toContain('Cannot use --excel: no CSV file is written');
    expect((await run([...args, '--excel', '--report', 'csv:r', '--exit-zero'])).code).toBe(0);
    expect(readFileSync('r', 'utf8')).toMatch(/^\ufeff/);
  });
});
