import { keeperPlace, matchInWords, type DuplicateRecord, type DuplicateReport } from './duplicates.ts';

/** SARIF 2.1.0 (OASIS), which code hosts and editors show as findings: one result per dropped row. */
export async function* sarifChunks(report: DuplicateReport, { version }: { version: string }): AsyncGenerator<string> {
  const rules = [
    { id: 'exact-copy', shortDescription: { text: 'The text is that of another row' } },
    { id: 'near-duplicate', shortDescription: { text: 'The meaning is that of another row, by cosine' } },
  ];
  const driver = JSON.stringify({ name: 'embed dedup', version, rules });
  yield `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":${driver}},\n"results":[`;
  let first = true;
  const level = report.summary.passed ? 'warning' : 'error';
  for await (const batch of report.dropped()) {
    yield batch.map((record) => (first ? ((first = false), '\n') : ',\n') + JSON.stringify(resultOf(record, level))).join('');
  }
  yield `\n],"properties":${JSON.stringify(report.summary)}}]}\n`;
}

function resultOf(record: DuplicateRecord, level: string): object {
  const keeper = { file: record.keeper_file, line: record.keeper_line };
  return {
    ruleId: record.match === 'exact' ? 'exact-copy' : 'near-duplicate',
    level,
    message: { text: `Row ${record.id ?? record.row} repeats ${keeperPlace(record)} (${matchInWords(record)})` },
    ...(record.file === undefined ? {} : { locations: [location(record)] }),
    ...(keeper.file === undefined ? {} : { relatedLocations: [{ id: 1, ...location(keeper), message: { text: 'the row that is kept' } }] }),
  };
}

function location({ file, line }: { file?: string | undefined; line?: number | undefined }): object {
  const uri = file!.split('/').map(encodeURIComponent).join('/');
  return { physicalLocation: { artifactLocation: { uri }, ...(line === undefined ? {} : { region: { startLine: line } }) } };
}
