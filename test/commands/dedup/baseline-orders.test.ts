import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { uniforms } from '../../../src/analysis/random.ts';
import { inFreshFolder, run } from '../../run.ts';
import { writeMatrix } from './shared.ts';

type Row = { text: string; label: string };

/** Words by their direction on a circle: neighbours are near each other, and chains of them lead around it. */
const WORDS = ['amber', 'Amber', 'birch', 'cedar', 'CEDAR', 'dune', 'ember', 'fern', 'Fern', 'grove'];
const LABELS = ['', 'one', 'two', 'three'];
const DEGREES: Readonly<Record<string, number>> = Object.fromEntries(WORDS.map((word, at) => [word, at * 11]));

const vectorOf = ({ text }: Row): number[] => {
  const angle = ((DEGREES[text] ?? 15) * Math.PI) / 180;
  return [Math.cos(angle), Math.sin(angle), 0];
};

/** Writes rows as vectors, and their texts and labels beside them. */
const write = (name: string, rows: readonly Row[]): void => {
  writeMatrix(`${name}.npy`, rows.map(vectorOf));
  writeFileSync(`${name}.csv`, `text,label\n${rows.map(({ text, label }) => `${text},${label}\n`).join('')}`);
};

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

const MODES: readonly { name: string; labels: boolean; flags: string[] }[] = [
  { name: 'plain', labels: false, flags: [] },
  { name: 'with folded texts', labels: false, flags: ['--fold'] },
  { name: 'with labels', labels: true, flags: ['--label-column', 'label'] },
  { name: 'with labels and folded texts', labels: true, flags: ['--label-column', 'label', '--fold'] },
];

const COMMAND = ['dedup', 'rows.npy', '--texts', 'rows.csv', '--text-column', 'text', '--min-cosine', '0.97', '-q', '--baseline', 'known.jsonl'];

describe.each(MODES)('a baseline $name', ({ labels, flags }) => {
  it.each([1, 2, 3, 4, 5, 6])('holds in every order and with every --keep (seed %i)', async (seed) => {
    inFreshFolder();
    const random = uniforms(seed);
    const rows = drawRows(random, 18, { labels });
    const command = [...COMMAND, ...flags];
    write('rows', rows);
    expect((await run([...command, '--update-baseline'])).err).toBe('');
    const text = readFileSync('known.jsonl', 'utf8');
    for (const keep of ['first', 'last', 'longest', 'shortest']) {
      write('rows', shuffled(rows, random));
      expect(await run([...command, '--keep', keep])).toMatchObject({ code: 0, err: '' });
    }
    expect((await run([...command, '--update-baseline'])).code).toBe(0);
    expect(readFileSync('known.jsonl', 'utf8')).toBe(text);
    // fewer rows find nothing that is new
    write('rows', shuffled(rows, random).slice(4));
    expect((await run(command)).code).toBe(0);
    // another copy, and another text that is near, do
    for (const added of [rows[Math.floor(random() * rows.length)]!, { text: 'bark', label: '' }]) {
      for (let order = 0; order < 3; order++) {
        write('rows', shuffled([...rows, added], random));
        const { code, out } = await run([...command, '--keep', order === 0 ? 'last' : 'first']);
        expect({ code, added, out }).toMatchObject({ code: 1 });
      }
    }
  });
});
