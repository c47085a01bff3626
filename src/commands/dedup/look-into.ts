import { unknownField, type Priority } from '../../sets/dedup/keep.ts';
import { acceptField, labelField, noField, type NamedField } from '../../sets/dedup/row-fields.ts';
import { readFirstRecord } from '../../sets/first-record.ts';
import type { CorpusFlags } from '../../sets/flags.ts';
import type { Input } from '../../sets/input.ts';
import type { Like } from '../../sets/like.ts';
import type { Run } from '../../sets/run.ts';

/** The options that decide how sides are opened. */
export type SideFlags = CorpusFlags & { texts?: string; againstTextColumn?: string[]; labelColumn?: string; acceptColumn?: string };

/** INPUT in messages. */
export function nameOf(inputs: readonly Input[]): string {
  return inputs.length > 1 ? `the ${inputs.length} inputs` : inputs[0]!.name;
}

/** OTHER is read like INPUT, but may have a text column of its own. A set has no format, and lines have no columns. */
export function readingOf(flags: SideFlags, other: Input, { inputs }: { inputs: readonly Input[] }): SideFlags {
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
export async function lookInto(
  inputs: readonly Input[],
  against: readonly Input[],
  { flags, priority, run }: { flags: SideFlags; priority: Priority; run: Run },
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
