import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEncoder } from '../../src/model/encoder.ts';
import { isFolder, readFolder } from '../../src/model/folder.ts';
import { cachedModel } from '../../src/model/hub.ts';
import { parseHubName } from '../../src/model/hub-cache.ts';
import { promptOf } from '../../src/model/variant.ts';
import { cosine, rowOf } from '../../src/vectors/matrix.ts';
import { projectFolder } from '../run.ts';

/** Published models that read Russian; those that are on this machine are tried. */
const NAMES = [
  'intfloat/multilingual-e5-small',
  'intfloat/multilingual-e5-base',
  'sentence-transformers/LaBSE',
  'sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2',
  'sentence-transformers/paraphrase-multilingual-mpnet-base-v2',
  'BAAI/bge-m3',
];

async function folders(): Promise<{ name: string; folder: string }[]> {
  const found = await Promise.all(NAMES.map(async (name) => ({ name, folder: (await cachedModel(parseHubName(name)!))?.folder })));
  const beside = NAMES.map((name) => ({ name, folder: join(projectFolder, '../shared/models', name.split('/')[1]!) }));
  return [...found, ...beside].flatMap(({ name, folder }) => (folder !== undefined && isFolder(folder) ? [{ name, folder }] : []));
}

const models = await folders();
if (models.length === 0)
  console.warn(`skipped: no multilingual model is in the cache, so that Russian is not searched; embed models get ${NAMES[0]} brings one`);

describe.skipIf(models.length === 0)('a multilingual model', () => {
  it.each(models)('$name puts «Как приготовить кофе» next to «Рецепт кофе»', async ({ name, folder }) => {
    const model = readFolder(folder, name, { force: true });
    const encoder = openEncoder(model, { threads: 1, prompt: promptOf(model, undefined, 'queryPrompt') ?? '' });
    const texts = ['Как приготовить кофе', 'Рецепт кофе', 'Расписание поездов', 'Курс доллара вырос', 'Cómo reparar una bicicleta'];
    const vectors = await encoder.encode(texts.map((text) => encoder.read(text)));
    await encoder.close();
    const cosines = texts.map((_, row) => cosine(rowOf(vectors, 0), rowOf(vectors, row)));
    expect(cosines[1]).toBe(Math.max(...cosines.slice(1)));
  });
});
