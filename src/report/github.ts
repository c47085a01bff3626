import { grouped, plural, printable } from '../text.ts';
import { cutToCells, oneLine, placeOf } from './cells.ts';
import { findingInWords } from './duplicate-words.ts';
import type { DuplicateRecord, DuplicateReport, DuplicateSummary } from './duplicates.ts';
import { FINDINGS, foundRows, levelOf, titleOf } from './findings.ts';
import { reportRoot, type ReportRoot } from './report-root.ts';
import { totals } from './totals.ts';

/** Annotations of one level that GitHub shows of a step; it drops the others. Source: GitHub docs, "Workflow commands". */
const MAX_ANNOTATIONS = 10;

/** Findings that the log lists below the annotations. */
const MAX_LINES = 1000;

/**
 * Annotations that GitHub shows beside the lines of a pull request, conflicts first; what is more as lines of the log, in a group that can be
 * unfolded; and the totals: an error where nothing could be compared.
 */
export async function* githubChunks(report: DuplicateReport): AsyncGenerator<string> {
  const { summary } = report;
  const root = reportRoot(summary);
  const left = { error: MAX_ANNOTATIONS, warning: MAX_ANNOTATIONS };
  const lines: string[] = [];
  let annotated = 0;
  for (const verdict of FINDINGS) {
    const level = levelOf({ verdict }, summary);
    for await (const batch of report.found(verdict)) {
      const shown = batch.splice(0, left[level]);
      left[level] -= shown.length;
      annotated += shown.length;
      yield shown.map((record) => annotation(record, { level, root, summary })).join('');
      lines.push(...batch.slice(0, MAX_LINES - lines.length).map((record) => logLine(record, { root, summary })));
      if (lines.length === MAX_LINES) break;
    }
  }
  if (lines.length > 0) yield `::group::${plural(lines.length, 'more finding')}\n${lines.join('')}::endgroup::\n`;
  const rest = restInWords({ annotated, listed: lines.length, found: foundRows(summary) });
  yield `::${summary.inconclusive ? 'error' : 'notice'} title=embed dedup::${data(totals(summary) + rest)}\n`;
}

type Telling = { root: ReportRoot; summary: DuplicateSummary };

function annotation(record: DuplicateRecord, { level, root, summary }: Telling & { level: 'error' | 'warning' }): string {
  const { file, line, row } = root.rooted(record);
  const title = `title=${property(titleOf(record, summary))}`;
  const place = file === undefined ? title : `file=${property(file)},${line === undefined ? '' : `line=${line},`}${title}`;
  const message = `${file === undefined ? `row ${row} ` : ''}${findingInWords(root.rooted(record), summary)}${keptText(record)}`;
  return `::${level} ${place}::${data(message)}\n`;
}

/** A finding as a line that is no command: it begins with the place of the row. */
function logLine(record: DuplicateRecord, { root, summary }: Telling): string {
  const rooted = root.rooted(record);
  return `${placeOf(rooted)} ${findingInWords(rooted, summary)}${keptText(record)}\n`;
}

/** The text of the kept row, which is seldom visible beside the finding. */
function keptText({ keeper_text: text }: DuplicateRecord): string {
  return text === undefined ? '' : `: ${cutToCells(oneLine(text), TEXT_CELLS)}`;
}

const TEXT_CELLS = 100;

function restInWords({ annotated, listed, found }: { annotated: number; listed: number; found: number }): string {
  if (listed === 0) return '';
  const log = `${grouped(annotated)} of ${grouped(found)} findings are annotations, the log lists ${grouped(listed)} more`;
  return annotated + listed < found ? `; ${log}; --report FILE.csv has all` : `; ${log}`;
}

/** The message of a command. Control characters are visible already, so that "%" is all that is left to escape. */
function data(text: string): string {
  return printable(text).replaceAll('%', '%25');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
