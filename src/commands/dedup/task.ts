import type { DedupSettings } from '../../sets/dedup/settings.ts';
import type { Priority } from '../../sets/dedup/keep.ts';
import type { OpenedRows } from '../../sets/opened-input.ts';
import type { Run } from '../../sets/run.ts';
import type { DedupFlags } from './flags.ts';

/** What both ways to find duplicates are told: by cosine, and by text only. */
export type DedupTask = {
  flags: DedupFlags;
  /** What --keep compares. */
  priority: Priority;
  /** Duplicates that are known. */
  baseline: DedupSettings['baseline'];
  /** Whether records are read again afterwards. */
  again: boolean;
  run: Run;
  /** Told each input as soon as it is open, so that it is closed in the end. */
  onOpen: (opened: OpenedRows) => void;
};
