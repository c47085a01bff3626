import { createHash } from 'node:crypto';
import { collectTokenRows, type TokenRows } from '../../analysis/regression/token-rows.ts';
import { CliError } from '../../errors.ts';
import { breathe, type Io } from '../../io.ts';
import { isBlank } from '../../model/reading/reading.ts';
import { countScripts } from '../../model/reading/scripts.ts';
import type { BareTokenizer } from '../../model/tokenizer/bare-tokenizer.ts';
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
const MOST_HELD = 2000;

/** A number in [0, 1) from a text and a seed; equal texts have the same, so that none is both fitted and held out. */
export function drawOf(text: string, seed: number): number {
  return createHash('sha256').update(`${seed}\n${text}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** Below this draw a text is held out: so many are a hundredth of them, or 2,000. */
function heldBelow(draws: number[]): number {
  const held = Math.min(MOST_HELD, Math.floor(draws.length * HELD_SHARE));
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
      await breathe(io.signal);
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

/** Texts that are not fitted, as tokens, and where their vectors are. */
export type HeldTexts = { ids: Int32Array[]; places: Place[] };

/** What a file's texts are made of. */
export type FileReading = { file: string; rows: number; tokens: number; unknown: number };

/** The texts as tokens. */
export type DistillRows = {
  fitted: TokenRows;
  places: Places;
  held: HeldTexts;
  /** First texts of pairs that are held out, and their second texts with the number of their first among these and of their file. */
  heldFirsts: HeldTexts;
  heldSeconds: { ids: Int32Array; first: number; file: number }[];
  readings: FileReading[];
  /** Scripts that the texts are written in. */
  scripts: string[];
};

/** What a second text counts beside the first. */
const PAIR_IMPORTANCE = 2;

/** Scripts of fewer letters are quotations. */
const MIN_SCRIPT_SHARE = 0.01;

/** Reads texts and pairs as tokens: all of them once more, in the order of the files. */
export async function readAsTokens(
  taught: readonly TaughtTexts[],
  {
    pairs,
    survey,
    tokenizer,
    io,
    onRows,
  }: { pairs: TextPairs; survey: Survey; tokenizer: BareTokenizer; io: Io; onRows: (rows: number) => void },
): Promise<DistillRows> {
  const builder = collectTokenRows();
  const sets: number[] = [];
  const rows: number[] = [];
  const held: HeldTexts = { ids: [], places: [] };
  const heldFirsts: HeldTexts = { ids: [], places: [] };
  const heldSeconds: DistillRows['heldSeconds'] = [];
  const scripts = countScripts();
  const readings: FileReading[] = [];
  let done = 0;
  const openReading = (file: string): ((text: string) => Int32Array) => {
    const reading: FileReading = { file, rows: 0, tokens: 0, unknown: 0 };
    readings.push(reading);
    const countLetters = scripts.openFile();
    return (text) => {
      countLetters(text);
      const ids = tokenizer.read(text);
      const known = ids.filter((id) => id !== tokenizer.unknownId);
      reading.rows++;
      reading.tokens += ids.length;
      reading.unknown += ids.length - known.length;
      return known;
    };
  };
  const fit = (ids: Int32Array, place: Place, importance: number): void => {
    // a text of unknown tokens alone has no vector to be fitted
    if (ids.length === 0) return;
    builder.add(ids, importance);
    sets.push(place.set);
    rows.push(place.row);
  };
  const hold = (into: HeldTexts, ids: Int32Array, place: Place): number => {
    into.places.push(place);
    return into.ids.push(ids) - 1;
  };
  const rest = async (): Promise<void> => {
    onRows(++done);
    if (done % 4096 === 0) await breathe(io.signal);
  };

  for (const [set, { name, texts }] of taught.entries()) {
    const read = openReading(name);
    let row = 0;
    for await (const batch of texts.scan()) {
      for (const { text = '' } of batch) {
        const place = { set, row: row++ };
        // those that begin a held-out pair are measured with that
        if (!isBlank(text) && !survey.isHeldFirst(text)) {
          if (survey.isHeld(text)) hold(held, read(text), place);
          else if (!survey.isHeldSecond(text)) fit(read(text), place, 1);
        }
        await rest();
      }
    }
  }
  const { firstPlaces } = survey;
  const placeOf = (first: number): Place => ({ set: firstPlaces.sets[first]!, row: firstPlaces.rows[first]! });
  const heldNumbers = new Map<number, number>();
  for (const [text, first] of pairs.firsts) {
    const place = placeOf(first);
    const ids = known(tokenizer, text);
    if (survey.isHeldFirst(text)) heldNumbers.set(first, hold(heldFirsts, ids, place));
    // those among the texts have been fitted with them, or held out
    else if (place.set >= taught.length && !survey.isHeldSecond(text)) fit(ids, place, 1);
    await rest();
  }
  const readPair = pairs.files.map(openReading);
  for (const [at, text] of pairs.seconds.entries()) {
    const ids = readPair[pairs.fileOf[at]!]!(text);
    const first = pairs.firstOf[at]!;
    const number = heldNumbers.get(first);
    if (number !== undefined) heldSeconds.push({ ids, first: number, file: pairs.fileOf[at]! });
    // what is held out elsewhere is not fitted as the second text of a pair either
    else if (!survey.isHeld(text) && !survey.isHeldFirst(text) && !survey.isHeldSecond(text)) fit(ids, placeOf(first), PAIR_IMPORTANCE);
    await rest();
  }
  return {
    fitted: builder.finish(),
    places: { sets: Uint16Array.from(sets), rows: Int32Array.from(rows) },
    held,
    heldFirsts,
    heldSeconds,
    readings,
    scripts: scripts.above(MIN_SCRIPT_SHARE),
  };
}

function known(tokenizer: BareTokenizer, text: string): Int32Array {
  return tokenizer.read(text).filter((id) => id !== tokenizer.unknownId);
}
