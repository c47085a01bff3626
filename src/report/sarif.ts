import { keeperPlace, matchInWords, type DuplicateRecord, type DuplicateReport, type DuplicateSummary } from './duplicates.ts';

/** SARIF 2.1.0 (OASIS), which code hosts and editors show as findings: one result per dropped row. */
export async function* sarifChunks(report: DuplicateReport, { version }: { version: string }): AsyncGenerator<string> {
  const but = report.summary.fold === undefined ? '' : `, but for its form${report.summary.fold === 'form' ? '' : ' and punctuation'}`;
  const rules = [
    { id: 'exact-copy', shortDescription: { text: `The text is that of another row${but}` } },
    { id: 'near-duplicate', shortDescription: { text: 'The meaning is that of another row, by cosine' } },
  ];
  const driver = JSON.stringify({ name: 'embed dedup', version, rules });
  yield `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":${driver}},\n"results":[`;
  let first = true;
  for await (const batch of report.dropped()) {
    yield batch.map((record) => (first ? ((first = false), '\n') : ',\n') + JSON.stringify(resultOf(record, report.summary))).join('');
  }
  yield `\n],"properties":${JSON.stringify(report.summary)}}]}\n`;
}

function resultOf(record: DuplicateRecord, summary: DuplicateSummary): object {
  const related = [
    { file: record.keeper_file, line: record.keeper_line, text: 'the row that is kept' },
    { file: record.copy_of_file, line: record.copy_of_line, text: 'the row that it is a copy of' },
  ].filter(({ file }) => file !== undefined);
  return {
    ruleId: record.match === 'exact' ? 'exact-copy' : 'near-duplicate',
    level: summary.passed ? 'warning' : 'error',
    message: { text: `Row ${record.id ?? record.row} repeats ${keeperPlace(record)} (${matchInWords(record, summary)})` },
    ...(record.file === undefined ? {} : { locations: [location(record)] }),
    ...(related.length === 0
      ? {}
      : { relatedLocations: related.map(({ text, ...place }, at) => ({ id: at + 1, ...location(place), message: { text } })) }),
  };
}

function location({ file, line }: { file?: string | undefined; line?: number | undefined }): object {
  const uri = file!.split('/').map(encodeURIComponent).join('/');
  return { physicalLocation: { artifactLocation: { uri }, ...(line === undefined ? {} : { region: { startLine: line } }) } };
}
