import { listed } from '../input/columns.ts';
import { recognise } from '../input/recognise.ts';
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
  const { format, delimiter, columns } = likeness;
  const separated = format === 'tsv' || delimiter === ',' ? '' : ` --delimiter ${shellValue(delimiter)}`;
  note(
    `note: standard input looks like a table (columns ${listed(columns)}), but is read as lines of text; say ${option} ${format}${separated} to read it as one`,
  );
  return input;
}
