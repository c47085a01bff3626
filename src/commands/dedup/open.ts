import { assertSameModel, type OpenedSides } from '../../sets/dedup/inputs.ts';
import { unknownField, type Priority } from '../../sets/dedup/keep.ts';
import { acceptField, labelField, noField, type NamedField } from '../../sets/dedup/row-fields.ts';
import type { OpenedCorpus } from '../../sets/dedup/rows.ts';
import { readFirstRecord } from '../../sets/first-record.ts';
import type { CorpusFlags } from '../../sets/flags.ts';
import type { Input } from '../../sets/input.ts';
import { likeOf, type Like } from '../../sets/like.ts';
import { openInput, type OpenedInput } from '../../sets/open-input.ts';
import { openRowTexts } from '../../sets/row-texts.ts';
import type { Run } from '../../sets/run.ts';

/** The options that decide how sides are opened. */
type SideFlags = CorpusFlags & { texts?: string; againstTextColumn?: string[]; labelColumn?: string; acceptColumn?: string };

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
  const name = inputs.length > 1 ? `the ${inputs.length} inputs` : inputs[0]!.name;
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

/** OTHER is read like INPUT, but may have a text column of its own. A set has no format, and lines have no columns. */
function readingOf(flags: SideFlags, other: Input, { inputs }: { inputs: readonly Input[] }): SideFlags {
  const { inputFormat: _, ...rest } = flags;
  if (other.kind === 'set') return rest;
  if (other.format !== 'lines')
    return { ...flags, textColumn: flags.againstTextColumn ?? flags.textColumn, textFlag: '--against-text-column' };
  const { idColumn: __, ...lines } = flags;
  // else nobody reads the columns that were named
  return inputs.some(({ kind }) => kind !== 'set') ? { ...lines, textColumn: [] } : flags;
}

/**
 * Looks into the first records of all files, where more than the first are read.
 *
 * @returns what vectors must be like to be compared with those of an OTHER in JSON Lines; undefined where there is none
 * @throws EmbedError where a file cannot be read, or a field that an option names is not in the header of a table
 */
async function lookInto(
  inputs: readonly Input[],
  against: readonly Input[],
  { flags, priority, run }: Pick<Opening, 'flags' | 'priority' | 'run'>,
): Promise<Like | undefined> {
  const labels = flags.labelColumn === undefined ? [] : [labelField(flags.labelColumn)];
  const named: NamedField[] = [...labels, ...(flags.acceptColumn === undefined ? [] : [acceptField(flags.acceptColumn)])];
  // a single file is read at once, anyway
  if (inputs.length + against.length === 1 && priority.by !== 'field' && named.length === 0) return undefined;
  for (const input of inputs) {
    const { fields: names } = (await readFirstRecord(input, flags, run)) ?? {};
    if (priority.by === 'field' && names?.includes(priority.field) === false)
      throw unknownField(priority.field, { name: input.path, names });
    assertFields(named, { name: input.path, names: names ?? noneOf(input) });
  }
  let vectors: Like | undefined;
  for (const input of against) {
    const { dims, fields: names } = (await readFirstRecord(input, readingOf(flags, input, { inputs }), run)) ?? {};
    assertFields(labels, { name: input.path, names: names ?? noneOf(input) });
    if (dims !== undefined) vectors ??= { origin: undefined, dims, name: input.name };
  }
  return vectors;
}

/** Lines of text have no fields; of other inputs, they are not known yet. */
function noneOf(input: Input): readonly string[] | undefined {
  return input.kind !== 'set' && input.format === 'lines' ? [] : undefined;
}

function assertFields(named: readonly NamedField[], { name, names }: { name: string; names: readonly string[] | undefined }): void {
  const missing = names && named.find(({ field }) => !names.includes(field));
  if (missing) throw noField(missing, { name, names });
}
