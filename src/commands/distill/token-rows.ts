import { collectTokenRows, type TokenRows } from '../../analysis/regression/token-rows.ts';
import { yieldToEvents } from '../../io.ts';
import { countScripts } from '../../model/reading/scripts.ts';
import type { BareTokenizer } from '../../model/tokenizer/bare-tokenizer.ts';
import type { Place, Places, Survey } from './survey.ts';
import type { TaughtTexts } from './teacher.ts';
import type { TextPairs } from './text-pairs.ts';

/** Texts that are not fitted, as tokens, and where their vectors are. */
export type HeldTexts = { ids: Int32Array[]; places: Place[] };

/** The tokens of a file. */
export type FileTokens = { file: string; rows: number; tokens: number; unknown: number };

/** The texts as tokens. */
export type DistillRows = {
  fitted: TokenRows;
  places: Places;
  held: HeldTexts;
  /** First texts of held-out pairs. */
  heldFirsts: HeldTexts;
  /** Second texts of held-out pairs, each with the position of its first in `heldFirsts` and the number of its file. */
  heldSeconds: { ids: Int32Array; first: number; file: number }[];
  files: FileTokens[];
  /** Scripts that the texts are written in. */
  scripts: string[];
};

/** The importance of a second text in the fit; that of any other text is 1. */
const PAIR_IMPORTANCE = 2;

/** Scripts with a smaller share of the letters are quotations. */
const MIN_SCRIPT_SHARE = 0.01;

/** Texts that are read before events are let in. */
const TEXTS_PER_BATCH = 4096;

type ReadInputs = { pairs: TextPairs; survey: Survey; tokenizer: BareTokenizer; signal: AbortSignal; onRows: (rows: number) => void };

/** Every pass over the texts has these. */
type Pass = {
  pairs: TextPairs;
  survey: Survey;
  read(text: string): Int32Array;
  openFile(file: string): (text: string) => Int32Array;
  fit(ids: Int32Array, place: Place, importance?: number): void;
  /** Counts one text. Returns whether it is time to let events in. */
  count(): boolean;
  signal: AbortSignal;
};

/** Reads texts and pairs as tokens, all of them once more, in the order of the files. */
export async function readAsTokens(taught: readonly TaughtTexts[], inputs: ReadInputs): Promise<DistillRows> {
  const { pairs, survey, tokenizer, signal, onRows } = inputs;
  const { openFile, ...counted } = countFiles(tokenizer);
  const { fit, finish } = collectFitted();
  let done = 0;
  const count = (): boolean => {
    onRows(++done);
    return done % TEXTS_PER_BATCH === 0;
  };
  const read = (text: string): Int32Array => knownIds(tokenizer.read(text), tokenizer);
  const pass: Pass = { pairs, survey, read, openFile, fit, count, signal };
  const held = await readTexts(taught, pass);
  const heldFirsts = await readFirsts(pass, { missing: taught.length });
  const heldSeconds = await readSeconds(pass);
  return { ...finish(), held, heldFirsts, heldSeconds, files: counted.files, scripts: counted.scripts() };
}

async function readTexts(taught: readonly TaughtTexts[], { survey, openFile, fit, count, signal }: Pass): Promise<HeldTexts> {
  const held: HeldTexts = { ids: [], places: [] };
  for (const [set, { name, texts }] of taught.entries()) {
    const read = openFile(name);
    let row = 0;
    for await (const batch of texts.scan()) {
      for (const { text = '' } of batch) {
        const place = { set, row: row++ };
        const fate = survey.fateOf(text);
        if (fate === 'fit') fit(read(text), place);
        else if (fate === 'hold') hold(held, read(text), place);
        if (count()) await yieldToEvents(signal);
      }
    }
  }
  return held;
}

/** @param missing the number of the set of first texts that are not among the texts; the others have been read with them */
async function readFirsts({ pairs, survey, read, fit, count, signal }: Pass, { missing }: { missing: number }): Promise<HeldTexts> {
  const held: HeldTexts = { ids: [], places: [] };
  for (const [text, first] of pairs.firsts) {
    const place = placeOf(first, survey);
    if (survey.heldFirsts.has(first)) hold(held, read(text), place);
    else if (place.set === missing && survey.fateOf(text) === 'fit') fit(read(text), place);
    if (count()) await yieldToEvents(signal);
  }
  return held;
}

/** A second text is fitted to the vector of its first. */
async function readSeconds({ pairs, survey, openFile, fit, count, signal }: Pass): Promise<DistillRows['heldSeconds']> {
  const held: DistillRows['heldSeconds'] = [];
  const readers = pairs.files.map(openFile);
  for (const [pair, text] of pairs.seconds.entries()) {
    const file = pairs.fileOf[pair]!;
    const ids = readers[file]!(text);
    const first = pairs.firstOf[pair]!;
    const position = survey.heldFirsts.get(first);
    if (position !== undefined) held.push({ ids, first: position, file });
    // a text that is held out elsewhere is not fitted here either
    else if (survey.fateOf(text) === 'fit') fit(ids, placeOf(first, survey), PAIR_IMPORTANCE);
    if (count()) await yieldToEvents(signal);
  }
  return held;
}

function placeOf(first: number, { firstPlaces: { sets, rows } }: Survey): Place {
  return { set: sets[first]!, row: rows[first]! };
}

function hold(into: HeldTexts, ids: Int32Array, place: Place): void {
  into.ids.push(ids);
  into.places.push(place);
}

/** Reads texts file by file, and counts their tokens and scripts. */
function countFiles(tokenizer: BareTokenizer): Pick<Pass, 'openFile'> & { files: FileTokens[]; scripts(): string[] } {
  const files: FileTokens[] = [];
  const scripts = countScripts();
  return {
    openFile(file) {
      const counts: FileTokens = { file, rows: 0, tokens: 0, unknown: 0 };
      files.push(counts);
      const countLetters = scripts.openFile();
      return (text) => {
        countLetters(text);
        const all = tokenizer.read(text);
        const ids = knownIds(all, tokenizer);
        counts.rows++;
        counts.tokens += all.length;
        counts.unknown += all.length - ids.length;
        return ids;
      };
    },
    files,
    scripts: () => scripts.above(MIN_SCRIPT_SHARE),
  };
}

function knownIds(ids: Int32Array, { unknownId }: BareTokenizer): Int32Array {
  return ids.filter((id) => id !== unknownId);
}

function collectFitted(): Pick<Pass, 'fit'> & { finish(): Pick<DistillRows, 'fitted' | 'places'> } {
  const tokens = collectTokenRows();
  const sets: number[] = [];
  const rows: number[] = [];
  return {
    fit(ids, { set, row }, importance = 1) {
      // a text of unknown tokens only has no vector to be fitted
      if (ids.length === 0) return;
      tokens.add(ids, importance);
      sets.push(set);
      rows.push(row);
    },
    finish: () => ({ fitted: tokens.finish(), places: { sets: Uint16Array.from(sets), rows: Int32Array.from(rows) } }),
  };
}
