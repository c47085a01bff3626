import type { Io } from '../../../io.ts';
import type { DedupInput } from '../../../sets/dedup/sides.ts';
import type { Verdicts } from '../../../sets/dedup/verdicts.ts';
import { splitFile } from './corpus.ts';
import type { OpenedRows } from '../../../sets/opened-input.ts';
import type { SplitPlan } from './plan.ts';
import { writeSubset } from './set.ts';

/** Writes what is kept and what is dropped. Returns the files. */
export async function writeSplit(
  plan: SplitPlan,
  { opened, rows }: DedupInput<OpenedRows>,
  verdicts: Verdicts,
  { overwrite, io }: { overwrite: boolean; io: Io },
): Promise<string[]> {
  const finish: (() => Promise<string[]>)[] = [];
  plan.begin();
  try {
    if (plan.vectors) {
      const [target] = plan.targets;
      for (const which of ['kept', 'dropped'] as const) {
        const path = target?.[which];
        if (path !== undefined) finish.push(await writeSubset(opened.set!, path, verdicts.rows(which), { overwrite, io }));
      }
    } else {
      let first = 0;
      for (const [at, part] of opened.parts!.entries()) {
        const end = plan.targets.length === 1 ? rows.total : first + part.rows!;
        const base = first;
        const lines = part.lines ?? rows.lines(first, end);
        const dropped = (record: number): boolean => verdicts.isDropped(base + record);
        finish.push(await splitFile(part, { lines, dropped }, { ...plan.targets[at]!, overwrite, io }));
        first = end;
      }
    }
  } catch (error) {
    plan.abandon();
    throw error;
  }
  const files: string[] = [];
  for (const end of finish) files.push(...(await end()));
  return files.filter((path) => path !== '-');
}
