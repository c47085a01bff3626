import { table, whole } from './markdown.ts';

/** How the cases of one kind ended. */
export type FaultRow = { name: string; cases: number; outcomes: ReadonlyMap<string, number> };

/** The counts as a report. */
export function writeFaults(rows: readonly FaultRow[], facts: Readonly<Record<string, string>>): string {
  const wrong = rows.reduce((sum, { outcomes }) => sum + (outcomes.get('WRONG') ?? 0), 0);
  const cells = rows.map(({ name, cases, outcomes }) => [
    name,
    whole(cases),
    Array.from(outcomes, ([outcome, times]) => `${whole(times)} ${outcome}`).join('; '),
  ]);
  return [
    '# Faults of encode and of sets',
    Object.entries(facts)
      .map(([name, value]) => `${name}: ${value}.`)
      .join('\n'),
    table(['case', 'cases', 'outcomes'], cells),
    wrong === 0 ? 'No case ended wrong.' : `${whole(wrong)} cases ended wrong.`,
    '',
  ].join('\n\n');
}
