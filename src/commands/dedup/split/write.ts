import type { Io } from '../../../io.ts';
import type { DedupFlags } from '../flags.ts';
import { allRows, type Judgement, type Side } from '../judge.ts';
import type { JudgedRows } from '../rows.ts';
import { splitFile } from './corpus.ts';
import type { SplitPlan } from './plan.ts';
import { writeSubset } from './set.ts';

/** Writes what is kept and what is dropped. Returns the files. */
export async function writeSplit(
  plan: SplitPlan,
  { opened, rows }: Side,
  { keepers }: Judgement,
  { flags, io }: { flags: DedupFlags; io: Io },
): Promise<string[]> {
  const overwrite = flags.overwrite === true;
  const finish: (() => Promise<string[]>)[] = [];
  plan.begin();
  try {
    if (plan.vectors) {
      const [{ kept, dropped }] = plan.targets as [SplitPlan['targets'][number]];
      const all = allRows(rows.total);
      if (kept !== undefined)
        finish.push(
          await writeSubset(
            opened.set,
            kept,
            all.filter((row) => keepers[row]! < 0),
            { overwrite, io },
          ),
        );
      if (dropped !== undefined)
        finish.push(
          await writeSubset(
            opened.set,
            dropped,
            all.filter((row) => keepers[row]! >= 0),
            { overwrite, io },
          ),
        );
    } else {
      let first = 0;
      for (const [at, part] of opened.parts!.entries()) {
        const end = plan.targets.length === 1 ? rows.total : endOfFile(rows, at, first);
        const base = first;
        const lines = part.lines ?? rows.lines.subarray(first, end);
        finish.push(
          await splitFile(part, { lines, dropped: (record) => keepers[base + record]! >= 0 }, { ...plan.targets[at]!, overwrite, io }),
        );
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

/** Where the rows of a file end. */
function endOfFile({ files, total }: JudgedRows, file: number, first: number): number {
  let end = first;
  while (end < total && files[end] === file) end++;
  return end;
}
