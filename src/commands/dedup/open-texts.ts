import type { Priority } from '../../sets/dedup/keep.ts';
import type { OpenedCorpus } from '../../sets/dedup/rows.ts';
import type { OpenedSides } from '../../sets/dedup/sides.ts';
import type { Input } from '../../sets/input.ts';
import { openTexts } from '../../sets/open-texts.ts';
import type { OpenedRows } from '../../sets/opened-input.ts';
import type { Run } from '../../sets/run.ts';
import { lookInto, nameOf, readingOf, type SideFlags } from './look-into.ts';

type Opening = {
  flags: SideFlags;
  /** What --keep compares. */
  priority: Priority;
  run: Run;
  /** Told each input as soon as it is open, so that it is closed in the end. */
  onOpen: (opened: OpenedRows) => void;
  /** Told the rows read so far of an input, and the share of its bytes where that is known. */
  onRead?: ((rows: number, fraction: number | undefined) => void) | undefined;
};

/** Opens INPUT and every OTHER for their texts: no model is loaded. */
export async function openTextSides(
  inputs: readonly Input[],
  against: readonly Input[],
  { flags, priority, run, onOpen, onRead }: Opening,
): Promise<OpenedSides<OpenedRows>> {
  await lookInto(inputs, against, { flags, priority, run });
  const open = async (
    parts: readonly Input[],
    reading: SideFlags,
    more: { name: string; mayBeEmpty?: true },
  ): Promise<OpenedCorpus<OpenedRows>> => {
    const { opened, texts } = await openTexts(parts, reading, run, { ...more, onRead });
    onOpen(opened);
    return { opened, texts, name: more.name };
  };
  const own = await open(inputs, flags, { name: nameOf(inputs) });
  const others: OpenedCorpus<OpenedRows>[] = [];
  for (const input of against) {
    const { texts: _, ...reading } = readingOf(flags, input, { inputs });
    others.push(await open([input], reading, { name: input.path, mayBeEmpty: true }));
  }
  return { own, others };
}
