import { recordsOf, type AnyReport } from './report.ts';

/** One object: `schema`, `summary`, `results`; a result a line, so that it can be read, compared and cut by lines. */
export async function* jsonChunks(report: AnyReport): AsyncGenerator<string> {
  yield `{"schema":${JSON.stringify(report.schema)},\n"summary":${JSON.stringify(report.summary)},\n"results":[`;
  let first = true;
  for await (const records of recordsOf(report)) {
    yield records.map((record) => (first ? ((first = false), '\n') : ',\n') + JSON.stringify(record)).join('');
  }
  yield '\n]}\n';
}

/** One record a line. */
export async function* jsonlChunks(report: AnyReport): AsyncGenerator<string> {
  for await (const records of recordsOf(report)) yield records.map((record) => `${JSON.stringify(record)}\n`).join('');
}
