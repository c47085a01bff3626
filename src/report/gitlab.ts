import { grouped } from '../text.ts';
import type { DuplicateRecord, DuplicateReport, DuplicateSummary } from './duplicates.ts';
import { findingsOf, foundRows, levelOf, messageOf, ruleOf } from './findings.ts';
import { fingerprints } from './fingerprints.ts';
import { reportRoot, type ReportRoot } from './report-root.ts';

/** Findings in one report: GitLab keeps all of them with the pipeline, and shows a few. */
const MAX_FINDINGS = 10_000;

/** An entry of a code quality report. Source: GitLab docs, "Code Quality report format". */
type Entry = {
  description: string;
  check_name: string;
  fingerprint: string;
  severity: 'info' | 'minor' | 'major' | 'critical' | 'blocker';
  location: { path: string; lines: { begin: number } };
};

/** A code quality report of GitLab: a list of findings, conflicts first; an empty list where nothing is found. */
export async function* gitlabChunks(report: DuplicateReport): AsyncGenerator<string> {
  const { summary } = report;
  const root = reportRoot(summary);
  const fingerprintOf = fingerprints(root);
  let written = 0;
  const line = (entry: Entry): string => `${written++ === 0 ? '' : ','}\n${JSON.stringify(entry)}`;
  yield '[';
  for await (const batch of findingsOf(report)) {
    yield batch
      .slice(0, MAX_FINDINGS - written)
      .map((record) => line(entryOf(record, { root, summary, fingerprint: fingerprintOf(record) })))
      .join('');
    if (written === MAX_FINDINGS) break;
  }
  const left = foundRows(summary) - written;
  if (left > 0) {
    yield line({
      description: `${grouped(left)} more findings are not listed here; a report in .csv has all of them`,
      check_name: 'more-findings',
      fingerprint: 'more-findings',
      severity: 'info',
      location: placeIn(root, { summary }),
    });
  }
  yield written === 0 ? ']\n' : '\n]\n';
}

type Telling = { root: ReportRoot; summary: DuplicateSummary };

function entryOf(record: DuplicateRecord, { root, summary, fingerprint }: Telling & { fingerprint: string }): Entry {
  const isError = levelOf(record, summary) === 'error';
  const isConflict = record.verdict === 'conflict';
  return {
    description: messageOf(record, { root, summary }),
    check_name: ruleOf(record),
    fingerprint,
    severity: isConflict ? (isError ? 'critical' : 'major') : isError ? 'minor' : 'info',
    location: placeIn(root, { ...record, summary }),
  };
}

/** Every finding needs a place: one without is shown at the beginning of INPUT. */
function placeIn(
  root: ReportRoot,
  { file, line, summary }: { file?: string | undefined; line?: number | undefined; summary: DuplicateSummary },
): Entry['location'] {
  const [first = 'stdin'] = summary.inputs.map((input) => (input === '-' ? 'stdin' : input));
  return { path: root.pathOf(file ?? first), lines: { begin: line ?? 1 } };
}
