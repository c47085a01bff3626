import { grouped, plural } from '../text.ts';
import { cellsOf, headedLine, padCells, placeOf, type Look } from './cells.ts';
import { copiedPlace, differenceInWords, keeperPlace, matchValue, totals } from './duplicate-words.ts';
import type { DuplicateGroup, DuplicateReport, DuplicateSummary, Found } from './duplicates.ts';
import { differingFields, droppedInWords, keptInWords } from './record-fields.ts';

/** Number of groups, and of rows per group, in the text report. */
const GROUPS = 20;
const MEMBERS = 10;

/** What stands above the groups of a verdict; nothing above those of repeats, which are what the report is of. */
const HEADINGS: readonly (readonly [Found, string | undefined])[] = [
  ['conflict', 'repeats whose labels disagree'],
  ['dropped', undefined],
  ['differs', 'near, but different in fact: kept'],
];

/** The text report: the largest groups, conflicts first, then a line of totals. */
export async function* duplicateLines(report: DuplicateReport, look: Look): AsyncGenerator<string> {
  for (const [verdict, heading] of HEADINGS) {
    const groups = await report.largest(verdict, GROUPS, MEMBERS);
    if (groups.length > 0 && heading !== undefined) yield `${look.bold(`${heading}:`)}\n\n`;
    for (const group of groups) yield `${groupLines(group, report.summary, look)}\n`;
    const left = report.groupsOf(verdict) - groups.length;
    if (left > 0)
      yield `${grouped(left)} smaller ${left === 1 ? 'group is' : 'groups are'} not shown; --report FILE.html or FILE.csv lists them\n\n`;
  }
  yield `${totals(report.summary)}\n`;
}

/** What follows a text: "[copy of t.csv:5; team ops]"; "" where there is nothing to say. */
function tailOf(...words: string[]): string {
  const said = words.filter((word) => word !== '');
  return said.length === 0 ? '' : `[${said.join('; ')}]`;
}

function groupLines({ size, members }: DuplicateGroup, summary: DuplicateSummary, { width, bold, dim }: Look): string {
  const [first] = members;
  const names = differingFields(members);
  const places = [keeperPlace(first!), ...members.map((member) => placeOf(member))];
  const widest = Math.min(40, Math.max(...places.slice(1).map(cellsOf)));
  const kept = tailOf(keptInWords(first!, names));
  const lines = [headedLine(places[0]!, first!.keeper_text, { width, style: bold, tail: kept })];
  for (const [at, member] of members.entries()) {
    const tail = tailOf(differenceInWords(member), copiedPlace(member) ?? '', droppedInWords(member, names));
    lines.push(
      headedLine(`  ${matchValue(member, summary)}  ${padCells(places[at + 1]!, widest)}`, member.text, { width, style: dim, tail }),
    );
  }
  if (size > members.length) lines.push(dim(`  … and ${plural(size - members.length, 'row')} more`));
  return `${lines.join('\n')}\n`;
}
