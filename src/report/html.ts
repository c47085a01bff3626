import { cutText, grouped, plural } from '../text.ts';
import { placeOf } from './cells.ts';
import { copiedPlace, differenceInWords, keeperPlace, matchValue, toldLabel } from './duplicate-words.ts';
import type { DuplicateGroup, DuplicateReport, DuplicateSummary, Found } from './duplicates.ts';
import { escapeMarkup } from './markup.ts';
import { STYLE } from './page-style.ts';
import { differingFields, droppedInWords, keptInWords } from './record-fields.ts';
import { totals } from './totals.ts';

/** A part of the page: how many groups of a verdict it shows, and how many rows per group. */
type Part = { verdict: Found; heading: string; groups: number; members: number };

/** What is to be mended comes first; what is only to be known is cut short. */
const PARTS: readonly Part[] = [
  { verdict: 'conflict', heading: 'Repeats whose labels disagree', groups: 1000, members: 50 },
  { verdict: 'dropped', heading: 'Repeats', groups: 1000, members: 50 },
  { verdict: 'differs', heading: 'Near, but different in fact: kept', groups: 50, members: 10 },
  { verdict: 'accepted', heading: 'Accepted repeats', groups: 50, members: 10 },
];

/** A self-contained page: totals, then each group, with the kept row and the rows that repeat it. */
export async function* htmlChunks(report: DuplicateReport): AsyncGenerator<string> {
  const { summary } = report;
  const title = `Duplicates in ${namesInWords(summary.inputs)}`;
  yield `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>${escape(title)}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n<main>\n<h1>${escape(title)}</h1>\n`;
  yield `<p${summary.passed ? '' : ' class="bad"'}>${escape(totals(summary))}.</p>\n`;
  yield `<dl>${factsOf(summary)
    .map(([name, value]) => `<div><dt>${escape(name)}</dt><dd>${escape(value)}</dd></div>`)
    .join('')}</dl>\n`;
  for (const { verdict, heading, groups: most, members } of PARTS) {
    const total = report.groupsOf(verdict);
    if (total === 0) continue;
    const groups = await report.largest(verdict, most, members);
    yield `<h2>${heading}</h2>\n<p class="more">${plural(total, 'group')}${total > 1 ? ', the largest first' : ''}</p>\n`;
    for (const group of groups) yield groupHtml(group, summary);
    const left = total - groups.length;
    if (left > 0)
      yield `<p class="more">${grouped(left)} smaller ${left === 1 ? 'group is' : 'groups are'} not on this page; a report in .csv has every row.</p>\n`;
  }
  yield '</main>\n</body>\n</html>\n';
}

/** The first names, and how many more there are. */
function namesInWords(names: readonly string[]): string {
  const [first, left] = [names.slice(0, MAX_NAMES), names.length - MAX_NAMES];
  return `${first.join(', ')}${left > 0 ? ` and ${plural(left, 'more file')}` : ''}`;
}

const MAX_NAMES = 3;

function factsOf(summary: DuplicateSummary): (readonly [string, string])[] {
  const { min_cosine: minCosine, rows, kept, fold, exact, near, label_column: label, conflicts, differs, accepted, unjudged } = summary;
  return [
    ['rows', grouped(rows)],
    ['kept', grouped(kept)],
    [fold === undefined ? 'exact copies' : 'copies', grouped(exact)],
    ...(minCosine === null ? [] : [['near-duplicates', grouped(near)] as const]),
    ...(label === undefined ? [] : [['conflicts of labels', grouped(conflicts)] as const]),
    ...(differs > 0 ? [['different in fact', grouped(differs)] as const] : []),
    ...(accepted > 0 ? [['accepted', grouped(accepted)] as const] : []),
    ['not judged', grouped(unjudged)],
    ...(minCosine === null
      ? [['compared by', 'text'] as const]
      : [['threshold', `cosine ≥ ${minCosine}`] as const, ['model', summary.model ?? 'unknown'] as const]),
    ['kept per group', summary.keep],
    ...(label === undefined ? [] : [['label', label] as const]),
    ...(fold === undefined ? [] : [['copies may differ in', FOLD_WORDS[fold]] as const]),
  ];
}

const FOLD_WORDS = { form: 'case, spaces, Unicode form', punctuation: 'case, spaces, Unicode form, punctuation' } as const;

function groupHtml({ size, members }: DuplicateGroup, summary: DuplicateSummary): string {
  const [first] = members;
  const names = differingFields(members, { most: MAX_FIELDS, except: toldLabel(first!, summary) });
  const rows = members.map((member) => {
    const difference = differenceInWords(member);
    const more = [copiedPlace(member) ?? '', droppedInWords(member, names)].filter((words) => words !== '');
    return `<tr><td class="value">${matchValue(member, summary).trimEnd()}</td><td class="place">${escape(placeOf(member))}</td><td dir="auto">${text(member.text)}${aside(difference, 'differs')}${aside(more.join('; '), 'more')}</td></tr>`;
  });
  if (size > members.length)
    rows.push(`<tr><td></td><td colspan="2" class="more">and ${plural(size - members.length, 'row')} more</td></tr>`);
  return (
    `<section><table><thead><tr><th class="value" scope="col">kept</th><th class="place" scope="col">${escape(keeperPlace(first!))}</th><th scope="col" dir="auto">${text(first!.keeper_text)}${aside(keptInWords(first!, names), 'more')}</th></tr></thead>` +
    `<tbody>\n${rows.join('\n')}\n</tbody></table></section>\n`
  );
}

/** Fields of a row in which rows of its group differ: more than a line of text holds. */
const MAX_FIELDS = 12;

function aside(words: string, style: 'more' | 'differs'): string {
  return words === '' ? '' : `<div class="${style}" dir="auto">${escape(words)}</div>`;
}

/** Longer texts are cut, in UTF-16 units: a page of whole books would be too long. */
const MAX_CHARACTERS = 600;

function text(value: string | undefined): string {
  return value === undefined ? '' : escape(cutText(value.replaceAll('\r\n', '\n'), MAX_CHARACTERS));
}

function escape(value: string): string {
  return escapeMarkup(value, { except: '\t\n' });
}
