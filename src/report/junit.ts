import { placeOf } from './cells.ts';
import { keeperPlace, matchInWords, totals, type DuplicateReport } from './duplicates.ts';

/**
 * JUnit XML, which build servers show as tests: one test for the number of duplicates, which fails above the allowed number,
 * and one test per dropped row.
 */
export async function* junitChunks(report: DuplicateReport): AsyncGenerator<string> {
  const { summary } = report;
  const { passed, dropped, allowed } = summary;
  const failures = passed ? 0 : dropped + 1;
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield `<testsuites tests="${dropped + 1}" failures="${failures}">\n<testsuite name="embed dedup" tests="${dropped + 1}" failures="${failures}" errors="0" skipped="0">\n`;
  const name = allowed === null ? 'duplicates' : `at most ${allowed} duplicates`;
  yield testcase({ file: 'embed dedup', name, message: totals(summary), failed: !passed });
  for await (const batch of report.dropped()) {
    yield batch
      .map((record) =>
        testcase({
          file: record.file ?? 'rows',
          name: placeOf(record),
          message: `repeats ${keeperPlace(record)} (${matchInWords(record, summary)})`,
          failed: !passed,
          text: record.text,
        }),
      )
      .join('');
  }
  yield '</testsuite>\n</testsuites>\n';
}

function testcase({
  file,
  name,
  message,
  failed,
  text = '',
}: {
  file: string;
  name: string;
  message: string;
  failed: boolean;
  text?: string | undefined;
}): string {
  const head = `<testcase classname="${xml(file)}" name="${xml(name)}">`;
  const body = failed ? `<failure message="${xml(message)}">${xml(text)}</failure>` : `<system-out>${xml(message)}</system-out>`;
  return `${head}${body}</testcase>\n`;
}

/** Escapes text for XML 1.0. Most control characters, and halves of a character, cannot occur in it: they are replaced. */
function xml(text: string): string {
  return (
    Buffer.from(text)
      .toString()
      // oxlint-disable-next-line no-control-regex -- XML cannot hold these
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}
