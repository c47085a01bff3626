/** Numbers in groups: two are in one group if pairs lead from one to the other. Numbers that no pair names stand for themselves. */
export type Groups = {
  /** Puts two numbers into one group. Returns whether they were in two. */
  join(a: number, b: number): boolean;
  areJoined(a: number, b: number): boolean;
};

export function openGroups(): Groups {
  /** Leads towards the number that stands for the group; 0 for a number that leads nowhere. */
  let parents = new Int32Array(1024);
  const rootOf = (number: number): number => {
    let at = number;
    for (let next = parents[at] ?? 0; next > 0; next = parents[at]!) {
      // halves the way for those who come later
      const further = parents[next]!;
      if (further > 0) parents[at] = further;
      at = next;
    }
    return at;
  };
  return {
    join(a, b) {
      const [first, second] = [rootOf(a), rootOf(b)];
      if (first === second) return false;
      const [low, high] = first < second ? [first, second] : [second, first];
      if (high >= parents.length) {
        const larger = new Int32Array(Math.max(high + 1, 2 * parents.length));
        larger.set(parents);
        parents = larger;
      }
      parents[high] = low;
      return true;
    },
    areJoined: (a, b) => rootOf(a) === rootOf(b),
  };
}
