import { textCopies } from '../../../analysis/duplicates/text-copies.ts';
import { isWithin } from '../compare.ts';
import type { TextSides } from '../sides.ts';
import type { EntryKind } from './entries.ts';

/** A text with its label, among texts that count as copies: numbers of their hashes, and of the label, 0 for none. */
type Member = { text: number; labelled: number; label: number };

/** Takes two members that repeat each other, or are in conflict, and the text of the first, which is of INPUT. */
type TakeLink = (kind: EntryKind, one: number, other: number, text: number) => void;

/**
 * Links texts that count as copies of each other. Not each pair is linked, but enough of them that links lead from each text to all texts that
 * it repeats, and to all that it is in conflict with.
 *
 * @param order rows of INPUT that are not blank
 */
export function linkCopies(sides: TextSides, order: Int32Array, { within, take }: { within: boolean; take: TakeLink }): void {
  const { own, others } = sides;
  const beside = isWithin(sides, { within });
  for (const members of copyGroups(sides, order)) {
    const link = (one: Member, other: Member): void => {
      if (one.label !== 0 && other.label !== 0 && one.label !== other.label) take('conflict', one.labelled, other.labelled, one.text);
      else if (one.text !== other.text) take('duplicate', one.text, other.text, one.text);
    };
    const inOther = members.filter(({ source }) => source > 0);
    const inOwn = members.filter(({ source, row }) => source === 0 && !own.rows.isAccepted(row));
    const known = inOther.map(({ source, row }) => memberOf(others[source - 1]!, row));
    const linkOthers = toOthers(known, link);
    const linkOwn = toEarlier(link);
    for (const { row } of inOwn) {
      const member = memberOf(own, row);
      linkOthers(member);
      if (beside) linkOwn(member);
    }
  }
}

function memberOf({ rows }: TextSides['own'], row: number): Member {
  const { textOf, labelledOf } = rows.marks!;
  return { text: textOf(row), labelled: labelledOf(row), label: rows.labelOf(row) };
}

/** Links a member with all others, or, where one with its label was linked so before, with one that it repeats and one that it is in conflict with. */
function toOthers(others: readonly Member[], link: (one: Member, other: Member) => void): (member: Member) => void {
  const linked = new Map<number, Member[]>();
  return (member) => {
    const known = linked.get(member.label);
    if (known) return known.forEach((other) => link(member, other));
    const disagrees = ({ label }: Member): boolean => label !== 0 && member.label !== 0 && label !== member.label;
    others.forEach((other) => link(member, other));
    const some = [others.find((other) => !disagrees(other)), others.find(disagrees)];
    linked.set(
      member.label,
      some.filter((other) => other !== undefined),
    );
  };
}

/** Links a member with those before it. */
function toEarlier(link: (one: Member, other: Member) => void): (member: Member) => void {
  const firsts = new Map<number, Member>();
  /** Members before the second label comes, which are in conflict with none so far. */
  let waiting: Member[] = [];
  return (member) => {
    const { label } = member;
    const [same, bare] = [firsts.get(label), firsts.get(0)];
    if (same) link(member, same);
    if (bare) link(member, bare);
    if (label === 0 && !bare) for (const first of firsts.values()) link(member, first);
    firsts.set(label, same ?? member);
    if (label === 0) return;
    const isSecond = !same && waiting.length > 0;
    if (isSecond) for (const one of waiting) link(member, one);
    else {
      const other = [...firstTwo(firsts)].find((one) => one !== label);
      if (other !== undefined) link(member, firsts.get(other)!);
    }
    if (isSecond) waiting = [];
    else if (firsts.size - Number(firsts.has(0)) === 1) waiting.push(member);
  };
}

/** The first two labels. */
function firstTwo(firsts: ReadonlyMap<number, Member>): number[] {
  const labels: number[] = [];
  for (const label of firsts.keys()) {
    if (label !== 0) labels.push(label);
    if (labels.length === 2) break;
  }
  return labels;
}

type Place = { source: number; row: number };

/** Rows of which several count as copies of each other, those of INPUT and of each OTHER together. */
function* copyGroups({ own, others }: TextSides, order: Int32Array): Generator<Place[]> {
  const all = [{ rows: own.rows, some: order }, ...others.map(({ rows }) => ({ rows, some: undefined }))];
  const copies = textCopies(all.reduce((sum, { rows }) => sum + rows.total, 0));
  const groups = new Map<number, Place[]>();
  const firsts: Place[] = [];
  for (const [source, { rows, some }] of all.entries()) {
    for (const row of some ?? Array.from({ length: rows.total }, (_, at) => at)) {
      if (rows.reasons.of(row) === 'blank') continue;
      const place = { source, row };
      const number = copies.firstOf(rows.keyOf!(row), firsts.length);
      if (number === firsts.length) firsts.push(place);
      else
        groups
          .set(number, groups.get(number) ?? [firsts[number]!])
          .get(number)!
          .push(place);
    }
  }
  yield* groups.values();
}
