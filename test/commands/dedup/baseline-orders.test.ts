import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { uniforms } from '../../../src/analysis/random.ts';
import { inFreshFolder, run } from '../../run.ts';

type Row = { text: string; label: string };

/** Words by their direction on a circle: neighbours are near each other, and chains of them lead around it. */
const WORDS = ['amber', 'Amber', 'birch', 'cedar', 'CEDAR', 'dune', 'ember', 'fern', 'Fern', 'grove'];
const LABELS = ['', 'one', 'two', 'three'];
const DEGREES: Readonly<Record<string, number>> = Object.fromEntries(WORDS.map((word, at) => [word, at * 11]));

const vectorOf = ({ text }: Row): number[] => {
  const angle = ((DEGREES[text] ?? 15) * Math.PI) / 180;
  return [Math.cos(angle), Math.sin(angle), 0];
};

/** Writes rows with their vectors. */
const write = (name: string, rows: readonly Row[]): void =>
  writeFileSync(name, rows.map((row) => `${JSON.stringify({ ...row, embedding: vectorOf(row) })}\n`).join(''));

const drawRows = (random: () => number, count: number, { labels }: { labels: boolean }): Row[] =>
  Array.from({ length: count }, () => ({
    text: WORDS[Math.floor(random() * WORDS.length)]!,
    label: labels ? LABELS[Math.floor(random() * LABELS.length)]! : '',
  }));

const shuffled = <T>(values: readonly T[], random: () => number): T[] =>
  values
    .map((value) => ({ value, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);

const LABELLED = ['--label-column', 'label'];
const AGAINST = ['--against', 'other.jsonl'];

const MODES: readonly { name: string; flags: string[] }[] = [
  { name: 'of texts', flags: [] },
  { name: 'of folded texts', flags: ['--fold'] },
  { name: 'of labelled texts', flags: LABELLED },
  { name: 'of labelled and folded texts', flags: [...LABELLED, '--fold'] },
  { name: 'against others', flags: AGAINST },
  { name: 'against others, labelled and folded', flags: [...AGAINST, ...LABELLED, '--fold'] },
  { name: 'against others and within', flags: [...AGAINST, ...LABELLED, '--within'] },
];

const COMMAND = ['dedup', 'rows.jsonl', '--min-cosine', '0.97', '-q', '--baseline', 'known.jsonl'];

describe.each(MODES)('a baseline $name', ({ flags }) => {
  it.each([1, 7])('holds in every order and with every --keep (seed %i)', async (seed) => {
    inFreshFolder();
    const random = uniforms(seed);
    const labels = flags.includes('label');
    const rows = [{ text: 'birch', label: '' }, ...drawRows(random, 15, { labels })];
    const others = [{ text: 'birch', label: '' }, ...drawRows(random, 5, { labels })];
    const command = [...COMMAND, ...flags];
    const writeBoth = (): void => {
      write('rows.jsonl', shuffled(rows, random));
      write('other.jsonl', shuffled(others, random));
    };
    writeBoth();
    expect(await run([...command, '--update-baseline'])).toMatchObject({ code: 0, err: '' });
    const text = readFileSync('known.jsonl', 'utf8');
    for (const keep of ['first', 'last', 'longest', 'shortest']) {
      writeBoth();
      const { code, out } = await run([...command, '--keep', keep]);
      expect(code, out).toBe(0);
    }
    expect((await run([...command, '--update-baseline'])).code).toBe(0);
    expect(readFileSync('known.jsonl', 'utf8')).toBe(text);
    const left = rows.pop()!;
    writeBoth();
    expect((await run(command)).code, 'fewer rows find nothing new').toBe(0);
    rows.push(left);
    const source = flags.includes('--against') ? others : rows;
    for (const added of [source[Math.floor(random() * source.length)]!, { text: 'bark', label: '' }]) {
      rows.push(added);
      for (const keep of ['first', 'last', 'first']) {
        writeBoth();
        const { code, out } = await run([...command, '--keep', keep]);
        expect(code, `${added.text} ${added.label} is new\n${out}`).toBe(1);
      }
      rows.pop();
    }
  });
});
