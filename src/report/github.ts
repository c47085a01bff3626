import { printable } from '../text.ts';
import { cutToCells, oneLine } from './cells.ts';
import { isAllowed, keeperPlace, matchInWords, totals, type DuplicateReport } from './duplicates.ts';
import { reportRoot } from './report-root.ts';

/** Annotations of one step that GitHub shows beside the code; the log has all of them. Source: GitHub docs, "Workflow commands". */
const MAX_SHOWN = 10;

/** Annotations that GitHub shows beside the lines of a pull request, then the totals: an error where nothing could be compared. */
export async function* githubChunks(report: DuplicateReport): AsyncGenerator<string> {
  const { summary } = report;
  const root = reportRoot(summary);
  const level = isAllowed(summary) ? 'warning' : 'error';
  for await (const batch of report.found('conflict', 'dropped')) {
    yield batch
      .map((record) => {
        const place =
          record.file === undefined
            ? ''
            : ` file=${property(root.pathOf(record.file))}${record.line === undefined ? '' : `,line=${record.line}`},`;
        const title =
          record.verdict === 'conflict'
            ? 'Conflict of labels'
            : record.match === 'near'
              ? 'Near-duplicate'
              : report.summary.fold === undefined
                ? 'Exact copy'
                : 'Copy';
        const rooted = root.keeperOf(record);
        return `::${level}${place === '' ? ' ' : place}title=${property(title)}::${data(`${placeIfNone(record)}repeats ${keeperPlace(rooted)} (${matchInWords(rooted, report.summary)})${quoted(record.keeper_text)}`)}\n`;
      })
      .join('');
  }
  const shown =
    summary.exact + summary.near + summary.conflicts > MAX_SHOWN
      ? `; GitHub shows the first ${MAX_SHOWN} beside the code, the log has all`
      : '';
  yield `::${summary.inconclusive ? 'error' : 'notice'} title=embed dedup::${data(totals(summary) + shown)}\n`;
}

/** The text of the kept row, which is seldom visible beside the annotation. */
function quoted(text: string | undefined): string {
  return text === undefined ? '' : `: ${cutToCells(oneLine(text), TEXT_CELLS)}`;
}

const TEXT_CELLS = 100;

function placeIfNone({ file, row }: { file?: string; row: number }): string {
  return file === undefined ? `row ${row} ` : '';
}

function data(text: string): string {
  return printable(text).replaceAll('%', '%25');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
