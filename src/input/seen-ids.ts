/** Entries that one Map can hold. */
const MAX_ENTRIES = 1 << 24;

/** Where each id was seen. An id may occur only once in a corpus, even if it has several files. */
export type SeenIds<Place> = {
  /** The place where the id was seen before; if there is none, remembers this one. */
  add(id: string, place: Place): Place | undefined;
};

/** Ids of any number: one Map holds no more than 16,777,216. */
export function seenIds<Place>(): SeenIds<Place> {
  const maps = [new Map<string, Place>()];
  return {
    add(id, place) {
      for (const map of maps) {
        const earlier = map.get(id);
        if (earlier !== undefined) return earlier;
      }
      if (maps.at(-1)!.size === MAX_ENTRIES) maps.push(new Map());
      maps.at(-1)!.set(id, place);
      return undefined;
    },
  };
}
