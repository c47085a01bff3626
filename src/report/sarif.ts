import { createHash } from 'node:crypto';
import { cutText, grouped, printable } from '../text.ts';
import { oneLine } from './cells.ts';
import {
  isAllowed,
  keeperPlace,
  matchInWords,
  totals,
  type DuplicateRecord,
  type DuplicateReport,
  type DuplicateSummary,
} from './duplicates.ts';
import { reportRoot, type ReportRoot } from './report-root.ts';
import { unjudgedInputs } from './unjudged.ts';

const INFORMATION = 'https://www.npmjs.com/package/corpus-embed';

/** The rules of findings; under --fold, copies may differ in form. */
const rulesOf = ({ fold }: Pick<DuplicateSummary, 'fold'>): object[] => [
  ruleOf(
    'exact-copy',
    `The text is that of another row${fold === undefined ? '' : `, but for its form${fold === 'form' ? '' : ' and punctuation'}`}`,
    'Remove the row, or keep it on purpose: it has the same text as the row that it names.',
  ),
  ruleOf(
    'near-duplicate',
    'The meaning is that of another row, by cosine',
    'Read both texts: their vectors are nearly the same. Remove one, or raise --min-cosine if they are no duplicates to you.',
  ),
  ruleOf(
    'label-conflict',
    'The text is that of another row, but the label is not',
    'Read both texts, and give them the same label, or remove one.',
  ),
];

/** GitHub refuses a run with more results. Source: GitHub docs, "SARIF support for code scanning". */
const MAX_RESULTS = 25_000;

/** Characters of a text in a message: with both texts of each result, the file stays below the 10 MB (packed) that GitHub takes. */
const MAX_CHARACTERS = 160;

/** SARIF 2.1.0 (OASIS), which code hosts and editors show as findings: one result per dropped row, the first 25,000. */
export async function* sarifChunks(report: DuplicateReport, { version }: { version: string }): AsyncGenerator<string> {
  const { summary } = report;
  const driver = { name: 'embed dedup', version, informationUri: INFORMATION, rules: rulesOf(summary) };
  yield `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":${JSON.stringify(driver)}},\n"results":[`;
  const context = {
    root: reportRoot(summary),
    level: isAllowed(summary) ? 'warning' : 'error',
    summary,
    seen: new Map<string, number>(),
  };
  let written = 0;
  for await (const batch of report.found('conflict', 'dropped')) {
    const records = batch.slice(0, MAX_RESULTS - written);
    yield records.map((record, at) => (written + at === 0 ? '\n' : ',\n') + JSON.stringify(resultOf(record, context))).join('');
    written += records.length;
    if (written === MAX_RESULTS) break;
  }
  const invocation = { executionSuccessful: !summary.inconclusive, toolExecutionNotifications: notifications(report, written) };
  yield `\n],"invocations":[${JSON.stringify(invocation)}],"properties":${JSON.stringify(summary)}}]}\n`;
}

/** What is said of the whole run: the totals, rows that were not judged, results that are left out. */
function notifications({ summary }: DuplicateReport, written: number): object[] {
  const notes: [level: string, text: string][] = [[summary.inconclusive ? 'error' : 'note', totals(summary)]];
  for (const { phrase } of unjudgedInputs(summary)) notes.push(['warning', `Not judged: ${phrase}`]);
  const found = summary.exact + summary.near + summary.conflicts;
  if (written < found) {
    const left = grouped(found - written);
    notes.push([
      'warning',
      `${left} more duplicates are not listed: the limit is ${grouped(MAX_RESULTS)}; a report in .csv has all of them`,
    ]);
  }
  return notes.map(([level, text]) => ({ level, message: { text: printable(text) } }));
}

type Context = {
  root: ReportRoot;
  level: string;
  summary: Pick<DuplicateSummary, 'fold'>;
  /** How often each hash has come. */
  seen: Map<string, number>;
};

function resultOf(record: DuplicateRecord, { root, level, summary, seen }: Context): object {
  const { file, line } = record;
  const ruleIndex = record.verdict === 'conflict' ? 2 : record.match === 'exact' ? 0 : 1;
  const related = [
    { file: record.keeper_file, line: record.keeper_line, text: 'the row that is kept' },
    { file: record.copy_of_file, line: record.copy_of_line, text: 'the row that it is a copy of' },
  ].flatMap((place) =>
    place.file === undefined ? [] : [{ ...location(root.uriOf(place.file), place.line), message: { text: place.text } }],
  );
  return {
    ruleId: ['exact-copy', 'near-duplicate', 'label-conflict'][ruleIndex],
    ruleIndex,
    level,
    message: { text: messageOf(root.keeperOf(record), { root, summary }) },
    ...(file === undefined ? {} : { locations: [location(root.uriOf(file), line)] }),
    ...(related.length === 0 ? {} : { relatedLocations: related.map((place, at) => ({ id: at + 1, ...place })) }),
    partialFingerprints: { 'rowText/v1': fingerprintOf(record, { root, seen }) },
  };
}

/** What is found, with the texts of both rows. The keeper of the record has its path from the root. */
function messageOf(record: DuplicateRecord, { root, summary }: Pick<Context, 'root' | 'summary'>): string {
  const { text, keeper_text: keeperText } = record;
  const place = record.file === undefined ? (record.id ?? `row:${record.row}`) : idOf(record, root);
  const head = `Row ${oneLine(place)} repeats ${keeperPlace(record)} (${matchInWords(record, summary)})`;
  return text === undefined || keeperText === undefined ? head : `${head}: “${quoted(text)}” and “${quoted(keeperText)}”`;
}

/** The id of a row; one that is only its place is written from the root. */
function idOf({ id, file, line, row }: DuplicateRecord, root: ReportRoot): string {
  return id === undefined || id.endsWith(`:${line}`) ? `${root.pathOf(file!)}:${line ?? row}` : id;
}

/** A text in a message, in which "[…](…)" would be a link. */
function quoted(text: string): string {
  return cutText(oneLine(cutText(text, 4 * MAX_CHARACTERS)), MAX_CHARACTERS).replaceAll('](', '] (');
}

/**
 * What tells this finding from others, wherever its line moves to: the file, the text of the row, and which of several such rows it is. The
 * action that uploads to GitHub adds a hash of the lines by itself, and warns of another under its name.
 */
function fingerprintOf({ file = '', text, id, row }: DuplicateRecord, { root, seen }: Pick<Context, 'root' | 'seen'>): string {
  const parts = [file === '' ? '' : root.pathOf(file), text ?? id ?? String(row)];
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
  const count = (seen.get(hash) ?? 0) + 1;
  seen.set(hash, count);
  return `${hash}:${count}`;
}

function location(uri: string, line: number | undefined): object {
  return {
    physicalLocation: {
      artifactLocation: { uri, ...(uri.startsWith('file:') ? {} : { uriBaseId: '%SRCROOT%' }) },
      ...(line === undefined ? {} : { region: { startLine: line } }),
    },
  };
}

function ruleOf(id: string, short: string, help: string): { id: string } & Record<string, unknown> {
  return { id, shortDescription: { text: short }, fullDescription: { text: short }, help: { text: help } };
}
