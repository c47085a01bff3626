import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { encode, type SetRow } from '../../src/index.ts';
import { inFreshFolder, projectFolder, run } from '../run.ts';

/** Tickets on three things, of which a sixth is written in HTML. */
const SAID = [
  ['The printer jams on page', 'Paper is stuck in the printer tray', 'My printer does not print page'],
  ['Where is my parcel, order', 'The parcel has not arrived, order', 'My order is late, parcel'],
  ['I forgot my password, account', 'I cannot sign in to account', 'The password of my account fails'],
];
const TICKETS = Array.from({ length: 96 }, (_, at) => {
  const text = `${SAID[at % 3]![Math.floor(at / 3) % 3]} ${at}`;
  return { topic: at % 3, text, html: at % 6 === Math.floor(at / 6) % 6 };
});
const csv = `topic,text\n${TICKETS.map(({ topic, text, html }) => `${topic},"${html ? `<p class=MsoNormal><span style='font-size:11pt;color:black'>${text}</span></p><br>&nbsp;` : text}"\n`).join('')}`;
const NOTE = 'note: 16 of 96 rows of tickets.csv are written in HTML; --html strip reads their text, --html keep the tags as well\n';
const STATIC = ['--model', join(projectFolder, 'fixtures/static/m2v-float32')];
const rows = (text: string): SetRow[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SetRow);

beforeEach(() => {
  inFreshFolder();
  writeFileSync('tickets.csv', csv);
});

describe('--html', () => {
  it('strip makes clusters of what rows say', async () => {
    const mixed = async (...flags: string[]): Promise<number> => {
      const args = ['cluster', 'tickets.csv', '--text-column', 'text', '-k', '4', '-q', '-o', 'out.jsonl', '--overwrite', ...flags];
      expect((await run(args)).err).toBe('');
      const topics = new Map<number, Set<string>>();
      for (const { topic, cluster, text } of rows(readFileSync('out.jsonl', 'utf8')) as unknown as {
        topic: string;
        cluster: number;
        text: string;
      }[]) {
        // the records are written as they came
        expect(csv).toContain(text);
        topics.set(cluster, (topics.get(cluster) ?? new Set()).add(topic));
      }
      return [...topics.values()].filter(({ size }) => size > 1).length;
    };
    expect(await mixed('--html', 'strip')).toBe(0);
    expect(await mixed('--html', 'keep')).toBeGreaterThan(0);
  });

  it('is proposed in a note where it is not given', async () => {
    for (const command of ['encode', 'dedup', 'cluster', 'search']) {
      const args = [command, 'tickets.csv', '--text-column', 'text', ...STATIC, '-o', `${command}.out.jsonl`];
      const more = command === 'dedup' ? ['--min-cosine', '1', '-o', 'd.csv'] : command === 'search' ? ['parcel'] : [];
      const typed = command === 'dedup' ? args.slice(0, -2) : args;
      expect((await run([...typed, ...more])).err).toContain(NOTE);
      for (const html of ['strip', 'keep'])
        expect((await run([...typed, ...more, '--html', html, '--overwrite'])).err).not.toContain('HTML');
    }
    writeFileSync('plain.txt', 'a < b\nI <3 it\nList<String> a\n');
    expect((await run(['encode', 'plain.txt', ...STATIC])).err).not.toContain('HTML');
  });

  it('decides whether a set is up to date', async () => {
    const args = ['encode', 'tickets.csv', '--text-column', 'text', ...STATIC];
    await run([...args, '--html', 'strip']);
    expect(rows(readFileSync('tickets.rows.jsonl', 'utf8')).map(({ text }) => text)).toEqual(TICKETS.map(({ text }) => text));
    expect((await run([...args, '--html', 'strip'])).err).toContain('tickets.npy is up to date');
    const dedup = ['dedup', 'tickets.csv', '--text-column', 'text', ...STATIC, '--min-cosine', '1'];
    expect((await run(dedup)).err).toContain('tickets.npy is not used: it was made with --html strip;');
    expect((await run([...dedup, '--html', 'strip'])).err).toContain('using tickets.npy, which is up to date');
    expect((await run(args)).err).toContain('wrote tickets.npy');
    // markup that is kept is read as if nothing had been said
    expect((await run([...args, '--html', 'keep'])).err).toContain('tickets.npy is up to date');
    expect((await run([...dedup, '--html', 'strip'])).err).toContain('tickets.npy is not used: it was made without --html;');
    expect((await run(['search', 'tickets.npy', 'parcel', '--html', 'strip', ...STATIC])).err).toContain(
      'Cannot use --html with tickets.npy',
    );
  });

  it('finds copies of what is said, and copies records as they are', async () => {
    writeFileSync(
      'a.jsonl',
      '{"text":"two lamps"}\n{"text":"<p>two&nbsp;lamps</p>"}\n{"text":"<p>&nbsp;</p>"}\n{"text":"<p>a chair</p>"}\n',
    );
    const { code, err } = await run(['dedup', 'a.jsonl', ...STATIC, '--min-cosine', '1', '--html', 'strip', '-o', 'b.jsonl']);
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('1 blank row kept in place') as string });
    expect(readFileSync('b.jsonl', 'utf8')).toBe('{"text":"two lamps"}\n{"text":"<p>&nbsp;</p>"}\n{"text":"<p>a chair</p>"}\n');
  });

  it('takes each column for itself', async () => {
    writeFileSync('a.csv', 'subject,body\n"a <b","c> d <p>e</p>"\n');
    await run(['encode', 'a.csv', '--text-column', 'subject', '--text-column', 'body', '--html', 'strip', ...STATIC]);
    expect(rows(readFileSync('a.rows.jsonl', 'utf8'))[0]!.text).toBe('a <b\nc> d\ne');
  });

  it('is an option of the library', async () => {
    const notes: string[] = [];
    const options = { textColumn: 'text', model: STATIC[1]!, onNote: (note: string) => void notes.push(note) };
    await encode('tickets.csv', options);
    expect(notes.join('\n')).toContain('--html strip');
    await encode('tickets.csv', { ...options, html: 'strip' });
    expect(rows(readFileSync('tickets.rows.jsonl', 'utf8')).map(({ text }) => text)).toEqual(TICKETS.map(({ text }) => text));
    await expect(encode('tickets.csv', { ...options, html: 'drop' as 'strip' })).rejects.toThrow('option html is "drop"');
  });
});
