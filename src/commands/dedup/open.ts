import { assertSameModel } from '../../sets/dedup/inputs.ts';
import type { Priority } from '../../sets/dedup/keep.ts';
import type { OpenedCorpus } from '../../sets/dedup/rows.ts';
import type { OpenedSides } from '../../sets/dedup/sides.ts';
import type { Input } from '../../sets/input.ts';
import { likeOf, type Like } from '../../sets/like.ts';
import { openInput } from '../../sets/open-input.ts';
import type { OpenedInput } from '../../sets/opened-input.ts';
import { openRowTexts } from '../../sets/row-texts.ts';
import type { Run } from '../../sets/run.ts';
import { lookInto, nameOf, readingOf, type SideFlags } from './look-into.ts';

type Opening = {
  flags: SideFlags;
  /** What --keep compares. */
  priority: Priority;
  /** Whether records are copied afterwards. */
  again: boolean;
  run: Run;
  /** Told each input as soon as it is open, so that it is closed in the end. */
  onOpen: (opened: OpenedInput) => void;
};

/**
 * Opens INPUT and every OTHER, which must be of one model. Whatever a file shows without being encoded is looked at first: one that is
 * refused must not cost the encoding of a corpus.
 */
export async function openSides(
  inputs: readonly Input[],
  against: readonly Input[],
  { flags, priority, again, run, onOpen }: Opening,
): Promise<OpenedSides> {
  const open = async (
    parts: readonly Input[],
    reading: SideFlags,
    more: { again?: boolean; like?: Like | undefined; mayBeEmpty?: true },
  ): Promise<OpenedInput> => {
    const opened = await openInput(parts, reading, run, { ...more, asCheck: true });
    onOpen(opened);
    return opened;
  };
  const name = nameOf(inputs);
  const vectors = await lookInto(inputs, against, { flags, priority, run });
  const sets = new Map<Input, Named>();
  for (const input of against) {
    if (input.kind !== 'set') continue;
    const set = { opened: await open([input], readingOf(flags, input, { inputs }), {}), name: input.path };
    for (const other of sets.values()) assertSameModel(other, set, { force: flags.force === true });
    sets.set(input, set);
  }
  const [stored] = sets.values();
  const withTexts = async (side: Named, texts: string | undefined): Promise<OpenedCorpus> => ({
    ...side,
    texts: await openRowTexts(side.opened, { name: side.name, texts, flags, io: run }),
  });
  const like = stored ? likeOf(stored.opened.set, stored.name) : vectors;
  const own = await withTexts({ opened: await open(inputs, flags, { again, like }), name }, flags.texts);
  for (const set of sets.values()) assertSameModel(own, set, { force: flags.force === true });
  const others: OpenedCorpus[] = [];
  for (const input of against) {
    const other = sets.get(input) ?? {
      opened: await open([input], readingOf(flags, input, { inputs }), { like: likeOf(own.opened.set, name), mayBeEmpty: true }),
      name: input.path,
    };
    // refused before the next one is encoded
    assertSameModel(own, other, { force: flags.force === true });
    others.push(await withTexts(other, undefined));
  }
  return { own, others };
}

type Named = { opened: OpenedInput; name: string };
