import { readFolder } from '../folder/folder.ts';
import type { Model } from '../model.ts';
import { packagedModels } from '../packaged.ts';
import { letterCounter } from './letters.ts';

/** A model can read texts if at most this share of their letters is outside its scripts. */
const MAX_FOREIGN = 0.1;

/** The languages that a packaged model was made for; undefined for another model. */
export function packagedLanguages(model: string): readonly string[] | undefined {
  const packaged = packagedModels().find(({ name }) => name === model);
  return packaged && readFolder(packaged.folder, packaged.name).build.languages;
}

/** The packaged model, other than `model`, that reads a language; undefined if there is none. */
export function packagedReaderOfLanguage(language: string, model: Pick<Model, 'name'>): string | undefined {
  return packagedModels().find(({ name, folder }) => name !== model.name && readFolder(folder, name).build.languages?.includes(language))
    ?.name;
}

/** The packaged model, other than `model`, whose scripts texts are written in; undefined if there is none. */
export function packagedReaderOf(texts: readonly string[], model: Pick<Model, 'name'>): string | undefined {
  return packagedModels().find(({ name, folder }) => {
    if (name === model.name) return false;
    const count = letterCounter(readFolder(folder, name).build.scripts ?? []);
    const counts = texts.map((text) => count(text));
    const letters = counts.reduce((sum, one) => sum + one.letters, 0);
    return letters > 0 && counts.reduce((sum, one) => sum + one.foreign, 0) <= MAX_FOREIGN * letters;
  })?.name;
}
