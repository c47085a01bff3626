import { cutText, grouped, plural } from '../text.ts';
import { oneLine, placeOf } from './cells.ts';
import { copiedPlace, differenceInWords, keeperPlace, matchValue } from './duplicate-words.ts';
import type { DuplicateRecord, DuplicateReport, DuplicateSummary, Found } from './duplicates.ts';
import { FINDINGS } from './findings.ts';
import { escapeMarkup } from './markup.ts';
import { reportRoot } from './report-root.ts';
import { totals } from './totals.ts';

/** Rows per table. */
const MAX_ROWS = 100;

/** GitHub refuses a summary above 1 MiB, and takes a few of one job together. Source: GitHub docs, "Adding a job summary". */
const MAX_BYTES = 900_000;

const HEADINGS: Readonly<Record<(typeof FINDINGS)[number], string>> = {
  conflict: 'Repeats whose labels disagree',
  dropped: 'Repeats',
};

/**
 * A summary of a job in GitHub's Markdown: the verdict, counts, and tables of what is found. What comes from a corpus stands in `<code>`
 * within blocks of HTML, in which nothing is Markdown, a link, or a mention.
 */
export async function* markdownChunks(report: DuplicateReport): AsyncGenerator<string> {
  const { summary } = report;
  const root = reportRoot(summary);
  let bytes = 0;
  const counted = (text: string): string => {
    bytes += Buffer.byteLength(text);
    return text;
  };
  yield counted(`## embed dedup: ${verdictOf(summary)}\n\n<p>${sentence(totals(summary))}.</p>\n\n${counts(summary)}\n`);
  for (const verdict of FINDINGS) {
    const found = countOf(summary, verdict);
    if (found === 0) continue;
    yield counted(`### ${HEADINGS[verdict]}\n\n<table>\n${headOf(verdict)}\n`);
    let rows = 0;
    for await (const batch of report.found(verdict)) {
      for (const record of batch.slice(0, MAX_ROWS - rows)) {
        const row = rowOf(root.rooted(record), summary);
        if (bytes + Buffer.byteLength(row) > MAX_BYTES) break;
        yield counted(row);
        rows++;
      }
      break;
    }
    const left = found - rows;
    yield counted(`</table>\n\n${left > 0 ? `${plural(left, 'more row')}; \`--report FILE.html\` or \`FILE.csv\` lists all.\n\n` : ''}`);
  }
}

function verdictOf({ allowed, inconclusive, passed }: DuplicateSummary): string {
  if (inconclusive) return 'nothing could be compared';
  return passed ? (allowed === null ? 'done' : 'passed') : 'failed';
}

function countOf({ exact, near, conflicts }: DuplicateSummary, verdict: Found): number {
  return verdict === 'conflict' ? conflicts : exact + near;
}

function counts(summary: DuplicateSummary): string {
  const { min_cosine: minCosine, rows, kept, exact, near, conflicts, differs, accepted, unjudged, label_column: label, fold } = summary;
  const all: readonly (readonly [string, number])[] = [
    ['rows', rows],
    ['kept', kept],
    [fold === undefined ? 'exact copies' : 'copies', exact],
    ...(minCosine === null ? [] : [['near-duplicates', near] as const]),
    ...(label === undefined ? [] : [['conflicts of labels', conflicts] as const]),
    ...(differs > 0 ? [['different in fact', differs] as const] : []),
    ...(accepted > 0 ? [['accepted', accepted] as const] : []),
    ['not judged', unjudged],
  ];
  return `| ${all.map(([name]) => name).join(' | ')} |\n|${'---:|'.repeat(all.length)}\n| ${all.map(([, count]) => grouped(count)).join(' | ')} |\n`;
}

function headOf(verdict: Found): string {
  const names = ['kept', 'repeat', ...(verdict === 'conflict' ? ['labels'] : []), 'by', 'text'];
  return `<tr>${names.map((name) => `<th>${name}</th>`).join('')}</tr>`;
}

function rowOf(record: DuplicateRecord, summary: DuplicateSummary): string {
  const { text = '', keeper_text: kept = '' } = record;
  const by = [matchValue(record, summary).trimEnd(), copiedPlace(record) ?? ''].filter((words) => words !== '').join(', ');
  const cells = [
    code(keeperPlace(record)),
    code(placeOf(record)),
    ...(record.verdict === 'conflict' ? [code(differenceInWords(record))] : []),
    code(by),
    oneLine(text) === oneLine(kept) ? code(text) : `${code(kept)}<br>${code(text)}`,
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>\n`;
}

/** Characters of a text in a cell. */
const MAX_CHARACTERS = 200;

function code(text: string): string {
  const short = cutText(oneLine(cutText(text, 4 * MAX_CHARACTERS)), MAX_CHARACTERS);
  return short === '' ? '' : `<code>${escapeMarkup(short)}</code>`;
}

/** A sentence of ours with names of files in it: a space of no width keeps "@name", "#12" and ":name:" from becoming links and pictures. */
function sentence(text: string): string {
  return escapeMarkup(text.replace(/[@#]|:(?=\w)/g, '$&\u200b'));
}
