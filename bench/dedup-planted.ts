import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DuplicateRecord } from '../src/report/duplicates.ts';
import { dedupRecords } from './dedup-quality.ts';
import { seededRandom, shuffled } from './seeded.ts';

/** How many planted copies of each kind `embed dedup` finds, and what else it drops. */
export type PlantedQuality = {
  texts: number;
  kinds: readonly { kind: string; planted: number; found: number; example: { text: string; copy: string } }[];
  /** Dropped rows that are neither planted nor the origin of a planted one, the least similar first. */
  falsely: readonly DuplicateRecord[];
};

/** Makes a copy of a text; undefined where the text offers nothing to change. */
type Edit = (text: string, random: () => number) => string | undefined;

const SYNONYMS: Readonly<Record<string, string>> = {
  big: 'large',
  large: 'big',
  small: 'little',
  quick: 'fast',
  fast: 'quick',
  say: 'state',
  shows: 'displays',
  show: 'demonstrate',
  many: 'numerous',
  method: 'approach',
  approach: 'method',
  begin: 'start',
  often: 'frequently',
  important: 'significant',
  different: 'distinct',
  improve: 'enhance',
  problem: 'issue',
  use: 'employ',
  using: 'employing',
  several: 'multiple',
  man: 'guy',
  kid: 'child',
  near: 'close to',
  person: 'individual',
  propose: 'suggest',
};

/** Kinds of copies with their share of all, the most demanding first: they choose their texts before the others. */
const KINDS: readonly { kind: string; share: number; edit: Edit }[] = [
  { kind: 'a word swapped for a synonym', share: 1 / 6, edit: swapSynonym },
  { kind: 'a word of 8 or more left out', share: 1 / 6, edit: dropWord },
  { kind: 'punctuation removed', share: 1 / 12, edit: (text) => text.replaceAll(/[.,;:!?"()]/g, '').trim() },
  { kind: 'upper case', share: 1 / 12, edit: (text) => text.toUpperCase() },
  { kind: 'a space doubled', share: 1 / 12, edit: (text, random) => replaceOne(text, / /g, random, () => '  ') },
  {
    kind: 'two letters swapped',
    share: 1 / 12,
    edit: (text, random) => replaceOne(text, /([a-z])(?!\1)[a-z]/g, random, (two) => two[1]! + two[0]!),
  },
  { kind: 'exact copy', share: 1 / 3, edit: (text) => text },
];

/** Plants edited copies among different texts, and looks which of them the program finds at its default threshold. */
export async function measurePlanted(
  texts: readonly string[],
  { copies, folder }: { copies: number; folder: string },
): Promise<PlantedQuality> {
  const random = seededRandom(3);
  const plants = plantCopies(texts, { copies, random });
  const order = shuffled(
    Array.from({ length: texts.length + plants.length }, (_, at) => at),
    random,
  );
  const path = join(folder, 'planted.txt');
  writeFileSync(path, order.map((at) => `${texts[at] ?? plants[at - texts.length]!.copy}\n`).join(''));
  const records = await dedupRecords(path, { args: [], folder });

  /** Row in the file, by number of the text or copy. */
  const rowAt = new Int32Array(order.length);
  order.forEach((at, row) => (rowAt[at] = row));
  const keptFor = (row: number): number => records[row]!.keeper_row ?? row;
  const kinds = KINDS.map(({ kind }) => {
    const own = Array.from(plants.entries()).filter(([, plant]) => plant.kind === kind);
    const found = own.filter(([at, { origin }]) => keptFor(rowAt[texts.length + at]!) === keptFor(rowAt[origin]!)).length;
    const [, first] = own[0] ?? [0, { origin: 0, copy: '' }];
    return { kind, planted: own.length, found, example: { text: texts[first.origin]!, copy: first.copy } };
  });
  const involved = new Set(plants.flatMap(({ origin }, at) => [rowAt[origin]!, rowAt[texts.length + at]!]));
  const falsely = records.filter(({ verdict, row }) => verdict === 'dropped' && !involved.has(row));
  return { texts: texts.length, kinds, falsely: falsely.toSorted((a, b) => a.cosine! - b.cosine!) };
}

type Plant = { kind: string; origin: number; copy: string };

/** Copies of different texts. */
function plantCopies(texts: readonly string[], { copies, random }: { copies: number; random: () => number }): Plant[] {
  let left = shuffled(Array.from(texts.keys()), random);
  return KINDS.flatMap(({ kind, share, edit }) => {
    const taken: Plant[] = [];
    left = left.filter((origin) => {
      if (taken.length >= Math.round(copies * share)) return true;
      const copy = edit(texts[origin]!, random);
      if (copy === undefined || copy === '' || (copy === texts[origin]! && kind !== 'exact copy')) return true;
      taken.push({ kind, origin, copy });
      return false;
    });
    return taken;
  });
}

/** Changes one of the places that a pattern finds. */
function replaceOne(text: string, pattern: RegExp, random: () => number, change: (found: string) => string): string | undefined {
  const places = [...text.matchAll(pattern)];
  const place = places[Math.floor(random() * places.length)];
  return place && text.slice(0, place.index) + change(place[0]) + text.slice(place.index + place[0].length);
}

function dropWord(text: string, random: () => number): string | undefined {
  const words = text.split(' ');
  if (words.length < 8) return undefined;
  words.splice(Math.floor(random() * words.length), 1);
  return words.join(' ');
}

function swapSynonym(text: string, random: () => number): string | undefined {
  const known = new RegExp(`\\b(${Object.keys(SYNONYMS).join('|')})\\b`, 'g');
  return replaceOne(text, known, random, (word) => SYNONYMS[word]!);
}
