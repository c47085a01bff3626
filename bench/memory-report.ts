import { table, whole } from './markdown.ts';
import type { Peak } from './peak.ts';

/** What one command took on an input of some rows. */
export type MemoryRun = Peak & { command: string; rows: number };

export type MemoryReport = {
  date: string;
  facts: Readonly<Record<string, string>>;
  sizes: readonly number[];
  runs: readonly MemoryRun[];
};

/** The report as Markdown. */
export function memoryMarkdown({ date, facts, sizes, runs }: MemoryReport): string {
  const commands = [...new Set(runs.map(({ command }) => command))];
  const cells = (cell: (run: MemoryRun) => string): string[][] =>
    commands.map((command) => [
      command,
      ...sizes.map((rows) => {
        const run = runs.find((one) => one.command === command && one.rows === rows);
        return run ? cell(run) : '–';
      }),
    ]);
  const header = ['', ...sizes.map((rows) => `${whole(rows)} rows`)];
  const blocks = [
    `# Memory, ${date}`,
    Object.entries(facts)
      .map(([name, value]) => `- ${name}: ${value}`)
      .join('\n'),
    'Seeded lines of 3 to 56 words, in which new words never cease (bench/made-texts.ts). Each command is a new process. search, cluster and ' +
      'dedup work on a set that the static model multilingual has encoded; search is the first one, which makes the codes of a large set.',
    '## Peak resident memory, MB',
    table(
      header,
      cells(({ megabytes }) => whole(megabytes)),
    ),
    '## Seconds, and those of all processors together',
    table(
      header,
      cells(({ seconds, cpuSeconds }) => `${seconds.toFixed(1)} (${cpuSeconds.toFixed(1)})`),
    ),
  ];
  return `${blocks.join('\n\n')}\n`;
}
