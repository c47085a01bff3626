/** A number per row, or `width` of them. Rows that nobody set have 0. */
export type RowNumbers<Kind> = {
  of(row: number): number;
  set(row: number, value: number): void;
  /** All numbers, in an array that has room for this row. */
  room(row: number): Kind;
};

type Numbers = Int32Array | Float64Array | Uint8Array;

/** The fewest rows that there is room for, where their number is not known. */
const MIN_ROWS = 1024;

/**
 * Numbers of rows, whose number may show only when all have been read: room grows with them, at 4 bytes per row where that is a number of
 * 32 bits.
 *
 * @param rows number of rows, as far as it is known
 */
export function rowNumbers<Kind extends Numbers>(
  kind: new (length: number) => Kind,
  { rows, width = 1 }: { rows: number; width?: number },
): RowNumbers<Kind> {
  let numbers = new kind(rows * width);
  const room = (row: number): Kind => {
    const needed = (row + 1) * width;
    if (needed > numbers.length) {
      const larger = new kind(Math.max(needed, 2 * numbers.length, MIN_ROWS * width));
      larger.set(numbers);
      numbers = larger;
    }
    return numbers;
  };
  return {
    of: (row) => numbers[row] ?? 0,
    set: (row, value) => void (room(row)[row] = value),
    room,
  };
}

/** The numbers of so many rows. */
export function allRows(total: number): Int32Array {
  return rowsWhere(total, () => true);
}

/** The rows for which something holds, rising. */
export function rowsWhere(total: number, holds: (row: number) => boolean): Int32Array {
  const rows = new Int32Array(total);
  let count = 0;
  for (let row = 0; row < total; row++) if (holds(row)) rows[count++] = row;
  return rows.slice(0, count);
}
