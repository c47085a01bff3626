import { CliError } from '../../errors.ts';
import { parseInputs } from '../../sets/input.ts';
import { openInput, type OpenedInput } from '../../sets/open-input.ts';
import { assertComparable, originOfSet } from '../../sets/origin.ts';
import { openRowTexts } from '../../sets/row-texts.ts';
import type { Run } from '../../sets/run.ts';
import type { DedupFlags } from './flags.ts';
import type { Side } from './judge.ts';
import { assertField, type Priority } from './keep.ts';
import { judgeRows } from './rows.ts';
import { measuredFor } from './threshold.ts';

type Opening = {
  flags: DedupFlags;
  /** What --keep compares. */
  priority: Priority;
  /** Whether records are copied afterwards. */
  again: boolean;
  note: (text: string) => void;
  io: Run;
  /** Told each input as soon as it is open, to be closed in the end. */
  onOpen: (opened: OpenedInput) => void;
};

/** Opens INPUT and every OTHER, which must be of one model, and reads through their rows. INPUT is the first of the result. */
export async function openSides(
  inputs: readonly string[],
  { flags, priority, again, note, io, onOpen }: Opening,
): Promise<[Side, ...Side[]]> {
  const open = async (paths: readonly string[], own: DedupFlags, more: { again: boolean }): Promise<OpenedInput> => {
    const opened = await openInput(parseInputs(paths, own), own, io, more);
    onOpen(opened);
    return opened;
  };
  if (priority.by === 'field') await assertField(inputs, priority.field, { flags, io });
  const corpus = await open(inputs, flags, { again });
  const others: { name: string; opened: OpenedInput }[] = [];
  for (const name of flags.against ?? []) {
    const opened = await open([name], readingOf(flags, name), { again: false });
    const warning = assertSameModel(corpus, opened, { name: inputs[0]!, other: name, force: flags.force === true });
    if (warning !== undefined) note(warning);
    others.push({ name, opened });
  }
  const name = inputs.length > 1 ? `the ${inputs.length} inputs` : inputs[0] === '-' ? 'standard input' : inputs[0]!;
  const scripts = measuredFor(corpus, flags)?.scripts;
  const sideOf = async (side: Pick<Side, 'opened' | 'name'>, texts: string | undefined, by: Priority): Promise<Side> => {
    const rowTexts = await openRowTexts(side.opened, { name: side.name, texts, flags, io });
    const fold = flags.fold === true;
    return {
      ...side,
      texts: rowTexts,
      rows: await judgeRows(side.opened, { texts: rowTexts, name: side.name, fold, priority: by, scripts, note }),
    };
  };
  const own = await sideOf({ opened: corpus, name }, flags.texts, priority);
  if (flags.fold && !own.rows.key) {
    throw new CliError(`Cannot fold the texts of ${name}: it has none`, { hint: 'Leave --fold out, or give the texts with --texts' });
  }
  const sides: [Side, ...Side[]] = [own];
  for (const other of others) sides.push(await sideOf(other, undefined, { by: 'row' }));
  return sides;
}

/** How OTHER is read: as INPUT, but for what only says how vectors came about. */
function readingOf(flags: DedupFlags, other: string): DedupFlags {
  if (!/\.npy$/i.test(other)) return flags;
  const { inputFormat: _, ...rest } = flags;
  return rest;
}

function assertSameModel(
  corpus: OpenedInput,
  against: OpenedInput,
  { name, other, force }: { name: string; other: string; force: boolean },
): string | undefined {
  const [ours, theirs] = [corpus, against].map(({ set }) => set);
  if (ours!.vectors.cols !== theirs!.vectors.cols) {
    throw new CliError(`Cannot compare ${name} with ${other}: vectors of ${ours!.vectors.cols} and ${theirs!.vectors.cols} numbers`, {
      hint: 'Both must be encoded with one model',
    });
  }
  const [a, b] = [originOfSet(corpus.set), originOfSet(against.set)];
  // bare vectors do not say what made them
  return a && b ? assertComparable(a, b, { name, queries: other, force }) : undefined;
}
