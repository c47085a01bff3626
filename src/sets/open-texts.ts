import { join } from 'node:path';
import { EmbedError } from '../errors.ts';
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
};

/**
 * Opens a corpus, which may be several files, or vectors that have their texts. A corpus is read as `openInput` reads it; a set that was
 * encoded from it does not matter.
 */
export async function openTexts(
  inputs: readonly Input[],
  flags: CorpusFlags & { texts?: string | undefined },
  run: Run,
  { name, mayBeEmpty = false }: TextOpening,
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
    const texts = corpusTexts(files, { mayBeEmpty, run, folder });
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
    const [first] = (await texts.get([0])).values();
    if (first?.text !== undefined) return { opened, texts };
    throw new EmbedError(`Cannot compare the texts of ${name}: it has none`, {
      hint: 'Give the corpus that it was made from, or the texts of a bare .npy with --texts; without --exact, vectors are compared',
    });
  } catch (error) {
    opened.close();
    throw error;
  }
}
