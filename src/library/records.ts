import { recordsOf, type AnyReport } from '../report/report.ts';

/** All records of a report. */
export async function allRecords<T>(report: AnyReport): Promise<T[]> {
  const records: T[] = [];
  // one by one: a batch may have more records than a call takes arguments
  for await (const batch of recordsOf(report)) for (const record of batch) records.push(record as T);
  return records;
}
