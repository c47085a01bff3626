import { statSync } from 'node:fs';
import { readCorpus } from '../../input/corpus.ts';
import { readerOf } from '../../input/formats.ts';
import { openSource } from '../../input/source.ts';
import { assertSameModel, type OpenedSides } from '../../sets/dedup/inputs.ts';
import { unknownField, type Priority } from '../../sets/dedup/keep.ts';
import type { OpenedCorpus } from '../../sets/dedup/rows.ts';
import { corpusOptions, type CorpusFlags } from '../../sets/flags.ts';
import type { Input } from '../../sets/input.ts';
import { likeOf, type Like } from '../../sets/like.ts';
import { openInput, type OpenedInput } from '../../sets/open-input.ts';
import { openRowTexts } from '../../sets/row-texts.ts';
import type { Run } from '../../sets/run.ts';

/** The options that decide how sides are opened. */
type SideFlags = CorpusFlags & { texts?: string; againstTextColumn?: string[] };

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

/** Opens INPUT and every OTHER, which must be of one model. */
export async function openSides(
  inputs: readonly Input[],
  against: readonly Input[],
  { flags, priority, again, run, onOpen }: Opening,
): Promise<OpenedSides> {
  const open = async (
    parts: readonly Input[],
    reading: SideFlags,
    more: { again?: boolean; like?: Like | undefined },
  ): Promise<OpenedInput> => {
    const opened = await openInput(parts, reading, run, { ...more, asCheck: true });
    onOpen(opened);
    return opened;
  };
  if (priority.by === 'field') await assertField(inputs, priority.field, { flags, run });
  // first those that are sets: one that is refused must not cost the encoding of a corpus, and their model is known
  const sets = new Map<Input, OpenedInput>();
  for (const input of against) if (input.kind === 'set') sets.set(input, await open([input], readingOf(flags, input, { inputs }), {}));
  const [stored] = sets;
  const like = stored && likeOf(stored[1].set, stored[0].name);
  const name = inputs.length > 1 ? `the ${inputs.length} inputs` : inputs[0]!.name;
  const own = { opened: await open(inputs, flags, { again, like }), name };
  const others: { opened: OpenedInput; name: string }[] = [];
  for (const input of against) {
    const opened = sets.get(input) ?? (await open([input], readingOf(flags, input, { inputs }), { like: likeOf(own.opened.set, name) }));
    const other = { opened, name: input.path };
    // refused before the next one is encoded
    assertSameModel(own, other, { force: flags.force === true });
    others.push(other);
  }
  const withTexts = async (side: typeof own, texts: string | undefined): Promise<OpenedCorpus> => ({
    ...side,
    texts: await openRowTexts(side.opened, { name: side.name, texts, flags, io: run }),
  });
  return {
    own: await withTexts(own, flags.texts),
    others: await Promise.all(others.map((other) => withTexts(other, undefined))),
  };
}

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
 * Refuses a field that is not in the header of a table, before the table is encoded.
 *
 * @param inputs files of the corpus; `collectValues` looks after those that are not tables
 */
async function assertField(inputs: readonly Input[], field: string, { flags, run }: { flags: CorpusFlags; run: Run }): Promise<void> {
  for (const input of inputs) {
    // a pipe with a name can be read only once
    if (input.kind !== 'corpus' || !readerOf(input.format).hasHeader || !statSync(input.path).isFile()) continue;
    const { path, format } = input;
    for await (const [row] of readCorpus(openSource(path, run), corpusOptions(flags, { format, label: path }))) {
      const names = Object.keys(row?.fields ?? {});
      if (!names.includes(field)) throw unknownField(field, { name: path, names });
      break;
    }
  }
}
