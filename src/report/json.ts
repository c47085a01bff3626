import { recordsOf, type AnyReport } from './report.ts';

/** One JSON object with `schema`, `summary` and `results`. Each result is on a line of its own, for diff, grep and cut. */
export async function* jsonChunks(report: AnyReport): AsyncGenerator<string> {
  yield `{"schema":${JSON.stringify(report.schema)},\n"summary":${JSON.stringify(report.summary)},\n"results":[`;
  let first = true;
  for await (const records of recordsOf(report)) {
    yield records.map((record) => (first ? ((first = false), '\n') : ',\n') + JSON.stringify(record)).join('');
  }
  yield '\n]}\n';
}

/** One JSON record per line. */
export async function* jsonlChunks(report: AnyReport): AsyncGenerator<string> {
  for await (const records of recordsOf(report)) yield records.map((record) => `${JSON.stringify(record)}\n`).join('');
}
