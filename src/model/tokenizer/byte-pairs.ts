import { shortened } from '../../text.ts';
import type { StepConfig } from './normalizers.ts';
import type { Ids, Subwords } from './pieces.ts';

/** Byte-pair encoding: characters become ids. Then the adjacent pair that comes first in the list of merges is merged, again and again. */
export function bytePairs(config: StepConfig, { idOf, unknownId, bytesOf }: Ids): Subwords {
  const prefix = String(config['continuing_subword_prefix'] ?? '');
  const suffix = String(config['end_of_word_suffix'] ?? '');
  const fuses = config['fuse_unk'] === true;
  const wholeFirst = config['ignore_merges'] === true;
  const merges = readMerges(config['merges'] as readonly (string | [string, string])[], { idOf, prefix });

  const characters = (piece: string): number[] => {
    const ids: number[] = [];
    let unknown = false;
    const flush = (): void => {
      if (unknown) ids.push(unknownId!);
      unknown = false;
    };
    const letters = Array.from(piece);
    letters.forEach((letter, at) => {
      const text = (at > 0 ? prefix : '') + letter + (at === letters.length - 1 ? suffix : '');
      const id = idOf(text);
      if (id !== undefined) {
        flush();
        ids.push(id);
        return;
      }
      const bytes = bytesOf(text);
      // the reference does not flush here, so the unknown token comes after the bytes
      if (bytes !== undefined) ids.push(...bytes);
      else if (unknownId !== undefined) {
        if (!fuses) flush();
        unknown = true;
      }
    });
    flush();
    return ids;
  };

  return (piece) => {
    const whole = wholeFirst ? idOf(piece) : undefined;
    return whole === undefined ? mergeAll(characters(piece), merges) : [whole];
  };
}

/** The rank of the merge of two ids, and the id that it gives, by `left * PAIR + right`. */
type Merges = ReadonlyMap<number, { rank: number; id: number }>;

/** Larger than any vocabulary, and its square is exact in a double. */
const PAIR = 2 ** 26;

function readMerges(
  lines: readonly (string | [string, string])[],
  { idOf, prefix }: { idOf: (token: string) => number | undefined; prefix: string },
): Merges {
  const merges = new Map<number, { rank: number; id: number }>();
  lines.forEach((line, rank) => {
    const [left = '', right = ''] = typeof line === 'string' ? line.split(' ') : line;
    const ids = [left, right, left + right.slice(prefix.length)].map(idOf);
    if (ids.some((id) => id === undefined)) throw new Error(`merge ${rank} ("${shortened(`${left} ${right}`)}") is not in its vocabulary`);
    merges.set(ids[0]! * PAIR + ids[1]!, { rank, id: ids[2]! });
  });
  return merges;
}

/** Longer pieces use a heap: scanning all pairs for each merge would take quadratic time. */
const MAX_SCANNED_IDS = 48;

function mergeAll(ids: number[], merges: Merges): number[] {
  if (ids.length > MAX_SCANNED_IDS) return mergeLong(ids, merges);
  for (;;) {
    let best: { rank: number; id: number } | undefined;
    let place = 0;
    for (let at = 0; at + 1 < ids.length; at++) {
      const merge = merges.get(ids[at]! * PAIR + ids[at + 1]!);
      if (merge !== undefined && (best === undefined || merge.rank < best.rank)) {
        best = merge;
        place = at;
      }
    }
    if (best === undefined) return ids;
    ids.splice(place, 2, best.id);
  }
}

/** The same with a heap of candidates, ordered by rank, then place; `next` and `before` link the ids that are left. */
function mergeLong(ids: number[], merges: Merges): number[] {
  const next = ids.map((_, at) => at + 1);
  const before = ids.map((_, at) => at - 1);
  const gone = new Uint8Array(ids.length);
  const heap: number[] = [];
  const consider = (at: number): void => {
    const right = next[at]!;
    if (at < 0 || right >= ids.length) return;
    const merge = merges.get(ids[at]! * PAIR + ids[right]!);
    if (merge !== undefined) push(heap, merge.rank * PAIR + at);
  };
  for (let at = 0; at + 1 < ids.length; at++) consider(at);
  while (heap.length > 0) {
    const key = pop(heap);
    const at = key % PAIR;
    const right = next[at]!;
    if (gone[at] === 1 || right >= ids.length) continue;
    const merge = merges.get(ids[at]! * PAIR + ids[right]!);
    // the pair has changed since, and has another entry
    if (merge === undefined || merge.rank !== Math.floor(key / PAIR)) continue;
    ids[at] = merge.id;
    gone[right] = 1;
    next[at] = next[right]!;
    if (next[at]! < ids.length) before[next[at]!] = at;
    consider(at);
    if (before[at]! >= 0) consider(before[at]!);
  }
  return ids.filter((_, at) => gone[at] === 0);
}

function push(heap: number[], key: number): void {
  let at = heap.push(key) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]! <= key) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = key;
}

function pop(heap: number[]): number {
  const least = heap[0]!;
  const key = heap.pop()!;
  if (heap.length === 0) return least;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= key) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = key;
  return least;
}
