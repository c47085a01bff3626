import { deduplicateTexts } from '../../sets/dedup/deduplicate-texts.ts';
import type { Deduplicated } from '../../sets/dedup/deduplicate.ts';
import type { Input } from '../../sets/input.ts';
import type { DedupTask } from './task.ts';
import { settingsOf } from './flags.ts';
import { openTextSides } from './open-texts.ts';

/** `embed dedup --exact`: the duplicates by text only. Nothing that it loads knows a model or the runtime. */
export async function findDuplicates(
  inputs: readonly Input[],
  others: readonly Input[],
  { flags, run, priority, baseline, onOpen }: DedupTask,
): Promise<Deduplicated> {
  const progress = run.progress();
  const { say: note } = progress;
  const onRead = (rows: number, fraction: number | undefined): void => progress.update(rows, 0, fraction);
  try {
    const sides = await openTextSides(inputs, others, { flags, priority, run: { ...run, note }, onOpen, onRead });
    return await deduplicateTexts(sides, { ...settingsOf(flags, run), baseline }, { note });
  } finally {
    progress.stop();
  }
}
