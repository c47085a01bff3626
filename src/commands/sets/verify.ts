import { oneLine } from '../../report/cells.ts';
import { printResult } from '../../report/print.ts';
import { withoutUndefined } from '../../report/report.ts';
import { compareInputs } from '../../sets/changed-input.ts';
import type { Run } from '../../sets/run.ts';
import { grouped, plural } from '../../text.ts';
import { openSet } from '../../vectors/set-reader.ts';
import { verifySet, type Fault, type Verified } from '../../vectors/verify-set.ts';
import type { SetsVerifyFlags } from './flags.ts';

const COLUMNS = ['set', 'rows', 'file', 'fault', 'first_row', 'last_row'] as const;

type Checked = Verified & { path: string };

/**
 * `embed sets verify`: compares all bytes of sets with what their manifests state.
 *
 * @returns 1 where a set is damaged
 */
export async function verifySets(paths: readonly string[], { format }: SetsVerifyFlags, run: Run): Promise<number> {
  const progress = run.progress();
  const checked: Checked[] = [];
  try {
    for (const path of paths) {
      const onProgress = (fraction: number): void => progress.show(`verifying ${path}`, fraction);
      const verified = await verifySet(path, { signal: run.signal, onProgress });
      checked.push({ path, ...verified });
      const changed = verified.faults.length === 0 ? await changedSince(path, run) : undefined;
      if (changed !== undefined) progress.say(`note: ${changed} has changed since ${path} was made from it`);
    }
  } finally {
    progress.stop();
  }
  const damaged = checked.filter(({ faults }) => faults.length > 0).length;
  const summary = { sets: checked.length, damaged, passed: damaged === 0 };
  const records = checked.flatMap(({ path, rows, faults }) =>
    (faults.length > 0 ? faults : [undefined]).map((fault) => recordOf(path, rows, fault)),
  );
  const lines = (): string[] => checked.flatMap(linesOf);
  await printResult({ schema: 'embed.sets-verify/1', summary, columns: COLUMNS, records, lines }, { format, io: run });
  return damaged > 0 ? 1 : 0;
}

async function changedSince(path: string, { signal }: Run): Promise<string | undefined> {
  const set = openSet(path);
  try {
    return (await compareInputs(set, { thorough: true, signal })).changed;
  } finally {
    set.close();
  }
}

function recordOf(set: string, rows: number, fault: Fault | undefined): object {
  return withoutUndefined({ set, rows, file: fault?.file, fault: fault?.why, first_row: fault?.rows?.first, last_row: fault?.rows?.last });
}

function linesOf({ path, rows, faults }: Checked): string[] {
  if (faults.length === 0) return [oneLine(`${path}: whole, ${plural(rows, 'row')}`)];
  return faults.map(({ file, why, rows: damaged }) => {
    const where = damaged ? `, rows ${grouped(damaged.first)} to ${grouped(damaged.last)}` : '';
    return oneLine(`${path}: damaged: ${file} ${why}${where}`);
  });
}
