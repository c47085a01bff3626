import { join } from 'node:path';
import { EmbedError } from '../errors.ts';
import type { SetRow } from '../vectors/rows-file.ts';
import { corpusTexts, type TextFile } from './corpus-texts.ts';
import { corpusOptions, type CorpusFlags } from './flags.ts';
import { labelOf, type Input } from './input.ts';
import { openLastingSet, openSources, setAmong } from './open-vectors.ts';
import { partOf, type OpenedInput, type OpenedRows } from './opened-input.ts';
import { noteLikeness } from './recognise.ts';
import { openRowTexts, type KnownTexts } from './row-texts.ts';
import type { Run } from './run.ts';
import { keepPipe, openTemporaryFolder } from './temporary-set.ts';

/** INPUT of a command that works on texts only: no model is opened, and no vector is read. */
export type OpenedTexts = { opened: OpenedRows; texts: KnownTexts };

type TextOpening = {
  /** The name of INPUT in messages. */
  name: string;
  /** Whether it may be without rows, because others have some. */
  mayBeEmpty?: boolean;
  onRead?: ((rows: number, fraction: number | undefined) => void) | undefined;
};

/**
 * Opens a corpus, which may be several files, or vectors that have their texts. A corpus is read as `openInput` reads it; a set that was
 * encoded from it does not matter.
 */
export async function openTexts(
  inputs: readonly Input[],
  flags: CorpusFlags & { texts?: string | undefined },
  run: Run,
  { name, mayBeEmpty = false, onRead }: TextOpening,
): Promise<OpenedTexts> {
  const opening = { asCheck: true, again: true };
  const set = setAmong(inputs);
  if (set) return textsOfVectors(await openLastingSet(set, { flags, run, opening }), { name, flags, run });
  const corpus = await openSources(inputs, { flags, run, opening });
  if (!('sources' in corpus)) return textsOfVectors(corpus, { name, flags, run });
  const temporary: { made?: ReturnType<typeof openTemporaryFolder> } = {};
  const folder = (): string => (temporary.made ??= openTemporaryFolder()).folder;
  try {
    const files: TextFile[] = [];
    const copies: { close(): void }[] = [];
    for (const [at, source] of corpus.sources.entries()) {
      const input = corpus.inputs[at]!;
      const options = corpusOptions(flags, { format: input.kind === 'set' ? 'lines' : input.format, label: labelOf(input, 'x') });
      const copy = keepPipe(source, input.path, () => join(folder(), `input${at}`));
      if (copy) copies.push(copy);
      else if (options.format === 'lines' && flags.inputFormat === undefined) await noteLikeness(source, run);
      files.push({
        part: { path: copy?.path ?? input.path, ...partOf(input, flags), hash: undefined },
        options,
        source,
        copied: copy !== undefined,
      });
    }
    const texts = corpusTexts(files, { mayBeEmpty, run, folder, onRead });
    return {
      opened: {
        set: undefined,
        folder: '.',
        files: corpus.inputs.map(({ path }) => path),
        advice: undefined,
        parts: files.map(({ part }) => part),
        close() {
          texts.close();
          for (const copy of copies) copy.close();
          temporary.made?.remove();
        },
      },
      texts,
    };
  } catch (error) {
    temporary.made?.remove();
    throw error;
  }
}

async function textsOfVectors(
  opened: OpenedInput,
  { name, flags, run }: { name: string; flags: CorpusFlags & { texts?: string | undefined }; run: Run },
): Promise<OpenedTexts> {
  try {
    const texts = await openRowTexts(opened, { name, texts: flags.texts, flags, io: run });
    if (!texts.known) throw noTexts(name, 'it has none');
    return { opened, texts: { ...texts, scan: () => withTexts(texts, name) } };
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** The rows of a set, each of which must have a text. */
async function* withTexts({ scan }: KnownTexts, name: string): AsyncGenerator<SetRow[]> {
  let row = 0;
  for await (const batch of scan()) {
    const without = batch.findIndex(({ text }) => text === undefined);
    if (without >= 0) throw noTexts(name, `row ${row + without} has none`);
    yield batch;
    row += batch.length;
  }
}

function noTexts(name: string, why: string): EmbedError {
  return new EmbedError(`Cannot compare the texts of ${name}: ${why}`, {
    hint: 'Give the corpus that it was made from, or the texts of a .npy with --texts; without --exact, its vectors are compared',
  });
}
