import { hashWord, textHash } from '../files/text-hash.ts';

/** Where an id was seen. */
export type IdPlace = { file: string; line: number };

/**
 * Where each id of a corpus was seen. It keeps 96 bits of the hash of each id, which of a billion ids no two will share: a million
 * ids take 34 MB, several times less than a Map of strings.
 */
export type SeenIds = {
  /** Adds an id, and returns where it was seen before; undefined for a new one. */
  add(id: string, place: IdPlace): IdPlace | undefined;
};

/** Numbers per slot: the parts of the hash, then the number of the line over all files, plus 1; 0 for an empty slot. */
const WIDTH = 4;

export function openSeenIds(): SeenIds {
  const files: { name: string; before: number }[] = [];
  let slots = new Uint32Array(WIDTH << 10);
  let taken = 0;
  let lines = 0;

  /** The number of a line over all files: one number per id. Lines of a file only grow. */
  const numberOf = ({ file, line }: IdPlace): number => {
    if (files.at(-1)?.name !== file) files.push({ name: file, before: lines });
    lines = files.at(-1)!.before + line;
    return lines;
  };
  const placeOf = (number: number): IdPlace => {
    const { name, before } = files.findLast((one) => one.before < number)!;
    return { file: name, line: number - before };
  };
  /** The slot of a hash, or the empty one where it would be. */
  const find = (a: number, b: number, c: number): number => {
    const mask = slots.length / WIDTH - 1;
    let slot = a & mask;
    for (let at = slot * WIDTH; slots[at + 3] !== 0; at = slot * WIDTH) {
      if (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c) break;
      slot = (slot + 1) & mask;
    }
    return slot * WIDTH;
  };
  const grow = (): void => {
    const old = slots;
    slots = new Uint32Array(2 * old.length);
    for (let at = 0; at < old.length; at += WIDTH) {
      if (old[at + 3] !== 0) slots.set(old.subarray(at, at + WIDTH), find(old[at]!, old[at + 1]!, old[at + 2]!));
    }
  };
  return {
    add(id, place) {
      const digest = textHash(id);
      const [a, b, c] = [hashWord(digest, 0) >>> 0, hashWord(digest, 4) >>> 0, hashWord(digest, 8) >>> 0];
      const at = find(a, b, c);
      if (slots[at + 3] !== 0) return placeOf(slots[at + 3]!);
      slots.set([a, b, c, numberOf(place)], at);
      taken++;
      // at most two in three are taken
      if (3 * taken > (2 * slots.length) / WIDTH) grow();
      return undefined;
    },
  };
}
