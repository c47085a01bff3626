import { plural } from '../text.ts';
import { placeOf } from './cells.ts';
import { findingInWords } from './duplicate-words.ts';
import { isAllowed, type DuplicateReport } from './duplicates.ts';
import { findingsOf, foundRows, levelOf } from './findings.ts';
import { escapeMarkup } from './markup.ts';
import { reportRoot } from './report-root.ts';
import { countedKinds, totals } from './totals.ts';
import { unjudgedInputs } from './unjudged.ts';

/**
 * JUnit XML, which build servers show as tests: one test for the number of findings, which fails above the allowed number and is an
 * error where nothing could be compared, one skipped test per input with rows that are not judged, one for all rows that are accepted, and
 * one test per finding. A row that differs in fact is no finding.
 */
export async function* junitChunks(report: DuplicateReport): AsyncGenerator<string> {
  const { summary } = report;
  const { allowed, inconclusive, accepted } = summary;
  const found = foundRows(summary);
  const root = reportRoot(summary);
  const failed = !isAllowed(summary);
  const outcome = failed ? 'failure' : inconclusive ? 'error' : 'success';
  const skipped = [
    ...unjudgedInputs(summary).map(({ input, phrase }) => ({ name: `rows of ${input}`, message: `not judged: ${phrase}` })),
    ...(accepted > 0 ? [{ name: 'accepted rows', message: `${plural(accepted, 'row')} may repeat others` }] : []),
  ];
  const counts = {
    tests: 1 + skipped.length + found,
    failures: (failed ? 1 : 0) + failing(summary),
    errors: outcome === 'error' ? 1 : 0,
    skipped: skipped.length,
  };
  const { skipped: _, ...all } = counts;
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield `<testsuites${attributes(all)}>\n<testsuite name="embed dedup"${attributes(counts)}>\n`;
  const kinds = countedKinds(summary);
  const name = allowed === null ? kinds : `at most ${allowed} ${kinds}`;
  yield testcase({ file: 'embed dedup', name, message: totals(summary), outcome });
  for (const test of skipped) yield testcase({ file: 'embed dedup', ...test, outcome: 'skipped' });
  for await (const batch of findingsOf(report)) {
    yield batch
      .map((record) => {
        const rooted = root.rooted(record);
        return testcase({
          file: rooted.file ?? 'rows',
          name: placeOf(rooted),
          message: findingInWords(rooted, summary),
          outcome: levelOf(record, summary) === 'error' ? 'failure' : 'success',
          text: record.text,
        });
      })
      .join('');
  }
  yield '</testsuite>\n</testsuites>\n';
}

/** The number of findings that fail the check. */
function failing(summary: DuplicateReport['summary']): number {
  const { exact, near, conflicts } = summary;
  return (['dropped', 'conflict'] as const)
    .map((verdict) => (levelOf({ verdict }, summary) === 'error' ? (verdict === 'conflict' ? conflicts : exact + near) : 0))
    .reduce((sum, count) => sum + count);
}

function attributes(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${value}"`)
    .join('');
}

type Outcome = 'success' | 'failure' | 'error' | 'skipped';

function testcase({
  file,
  name,
  message,
  outcome,
  text = '',
}: {
  file: string;
  name: string;
  message: string;
  outcome: Outcome;
  text?: string | undefined;
}): string {
  const head = `<testcase classname="${xml(file)}" name="${xml(name)}">`;
  return `${head}${bodyOf(outcome, { message: xml(message), text: xml(text) })}</testcase>\n`;
}

function bodyOf(outcome: Outcome, { message, text }: { message: string; text: string }): string {
  if (outcome === 'success') return `<system-out>${message}</system-out>`;
  return outcome === 'skipped' ? `<skipped message="${message}"/>` : `<${outcome} message="${message}">${text}</${outcome}>`;
}

/** Text for XML 1.0, in which most control characters, and halves of a character, cannot occur. */
function xml(text: string): string {
  return escapeMarkup(text.replaceAll('\r\n', '\n'), { except: '\t\n' });
}
