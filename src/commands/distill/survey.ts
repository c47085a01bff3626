import { createHash } from 'node:crypto';
import { EmbedError } from '../../errors.ts';
import { yieldToEvents } from '../../io.ts';
import { isBlank } from '../../text.ts';
import type { TaughtTexts } from './teacher.ts';
import type { TextPairs } from './text-pairs.ts';

/** Where a vector of the teacher is: the number of its set, and its row there. */
export type Place = { set: number; row: number };

/** Places of many rows. */
export type Places = { sets: Uint16Array; rows: Int32Array };

/** A text is fitted, held out to measure on, or skipped: it is blank, or belongs to a held-out pair. */
export type Fate = 'fit' | 'hold' | 'skip';

/** What one pass over the texts has found, before they are read as tokens. */
export type Survey = {
  /** Texts that are not blank. */
  texts: number;
  /** For each first text of a pair, where its vector is. */
  firstPlaces: Places;
  /** First texts that are not among the texts, in order: the rows of one more set, whose number follows those of the texts. */
  missingFirsts: string[];
  /** First texts that are held out: their numbers, and their positions among the held-out ones. */
  heldFirsts: ReadonlyMap<number, number>;
  /** Second texts of held-out pairs. */
  heldSeconds: ReadonlySet<string>;
  /** Equal texts have the same fate wherever they stand. */
  fateOf(text: string): Fate;
};

const HELD_SHARE = 0.01;
const MAX_HELD = 2000;

/** Fewer texts say nothing about any word. */
const MIN_TEXTS = 2;

/** Reads through the texts once. Throws an EmbedError where they are too few, or a set has none. */
export async function surveyTexts(
  taught: readonly TaughtTexts[],
  { pairs, seed, signal, onRows }: { pairs: TextPairs; seed: number; signal: AbortSignal; onRows: (rows: number) => void },
): Promise<Survey> {
  const { firsts } = pairs;
  const firstPlaces: Places = { sets: new Uint16Array(firsts.size).fill(taught.length), rows: new Int32Array(firsts.size) };
  const draws: number[] = [];
  let count = 0;
  let seen = 0;
  for (const [set, { name, texts }] of taught.entries()) {
    let row = 0;
    for await (const batch of texts.scan()) {
      for (const { text } of batch) {
        if (text === undefined) throw withoutTexts(name);
        const first = firsts.get(text);
        if (first !== undefined) {
          firstPlaces.sets[first] = set;
          firstPlaces.rows[first] = row;
        }
        if (!isBlank(text)) {
          count++;
          // a text that begins a pair is held out with the pair, or not at all
          if (first === undefined) draws.push(drawOf(text, seed));
        }
        row++;
      }
      onRows((seen += batch.length));
      await yieldToEvents(signal);
    }
    if (row === 0) throw withoutTexts(name);
  }
  if (count < MIN_TEXTS) throw tooFew(count);

  const missingFirsts = Array.from(firsts.keys()).filter((_, first) => firstPlaces.sets[first] === taught.length);
  for (const [row, text] of missingFirsts.entries()) firstPlaces.rows[firsts.get(text)!] = row;
  const heldBelow = highestHeld(draws);
  const { heldFirsts, heldSeconds } = holdPairs(pairs, seed);
  return {
    texts: count,
    firstPlaces,
    missingFirsts,
    heldFirsts,
    heldSeconds,
    fateOf(text) {
      if (isBlank(text)) return 'skip';
      const first = firsts.get(text);
      if (first === undefined && drawOf(text, seed) < heldBelow) return 'hold';
      if (first !== undefined && heldFirsts.has(first)) return 'skip';
      return heldSeconds.has(text) ? 'skip' : 'fit';
    },
  };
}

/** A number in [0, 1) from a text and a seed. Equal texts have equal numbers, so no text is both fitted and held out. */
export function drawOf(text: string, seed: number): number {
  return createHash('sha256').update(`${seed}\n${text}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** The draw below which a text is held out. */
function highestHeld(draws: readonly number[]): number {
  const held = Math.min(MAX_HELD, Math.floor(draws.length * HELD_SHARE));
  return Float64Array.from(draws).toSorted()[held] ?? 0;
}

/** Chooses pairs to hold out, by their first texts. */
function holdPairs({ firsts, seconds, firstOf }: TextPairs, seed: number): Pick<Survey, 'heldFirsts' | 'heldSeconds'> {
  const draws = Array.from(firsts.keys(), (text) => drawOf(text, seed));
  const heldBelow = highestHeld(draws);
  const numbers = Array.from(draws.keys()).filter((first) => draws[first]! < heldBelow);
  const heldFirsts = new Map(numbers.map((first, position) => [first, position]));
  return { heldFirsts, heldSeconds: new Set(seconds.filter((_, pair) => heldFirsts.has(firstOf[pair]!))) };
}

function tooFew(count: number): EmbedError {
  return new EmbedError(`Cannot fit a model to ${count === 1 ? 'one text' : `${count} texts`}`, {
    hint: 'Give at least a few thousand texts like those that the model is for; better, several hundred thousand',
  });
}

function withoutTexts(name: string): EmbedError {
  return new EmbedError(`Cannot learn from ${name}: the set has vectors, but no texts`, {
    hint: 'Give the file of its texts with --texts, or that file in place of the set',
  });
}
