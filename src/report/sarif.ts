import { gzipSync } from 'node:zlib';
import { grouped, printable } from '../text.ts';
import type { DuplicateRecord, DuplicateReport, DuplicateSummary } from './duplicates.ts';
import { findingsOf, foundRows, levelOf, messageOf, ruleOf, type Rule } from './findings.ts';
import { fingerprints } from './fingerprints.ts';
import { reportRoot, type ReportRoot } from './report-root.ts';
import { totals } from './totals.ts';
import { unjudgedInputs } from './unjudged.ts';

const INFORMATION = 'https://www.npmjs.com/package/corpus-embed';

/** What servers show of the rules; under --fold, copies may differ in form. */
const rulesOf = ({ fold }: Pick<DuplicateSummary, 'fold'>): { id: Rule }[] => [
  described('exact-copy', {
    short: 'Exact copy of another row',
    full: `The text is that of another row${fold === undefined ? '' : `, but for its form${fold === 'form' ? '' : ' and punctuation'}`}.`,
    help: 'Remove the row, or keep it on purpose: it has the same text as the row that it names.',
    level: 'warning',
  }),
  described('near-duplicate', {
    short: 'Near-duplicate of another row',
    full: 'The meaning is that of another row, by the cosine of their vectors.',
    help: 'Read both texts: their vectors are nearly the same. Remove one, or raise --min-cosine if they are no duplicates to you.',
    level: 'warning',
  }),
  described('label-conflict', {
    short: 'Two labels for one text',
    full: 'The text is that of another row, but its label is not.',
    help: 'Read both texts, and give them the same label, or remove one.',
    level: 'error',
  }),
];

/** GitHub refuses a run with more results, or a file that is larger when packed. Source: GitHub docs, "SARIF support for code scanning". */
const MAX_RESULTS = 25_000;
const MAX_PACKED_BYTES = 9_000_000;

/** Results that are packed together to learn their size. */
const RESULTS_PER_CHUNK = 500;

/** SARIF 2.1.0 (OASIS), which code hosts and editors show as findings: one result per row, as many as GitHub takes. */
export async function* sarifChunks(report: DuplicateReport, { version }: { version: string }): AsyncGenerator<string> {
  const { summary } = report;
  const rules = rulesOf(summary);
  const driver = { name: 'embed dedup', version, informationUri: INFORMATION, rules };
  yield `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":${JSON.stringify(driver)}},\n"results":[`;
  const root = reportRoot(summary);
  const context = { root, summary, rules: rules.map(({ id }) => id), fingerprintOf: fingerprints(root) };
  let written = 0;
  let bytes = 0;
  for await (const records of chunked(findingsOf(report), RESULTS_PER_CHUNK)) {
    const results = records
      .slice(0, MAX_RESULTS - written)
      .map((record, at) => (written + at === 0 ? '\n' : ',\n') + JSON.stringify(resultOf(record, context)));
    bytes += gzipSync(results.join('')).length;
    if (results.length === 0 || bytes > MAX_PACKED_BYTES) break;
    yield results.join('');
    written += results.length;
  }
  const invocation = { executionSuccessful: !summary.inconclusive, toolExecutionNotifications: notifications(report, written) };
  yield `\n],"invocations":[${JSON.stringify(invocation)}],"properties":${JSON.stringify(summary)}}]}\n`;
}

/** What is said of the whole run: the totals, rows that were not judged, results that are left out. */
function notifications({ summary }: DuplicateReport, written: number): object[] {
  const notes: [level: string, text: string][] = [[summary.inconclusive ? 'error' : 'note', totals(summary)]];
  for (const { phrase } of unjudgedInputs(summary)) notes.push(['warning', `Not judged: ${phrase}`]);
  const left = foundRows(summary) - written;
  if (left > 0) {
    notes.push(['warning', `${grouped(left)} more findings are not listed: GitHub takes no more; a report in .csv has all of them`]);
  }
  return notes.map(([level, text]) => ({ level, message: { text: printable(text) } }));
}

type Context = { root: ReportRoot; summary: DuplicateSummary; rules: readonly Rule[]; fingerprintOf: (record: DuplicateRecord) => string };

function resultOf(record: DuplicateRecord, { root, summary, rules, fingerprintOf }: Context): object {
  const { file, line } = record;
  const related = [
    { file: record.keeper_file, line: record.keeper_line, text: 'the row that is kept' },
    { file: record.copy_of_file, line: record.copy_of_line, text: 'the row that it is a copy of' },
  ].flatMap((place) =>
    place.file === undefined ? [] : [{ ...location(root.uriOf(place.file), place.line), message: { text: place.text } }],
  );
  const rule = ruleOf(record);
  return {
    ruleId: rule,
    ruleIndex: rules.indexOf(rule),
    level: levelOf(record, summary),
    message: { text: messageOf(record, { root, summary }) },
    ...(file === undefined ? {} : { locations: [location(root.uriOf(file), line)] }),
    ...(related.length === 0 ? {} : { relatedLocations: related.map((place, at) => ({ id: at + 1, ...place })) }),
    // the action that uploads to GitHub adds a hash of the lines by itself, and warns of another under its name
    partialFingerprints: { 'rowText/v1': fingerprintOf(record) },
  };
}

function location(uri: string, line: number | undefined): object {
  return {
    physicalLocation: {
      artifactLocation: { uri, ...(uri.startsWith('file:') ? {} : { uriBaseId: '%SRCROOT%' }) },
      ...(line === undefined ? {} : { region: { startLine: line } }),
    },
  };
}

type Words = { short: string; full: string; help: string; level: 'error' | 'warning' };

function described(id: Rule, { short, full, help, level }: Words): { id: Rule } & Record<string, unknown> {
  return {
    id,
    shortDescription: { text: short },
    fullDescription: { text: full },
    help: { text: help, markdown: help },
    helpUri: INFORMATION,
    defaultConfiguration: { level },
    properties: { tags: ['data', 'duplicates'], 'problem.severity': level },
  };
}

async function* chunked<T>(batches: AsyncIterable<T[]>, size: number): AsyncGenerator<T[]> {
  for await (const batch of batches) {
    for (let first = 0; first < batch.length; first += size) yield batch.slice(first, first + size);
  }
}
