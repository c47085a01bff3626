import { printable } from '../text.ts';
import { placeOf } from './cells.ts';
import { isAllowed, keeperPlace, matchInWords, totals, type DuplicateReport } from './duplicates.ts';
import { reportRoot } from './report-root.ts';
import { unjudgedInputs } from './unjudged.ts';

/**
 * JUnit XML, which build servers show as tests: one test for the number of duplicates, which fails above the allowed number and is an
 * error where nothing could be compared, one skipped test per input with rows that are not judged, and one test per dropped row.
 */
export async function* junitChunks(report: DuplicateReport): AsyncGenerator<string> {
  const { summary } = report;
  const { allowed, inconclusive } = summary;
  const found = summary.exact + summary.near + summary.conflicts;
  const root = reportRoot(summary);
  const failed = !isAllowed(summary);
  const outcome = failed ? 'failure' : inconclusive ? 'error' : 'success';
  const skipped = unjudgedInputs(summary);
  const counts = {
    tests: 1 + skipped.length + found,
    failures: failed ? 1 + found : 0,
    errors: outcome === 'error' ? 1 : 0,
    skipped: skipped.length,
  };
  const { skipped: _, ...all } = counts;
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield `<testsuites${attributes(all)}>\n<testsuite name="embed dedup"${attributes(counts)}>\n`;
  const name = allowed === null ? 'duplicates' : `at most ${allowed} duplicates`;
  yield testcase({ file: 'embed dedup', name, message: totals(summary), outcome });
  for (const { input, phrase } of skipped) {
    yield testcase({ file: 'embed dedup', name: `rows of ${input}`, message: `not judged: ${phrase}`, outcome: 'skipped' });
  }
  for await (const batch of report.found('conflict', 'dropped')) {
    yield batch
      .map((record) => {
        const file = record.file === undefined ? undefined : root.pathOf(record.file);
        const rooted = root.keeperOf(record);
        return testcase({
          file: file ?? 'rows',
          name: placeOf({ ...record, file }),
          message: `repeats ${keeperPlace(rooted)} (${matchInWords(rooted, summary)})`,
          outcome: failed ? 'failure' : 'success',
          text: record.text,
        });
      })
      .join('');
  }
  yield '</testsuite>\n</testsuites>\n';
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

/** Escapes text for XML 1.0. Most control characters, and halves of a character, cannot occur in it: they are made visible. */
function xml(text: string): string {
  return printable(text, { except: '\t\n\r' })
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
