import { createHash } from 'node:crypto';
import { CliError } from '../../errors.ts';
import { yieldToEvents, type Io } from '../../io.ts';
import { isBlank } from '../../text.ts';
import type { TaughtTexts } from './teacher.ts';
import type { TextPairs } from './text-pairs.ts';

/** Where a vector of the teacher is: a set among those that were opened, and its row. */
export type Place = { set: number; row: number };

/** Places of many rows. */
export type Places = { sets: Uint16Array; rows: Int32Array };

/** What is known of the texts before any of them is read as tokens. */
export type Survey = {
  /** Texts that are not blank. */
  texts: number;
  /** For each first text of a pair where its vector is; -1 where it is not among the texts. */
  firstPlaces: Places & { found: Uint8Array };
  /** Whether a text is kept from the fit. */
  isHeld(text: string): boolean;
  isHeldFirst(text: string): boolean;
  /** Whether it is the second text of a held-out pair, wherever else it stands. */
  isHeldSecond(text: string): boolean;
};

/** Share of the texts that is never fitted, and how many that are at most. */
const HELD_SHARE = 0.01;
const MAX_HELD = 2000;

/** A number in [0, 1) from a text and a seed; equal texts have the same, so that none is both fitted and held out. */
export function drawOf(text: string, seed: number): number {
  return createHash('sha256').update(`${seed}\n${text}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** Below this draw a text is held out: so many are a hundredth of them, or 2,000. */
function heldBelow(draws: number[]): number {
  const held = Math.min(MAX_HELD, Math.floor(draws.length * HELD_SHARE));
  return Float64Array.from(draws).toSorted()[held] ?? 0;
}

/** Reads through the texts once: how many there are, which are held out, and which begin a pair. */
export async function surveyTexts(
  taught: readonly TaughtTexts[],
  { pairs, seed, io, onRows }: { pairs: TextPairs; seed: number; io: Io; onRows: (rows: number) => void },
): Promise<Survey> {
  const draws: number[] = [];
  const { size } = pairs.firsts;
  const firstPlaces = { sets: new Uint16Array(size), rows: new Int32Array(size), found: new Uint8Array(size) };
  let count = 0;
  let seen = 0;
  for (const [number, { name, texts }] of taught.entries()) {
    let row = 0;
    for await (const batch of texts.scan()) {
      for (const { text } of batch) {
        if (text === undefined) throw withoutTexts(name);
        const first = pairs.firsts.get(text);
        if (first !== undefined) {
          firstPlaces.sets[first] = number;
          firstPlaces.rows[first] = row;
          firstPlaces.found[first] = 1;
        }
        if (!isBlank(text)) count++;
        // those that begin a pair are held out with it, or not at all
        if (!isBlank(text) && first === undefined) draws.push(drawOf(text, seed));
        row++;
      }
      onRows((seen += batch.length));
      await yieldToEvents(io.signal);
    }
    if (row === 0) throw withoutTexts(name);
  }
  const below = heldBelow(draws);
  const firstsBelow = heldBelow(Array.from(pairs.firsts.keys(), (text) => drawOf(text, seed)));
  const isHeldFirst = (text: string): boolean => pairs.firsts.has(text) && drawOf(text, seed) < firstsBelow;
  const heldFirsts = new Set(Array.from(pairs.firsts).flatMap(([text, first]) => (isHeldFirst(text) ? [first] : [])));
  const heldSeconds = new Set(pairs.seconds.filter((_, at) => heldFirsts.has(pairs.firstOf[at]!)));
  return {
    texts: count,
    firstPlaces,
    isHeldFirst,
    isHeldSecond: (text) => heldSeconds.has(text),
    isHeld: (text) => !pairs.firsts.has(text) && drawOf(text, seed) < below,
  };
}

function withoutTexts(name: string): CliError {
  return new CliError(`Cannot learn from ${name}: the set has vectors, but no texts`, {
    hint: 'Give the file of its texts with --texts, or that file in place of the set',
  });
}
