import { detached } from '../../text.ts';

/**
 * The ids of words that were read, packed into one array: an array per word takes several times the memory, because one that grows by
 * `push` reserves seventeen places. A full cache starts again from nothing.
 */
export type WordCache = {
  /** The place of a word; NONE if it cannot be read by itself, undefined if it is not known. */
  find(word: string): number | undefined;
  /** Adds a word that is not known. Returns its place. */
  add(word: string, ids: readonly number[] | null): number;
  /** Appends the ids at a place. */
  append(place: number, into: number[]): void;
};

/** The place of a word that cannot be read by itself. */
export const NONE = -1;

/** Words in the cache. */
const MAX_WORDS = 200_000;

export function openWordCache({ maxWords = MAX_WORDS }: { maxWords?: number } = {}): WordCache {
  const places = new Map<string, number>();
  // per word the number of its ids, then the ids
  let packed = new Int32Array(1 << 12);
  let end = 0;

  const pack = (ids: readonly number[]): number => {
    const place = end;
    end += 1 + ids.length;
    if (end > packed.length) {
      const larger = new Int32Array(2 * end);
      larger.set(packed);
      packed = larger;
    }
    packed[place] = ids.length;
    packed.set(ids, place + 1);
    return place;
  };
  return {
    find: (word) => places.get(word),
    add(word, ids) {
      if (places.size >= maxWords) {
        places.clear();
        end = 0;
      }
      const place = ids === null ? NONE : pack(ids);
      places.set(detached(word), place);
      return place;
    },
    append(place, into) {
      const last = place + packed[place]!;
      for (let at = place + 1; at <= last; at++) into.push(packed[at]!);
    },
  };
}
