import { collectTokenRows, type TokenRows } from '../../analysis/regression/token-rows.ts';
import { yieldToEvents, type Io } from '../../io.ts';
import { countScripts } from '../../model/reading/scripts.ts';
import type { BareTokenizer } from '../../model/tokenizer/bare-tokenizer.ts';
import { isBlank } from '../../text.ts';
import type { Place, Places, Survey } from './survey.ts';
import type { TaughtTexts } from './teacher.ts';
import type { TextPairs } from './text-pairs.ts';

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
    if (done % 4096 === 0) await yieldToEvents(io.signal);
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
