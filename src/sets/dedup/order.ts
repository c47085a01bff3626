import { priorityOrder, type Keep } from './keep.ts';
import { writtenRows, type RowFacts } from './rows.ts';

/** Rows that are not blank, those to keep first. A row that may repeat others comes after them, so that it is the one that repeats. */
export function judgingOrder(rows: RowFacts, keep: Keep): Int32Array {
  const order = priorityOrder(writtenRows(rows), rows.ranks, keep);
  const accepted = order.filter(rows.isAccepted);
  if (accepted.length === 0) return order;
  const last = new Int32Array(order.length);
  last.set(order.filter((row) => !rows.isAccepted(row)));
  last.set(accepted, order.length - accepted.length);
  return last;
}
