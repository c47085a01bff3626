import { printNote } from '../../io.ts';
import type { Progress } from '../../progress.ts';
import type { ReportSinks } from '../../report/report-files.ts';
import { deduplicate, type Deduplicated } from '../../sets/dedup/deduplicate.ts';
import type { DedupRun } from '../../sets/dedup/settings.ts';
import type { Input } from '../../sets/input.ts';
import type { Run } from '../../sets/run.ts';
import { backgroundLines } from './background.ts';
import type { DedupTask } from './task.ts';
import { settingsOf } from './flags.ts';
import { openSides } from './open.ts';
import { listPairs } from './pairs.ts';

/** The duplicates by text and by cosine. */
export async function findDuplicates(inputs: readonly Input[], others: readonly Input[], task: DedupTask): Promise<Deduplicated> {
  const { flags, run, baseline } = task;
  const bar = comparisonBar(run, { shown: true });
  try {
    return await deduplicate(await openSides(inputs, others, task), { ...settingsOf(flags, run), baseline }, hooksOf(run, bar));
  } finally {
    bar.stop();
  }
}

/** `embed dedup --pairs`. */
export async function findPairs(
  inputs: readonly Input[],
  others: readonly Input[],
  { paths, sinks, ...task }: DedupTask & { paths: readonly string[]; sinks: ReportSinks },
): Promise<void> {
  const { flags, run } = task;
  const bar = comparisonBar(run, { shown: run.stdout.isTTY !== true });
  try {
    await listPairs(await openSides(inputs, others, task), { inputs: paths, flags, sinks, hooks: hooksOf(run, bar), run });
  } finally {
    bar.stop();
  }
}

type Bar = { update: (rows: number, fraction: number) => void; stop: () => void };

function hooksOf({ signal, note, stderr }: Run, bar: Bar): DedupRun {
  return {
    signal,
    note,
    onBackground: (background) => backgroundLines(background).forEach((line) => printNote(stderr, line)),
    onThreshold({ minCosine, from }) {
      if (from === 'auto') printNote(stderr, `--min-cosine auto takes ${minCosine}; to pin it, give --min-cosine ${minCosine}`);
    },
    onProgress: bar.update,
  };
}

/** A bar that appears when the comparison begins. */
function comparisonBar(run: Run, options: { shown: boolean }): Bar {
  let progress: Progress | undefined;
  return {
    update(rows, fraction) {
      progress ??= run.progress(options);
      if (rows > 0) progress.update(rows, 0, fraction);
    },
    stop() {
      progress?.stop();
      progress = undefined;
    },
  };
}
