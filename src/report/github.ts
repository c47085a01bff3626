import { cutToCells, oneLine } from './cells.ts';
import { keeperPlace, matchInWords, totals, type DuplicateReport } from './duplicates.ts';

/**
 * Annotations that GitHub shows beside the lines of a pull request. It shows the first ten of a step. Source: GitHub docs,
 * "Workflow commands for GitHub Actions".
 */
export async function* githubChunks(report: DuplicateReport): AsyncGenerator<string> {
  const level = report.summary.passed ? 'warning' : 'error';
  for await (const batch of report.dropped()) {
    yield batch
      .map((record) => {
        const place =
          record.file === undefined ? '' : ` file=${property(record.file)}${record.line === undefined ? '' : `,line=${record.line}`},`;
        const title = record.match === 'near' ? 'Near-duplicate' : report.summary.fold === undefined ? 'Exact copy' : 'Copy';
        return `::${level}${place === '' ? ' ' : place}title=${property(title)}::${data(`${placeIfNone(record)}repeats ${keeperPlace(record)} (${matchInWords(record, report.summary)})${quoted(record.keeper_text)}`)}\n`;
      })
      .join('');
  }
  yield `::notice title=embed dedup::${data(totals(report.summary))}\n`;
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
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
