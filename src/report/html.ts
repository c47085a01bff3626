import { cutText, grouped, plural, printable } from '../text.ts';
import { placeOf } from './cells.ts';
import {
  copiedPlace,
  differenceInWords,
  keeperPlace,
  matchValue,
  totals,
  type DuplicateGroup,
  type DuplicateReport,
  type DuplicateSummary,
} from './duplicates.ts';
import { differingFields, droppedInWords, keptInWords } from './record-fields.ts';

/** Number of groups, and of rows per group, on the page. */
const GROUPS = 1000;
const MEMBERS = 50;

/** A self-contained page: totals, then each group, with the kept row and the rows that repeat it. */
export async function* htmlChunks(report: DuplicateReport): AsyncGenerator<string> {
  const { summary } = report;
  const title = `Duplicates in ${summary.inputs.join(', ')}`;
  yield `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>${escape(title)}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n<main>\n<h1>${escape(title)}</h1>\n`;
  yield `<p${summary.passed ? '' : ' class="bad"'}>${escape(totals(summary))}.</p>\n`;
  const facts: [string, string][] = [
    ['rows', grouped(summary.rows)],
    ['kept', grouped(summary.kept)],
    [summary.fold === undefined ? 'exact copies' : 'copies', grouped(summary.exact)],
    ['near-duplicates', grouped(summary.near)],
    ['not judged', grouped(summary.unjudged)],
    ['threshold', `cosine ≥ ${summary.min_cosine}`],
    ['model', summary.model ?? 'unknown'],
    ['kept per group', summary.keep],
    ...(summary.fold === undefined ? [] : [['copies may differ in', FOLD_WORDS[summary.fold]] satisfies [string, string]]),
  ];
  yield `<dl>${facts.map(([name, value]) => `<div><dt>${escape(name)}</dt><dd>${escape(value)}</dd></div>`).join('')}</dl>\n`;
  const groups = [...(await report.largest('conflict', GROUPS, MEMBERS)), ...(await report.largest('dropped', GROUPS, MEMBERS))];
  if (groups.length > 0) yield `<h2>${escape(plural(summary.groups, 'group'))}, the largest first</h2>\n`;
  for (const group of groups) yield groupHtml(group, summary);
  const left = report.groupsOf('conflict') + report.groupsOf('dropped') - groups.length;
  if (left > 0) yield `<p class="more">${grouped(left)} smaller groups are not on this page; a report in .csv has every row.</p>\n`;
  yield '</main>\n</body>\n</html>\n';
}

function groupHtml({ size, members }: DuplicateGroup, summary: DuplicateSummary): string {
  const [first] = members;
  const names = differingFields(members, MAX_FIELDS);
  const rows = members.map((member) => {
    const more = [differenceInWords(member), copiedPlace(member) ?? '', droppedInWords(member, names)].filter((words) => words !== '');
    return `<tr><td class="value">${matchValue(member, summary).trimEnd()}</td><td class="place">${escape(placeOf(member))}</td><td dir="auto">${text(member.text)}${fields(more.join('; '))}</td></tr>`;
  });
  if (size > members.length)
    rows.push(`<tr><td></td><td colspan="2" class="more">and ${escape(plural(size - members.length, 'row'))} more</td></tr>`);
  return (
    `<section><table><thead><tr><th class="value" scope="col">kept</th><th class="place" scope="col">${escape(keeperPlace(first!))}</th><th scope="col" dir="auto">${text(first!.keeper_text)}${fields(keptInWords(first!, names))}</th></tr></thead>` +
    `<tbody>\n${rows.join('\n')}\n</tbody></table></section>\n`
  );
}

/** Fields of a row in which rows of its group differ: more than a line of text holds. */
const MAX_FIELDS = 12;

function fields(words: string): string {
  return words === '' ? '' : `<div class="more">${escape(words)}</div>`;
}

/** Longer texts are cut, in UTF-16 units: a page of whole books would be too long. */
const MAX_CHARACTERS = 600;

function text(value: string | undefined): string {
  return value === undefined ? '' : escape(cutText(value.replaceAll('\r\n', '\n'), MAX_CHARACTERS));
}

/** Escapes text for HTML, where a control character has no form, or hides what is around it. */
function escape(value: string): string {
  return printable(value, { except: '\t\n' })
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const FOLD_WORDS = { form: 'case, spaces, Unicode form', punctuation: 'case, spaces, Unicode form, punctuation' } as const;

const STYLE = `
:root { color-scheme: light dark; --line: #d8dbe0; --soft: #6b7280; --head: #f3f4f6; --bad: #b91c1c; }
@media (prefers-color-scheme: dark) { :root { --line: #374151; --soft: #9ca3af; --head: #1f2937; --bad: #f87171; } }
body { margin: 0; font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 2rem 0 .75rem; }
.bad { color: var(--bad); } .more { color: var(--soft); } div.more { font-weight: 400; font-size: .85rem; }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1rem 0; } dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-variant-numeric: tabular-nums; }
section { border: 1px solid var(--line); border-radius: 6px; margin: 0 0 1rem; overflow: hidden; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem; overflow-wrap: anywhere; white-space: pre-line; }
th { background: var(--head); font-weight: 600; } tbody tr { border-top: 1px solid var(--line); }
.value { width: 4rem; font-variant-numeric: tabular-nums; } .place { width: 14rem; font-family: ui-monospace, monospace; font-size: .85rem; color: var(--soft); }
@media (max-width: 40rem) { .place { width: 7rem; } }
`;
