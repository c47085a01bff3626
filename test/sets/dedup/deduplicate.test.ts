import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeIo } from '../../../src/io.ts';
import { deduplicate } from '../../../src/sets/dedup/deduplicate.ts';
import { findPairs } from '../../../src/sets/dedup/find-pairs.ts';
import type { OpenedCorpus } from '../../../src/sets/dedup/rows.ts';
import type { DedupRun, DedupSettings, Threshold } from '../../../src/sets/dedup/settings.ts';
import type { CorpusFlags } from '../../../src/sets/flags.ts';
import { parseInput } from '../../../src/sets/input.ts';
import { openInput } from '../../../src/sets/open-input.ts';
import { openRowTexts } from '../../../src/sets/row-texts.ts';
import { openRun } from '../../../src/sets/run.ts';
import { inFreshFolder } from '../../run.ts';

const { signal } = new AbortController();
const flags: CorpusFlags = { textColumn: [], columns: 'all', header: true, quiet: true };

const open = async (name: string, vectors: number[][]): Promise<OpenedCorpus> => {
  writeFileSync(name, vectors.map((embedding, row) => `${JSON.stringify({ text: `text ${row % 3}`, embedding })}\n`).join(''));
  const io = nodeIo(signal);
  const opened = await openInput([parseInput(name, flags)], flags, openRun({ quiet: true }, io));
  return { opened, texts: await openRowTexts(opened, { name, texts: undefined, flags, io }), name };
};

const outcome = async (
  own: OpenedCorpus,
  others: readonly OpenedCorpus[],
  settings: DedupSettings,
  run: Partial<DedupRun> = {},
): Promise<string[]> => {
  const { verdicts } = await deduplicate({ own, others }, settings, { signal, note: () => {}, ...run });
  return Array.from({ length: verdicts.total }, (_, row) => {
    const keeper = verdicts.keeperOf(row);
    if (!keeper) return verdicts.reasonOf(row) ?? 'kept';
    return `${verdicts.isExact(row) ? 'exact' : 'near'} ${keeper.source}:${keeper.row}`;
  });
};

const VECTORS = [
  [1, 0],
  [0, 1],
  [1, 0.01],
  [1, 0],
  [0, 0],
];

describe('deduplicate', () => {
  it('takes opened inputs and plain settings, and gives a verdict per row', async () => {
    inFreshFolder();
    const own = await open('a.jsonl', VECTORS);
    const thresholds: Threshold[] = [];
    const shares: number[] = [];
    const run = { onThreshold: (one: Threshold) => thresholds.push(one), onProgress: (_: number, share: number) => shares.push(share) };
    expect(await outcome(own, [], { minCosine: 0.9 }, run)).toEqual(['kept', 'kept', 'near 0:0', 'exact 0:0', 'exact 0:1']);
    expect(thresholds).toEqual([{ minCosine: 0.9, from: 'given' }]);
    expect(shares).toEqual([0, 1]);
    expect(await outcome(own, [], { minCosine: 0.9, keep: 'last' })).toEqual(['exact 0:3', 'exact 0:4', 'near 0:3', 'kept', 'zero']);
    own.opened.close();
  });

  it('names the other input that a row repeats', async () => {
    inFreshFolder();
    const own = await open('a.jsonl', VECTORS.slice(0, 2));
    const others = [await open('b.jsonl', [[-1, 0]]), await open('c.jsonl', VECTORS.toReversed())];
    expect(await outcome(own, others, { minCosine: 0.9 })).toEqual(['exact 1:0', 'exact 2:1']);
    for (const { opened } of [own, ...others]) opened.close();
  });

  it('stops with its signal, and refuses vectors of other lengths', async () => {
    inFreshFolder();
    const own = await open('a.jsonl', VECTORS);
    const other = await open('b.jsonl', [[1, 0, 0]]);
    await expect(outcome(own, [], { minCosine: 0.9 }, { signal: AbortSignal.abort() })).rejects.toThrow('abort');
    await expect(outcome(own, [other], { minCosine: 0.9 })).rejects.toThrow('Cannot compare a.jsonl with b.jsonl');
    for (const { opened } of [own, other]) opened.close();
  });
});

describe('findPairs', () => {
  it('gives the closest pairs of judged rows', async () => {
    inFreshFolder();
    const own = await open('a.jsonl', VECTORS);
    const found = await findPairs({ own, others: [] }, { top: 1 }, { signal, note: () => {} });
    const pairs: [number, number][] = [];
    for await (const batch of found.batches()) for (const { row, other_row: other } of batch) pairs.push([row, other]);
    expect({ pairs, minCosine: found.minCosine }).toEqual({ pairs: [[3, 0]], minCosine: undefined });
    own.opened.close();
  });
});
