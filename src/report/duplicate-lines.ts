import { grouped, plural } from '../text.ts';
import { cellsOf, cutToCells, headedLine, padCells, placeOf, shownPlace, type Look } from './cells.ts';
import { copiedPlace, differenceInWords, keeperPlace, matchValue, toldLabel } from './duplicate-words.ts';
import type { DuplicateGroup, DuplicateReport, DuplicateSummary, Found } from './duplicates.ts';
import { differingFields, droppedInWords, keptInWords } from './record-fields.ts';
import { totals } from './totals.ts';

/** Groups of a verdict in the text report, what stands above them, and how many there are, with how many rows each. */
type Part = { verdict: Found; heading: string; groups: number; members: number; below: string };

const LISTED = '--report FILE.html or FILE.csv lists them';

/** Conflicts are to be mended, so they come first. Rows that differ in fact may be thousands, of one template: a few show what they are. */
const PARTS: readonly Part[] = [
  { verdict: 'conflict', heading: 'repeats whose labels disagree', groups: 20, members: 10, below: LISTED },
  { verdict: 'dropped', heading: 'repeats', groups: 20, members: 10, below: LISTED },
  {
    verdict: 'differs',
    heading: 'near, but different in fact: kept (--differing drop drops them)',
    groups: 5,
    members: 3,
    below: '--report FILE.csv lists them',
  },
];

/** The text report: the largest groups, conflicts first, then a line of totals. */
export async function* duplicateLines(report: DuplicateReport, look: Look): AsyncGenerator<string> {
  const shown = PARTS.filter(({ verdict }) => report.groupsOf(verdict) > 0);
  for (const { verdict, heading, groups: most, members, below } of shown) {
    const groups = await report.largest(verdict, most, members);
    // repeats are what the report is of: they need a heading only beside others
    if (verdict !== 'dropped' || shown[0]!.verdict !== 'dropped') yield `${look.bold(`${heading}:`)}\n\n`;
    for (const group of groups) yield `${groupLines(group, report.summary, look)}\n`;
    const left = report.groupsOf(verdict) - groups.length;
    if (left > 0) yield `${grouped(left)} smaller ${left === 1 ? 'group is' : 'groups are'} not shown; ${below}\n\n`;
  }
  yield `${totals(report.summary)}\n`;
}

function groupLines({ size, members }: DuplicateGroup, summary: DuplicateSummary, { width, bold, dim }: Look): string {
  const [first] = members;
  const names = differingFields(members, { except: toldLabel(first!, summary) });
  const [kept, ...places] = [keeperPlace(first!), ...members.map((member) => placeOf(member))].map((place) =>
    width === undefined ? place : shownPlace(place, Math.max(width / 3, width - MIN_REST_CELLS)),
  );
  const widest = Math.min(MAX_PLACE_CELLS, Math.max(...places.map(cellsOf)));
  const lines = [headedLine(kept!, first!.keeper_text, { width, style: bold, tail: bracketed(keptInWords(first!, names)) })];
  for (const [at, member] of members.entries()) {
    const difference = differenceInWords(member);
    // what disagrees is more than the text, which is nearly that of the kept row
    const said = difference === '' || width === undefined ? difference : cutToCells(difference, Math.floor(width / 3));
    const place = `  ${matchValue(member, summary)}  ${padCells(places[at]!, widest)}`;
    const head = said === '' ? place : `${place}  ${bracketed(said)}`;
    const tail = bracketed(copiedPlace(member) ?? '', droppedInWords(member, names));
    lines.push(headedLine(head, member.text, { width, style: dim, tail }));
  }
  if (size > members.length) lines.push(dim(`  … and ${plural(size - members.length, 'row')} more`));
  return `${lines.join('\n')}\n`;
}

/** Cells of a line that are left for what follows a place. */
const MIN_REST_CELLS = 44;

/** Cells to which shorter places of a group are padded. */
const MAX_PLACE_CELLS = 40;

/** "[copy of t.csv:5; team ops]"; "" where there is nothing to say. */
function bracketed(...words: string[]): string {
  const said = words.filter((word) => word !== '');
  return said.length === 0 ? '' : `[${said.join('; ')}]`;
}
