import type { Encoder } from '../model/encoder.ts';
import type { Model } from '../model/model.ts';
import { foreignLanguage, languageName } from '../model/reading/languages.ts';
import { packagedLanguages, packagedReaderOf, packagedReaderOfLanguage } from '../model/reading/packaged-reader.ts';
import { addRead, type Reading } from '../model/reading/reading.ts';
import { languageWarning, MIN_FOREIGN_LANGUAGE, readingWarning } from '../report/encode-summary.ts';
import { grouped, isBlank, plural } from '../text.ts';
import { noCounts, type Counts } from '../vectors/manifest.ts';

/** Rows of a window that are looked at before it is encoded. */
export const ROWS_LOOKED_AT = 100;

/** Warns once where a model cannot read a corpus, or was not made for its language. */
export type ReadingWarnings = {
  /** Looks at the first rows of a window, before it is encoded: hours may follow. */
  look(rows: readonly { text: string }[]): void;
  /** Looks at all that was read until the end of a window. */
  count(window: { counts: Counts; rows: readonly { text: string }[] }): void;
  /** Resolves when every warning is said. */
  settled(): Promise<void>;
};

export function readingWarnings(model: Model, { read }: Pick<Encoder, 'read'>, note: (text: string) => void): ReadingWarnings {
  const { languages } = model.build;
  let seen = 0;
  let warned = false;
  // windows are judged in their order, whenever the detector has loaded
  let judged = Promise.resolve();
  const say = (warning: string | undefined): void => {
    if (warning === undefined || warned) return;
    note(warning);
    warned = true;
  };
  const unread = (counts: Counts, rows: readonly { text: string }[]): string | undefined =>
    readingWarning(counts, model, { readerOf: () => packagedReaderOf(textsOf(rows), model) });

  return {
    look(rows) {
      const before = seen;
      seen += rows.length;
      if (warned) return;
      const first = rows.slice(0, ROWS_LOOKED_AT).filter(({ text }) => !isBlank(text));
      if (read && before === 0) say(unread(countsOf(first, read), first));
      if (warned || !languages || first.length === 0) return;
      const what =
        before === 0 ? `the first ${plural(first.length, 'row')}` : `${plural(first.length, 'row')} from row ${grouped(before + 1)} on`;
      judged = judged.then(async () => {
        if (!warned) say(await unreadLanguage(textsOf(first), { model, languages, what }));
      });
    },
    count({ counts, rows }) {
      if (!warned) say(unread(counts, rows));
    },
    settled: () => judged,
  };
}

function textsOf(rows: readonly { text: string }[]): string[] {
  return rows.map(({ text }) => text);
}

function countsOf(rows: readonly { text: string }[], read: (text: string) => Reading): Counts {
  return rows.reduce((counts, { text }) => addRead(counts, { text, read: read(text) }), noCounts());
}

/** The warning where the first rows of a set, of a packaged model, are in a language that it was not made for. */
export async function setLanguageWarning(model: string, texts: readonly string[]): Promise<string | undefined> {
  const languages = packagedLanguages(model);
  return languages && unreadLanguage(texts, { model: { name: model }, languages, what: `the first ${plural(texts.length, 'row')}` });
}

/** The warning where texts are in a language that the model does not read. */
async function unreadLanguage(
  texts: readonly string[],
  { model, languages, what }: { model: Pick<Model, 'name'>; languages: readonly string[]; what: string },
): Promise<string | undefined> {
  const found = await foreignLanguage(texts, languages);
  if (!found || found.share < MIN_FOREIGN_LANGUAGE) return undefined;
  const reader = packagedReaderOfLanguage(found.language, model);
  return languageWarning({ language: languageName(found.language), share: found.share, what, reader }, model);
}
