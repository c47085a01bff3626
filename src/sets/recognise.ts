import { listed } from '../input/columns.ts';
import { recognise, type Likeness } from '../input/recognise.ts';
import type { Source } from '../input/source.ts';
import { orStopped } from '../io.ts';
import { shellValue } from '../text.ts';
import type { Input } from './input.ts';

type Recognising = {
  /** The option that names the format of the pipe. */
  option?: string;
  signal: AbortSignal;
  note: (text: string) => void;
};

/**
 * Standard input whose format no option names, as what its first lines look like. JSON is read as such, which a note says. A table is
 * only a guess: it is read as lines, and a note says what to type.
 */
export async function recognisePipe<One extends Pick<Input, 'kind'>>(
  input: One,
  source: Source,
  { option = '--input-format', signal, note }: Recognising,
): Promise<One> {
  // reading a pipe can block; a stop must not
  const likeness = await orStopped(recognise(source), signal);
  if (!likeness) return input;
  if (likeness.format === 'json') {
    note(`note: standard input looks like JSON and is read as such; to read it as lines of text, say ${option} lines`);
    return { ...input, format: 'json' };
  }
  note(tableNote('standard input', likeness, option));
  return input;
}

/** Says what a file of lines looks like, where that is not lines of text: nobody reads a table by its whole rows on purpose. */
export async function noteLikeness(source: Source, { note }: Pick<Recognising, 'note'>): Promise<void> {
  const likeness = await recognise(source);
  if (likeness?.format === 'json')
    note(`note: ${source.name} looks like JSON, but is read as lines of text; say --input-format json to read it as such`);
  else if (likeness) note(tableNote(source.name, likeness, '--input-format'));
}

function tableNote(name: string, { format, delimiter, columns }: Exclude<Likeness, { format: 'json' }>, option: string): string {
  const separated = format === 'tsv' || delimiter === ',' ? '' : ` --delimiter ${shellValue(delimiter)}`;
  return `note: ${name} looks like a table (columns ${listed(columns)}), but is read as lines of text; say ${option} ${format}${separated} to read it as one`;
}
