import type { TextSides } from '../sides.ts';
import type { Ledger } from './ledger.ts';

/** Which hashes of a ledger occur, and how often texts are repeated. */
export type Occurrences = {
  /** Whether a row comes more often than is known: as one copy too many of its text, or with a label that its text did not have. */
  isSurplus(row: number): boolean;
  /** How many rows of INPUT have a text that a row before them has. */
  repeatsOf(number: number): number;
  isInInput(number: number): boolean;
  isInOther(number: number): boolean;
};

const IN_INPUT = 1;
const IN_OTHER = 2;

/**
 * Counts the rows of each text. The first row with a label that disagrees with those it is compared with is no repeat, but a conflict; each other
 * row after the first of all is a repeat. So the numbers do not depend on the order of rows. Rows that are accepted in place do not count.
 *
 * @param order rows of INPUT that are not blank
 * @param within whether rows of INPUT are compared with each other
 */
export function countOccurrences(
  { own, others }: TextSides,
  order: Int32Array,
  { numbers, copiesOf, areLinked }: Pick<Ledger, 'numbers' | 'copiesOf' | 'areLinked'>,
  { within }: { within: boolean },
): Occurrences {
  const places = new Uint8Array(numbers.size() + 1);
  const repeats = new Int32Array(numbers.size() + 1);
  /** Text → its labels, each with the number of the text with it. */
  const labels = new Map<number, Map<number, number>>();
  /** Texts of which a row of OTHER has no label: it agrees with every label. */
  const bare = new Set<number>();
  const surplus = new Uint8Array(own.rows.total);
  const addLabel = (text: number, label: number, labelled: number): void => {
    if (label > 0) labels.set(text, (labels.get(text) ?? new Map<number, number>()).set(label, labelled));
  };
  for (const { rows } of others) {
    const { textOf, labelledOf } = rows.marks!;
    for (let row = 0; row < rows.total; row++) {
      if (rows.reasons.of(row) === 'blank') continue;
      const [text, labelled] = [textOf(row), labelledOf(row)];
      places[text]! |= IN_OTHER;
      places[labelled]! |= IN_OTHER;
      const label = rows.labelOf(row);
      if (text > 0) addLabel(text, label, labelled);
      if (label === 0 && rows.hasLabels) bare.add(text);
    }
  }
  const { textOf, labelledOf } = own.rows.marks!;
  /** Whether a row is one too many among those before it. */
  const isNew = (text: number, label: number, labelled: number): boolean => {
    const again = labelled > 0 && (places[labelled]! & IN_INPUT) > 0;
    // of a text that is known with a label only, one row is known
    if (text === 0) return again;
    if (places[text] === 0) return false;
    const known = label > 0 && !again ? labels.get(text) : undefined;
    const [other] = known?.has(label) === false ? known.values() : [];
    if (other !== undefined && !bare.has(text)) return !areLinked(labelled, other);
    repeats[text]!++;
    return repeats[text]! > copiesOf(text) || (other !== undefined && !areLinked(labelled, other));
  };
  for (const row of order) {
    if (own.rows.isAccepted(row)) continue;
    const [text, label, labelled] = [textOf(row), own.rows.labelOf(row), labelledOf(row)];
    surplus[row] = Number(isNew(text, label, labelled));
    if (text > 0 && within) addLabel(text, label, labelled);
    places[text]! |= IN_INPUT;
    places[labelled]! |= IN_INPUT;
  }
  return {
    isSurplus: (row) => surplus[row] === 1,
    repeatsOf: (number) => repeats[number]!,
    isInInput: (number) => (places[number]! & IN_INPUT) > 0,
    isInOther: (number) => (places[number]! & IN_OTHER) > 0,
  };
}
