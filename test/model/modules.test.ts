import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/model/folder/folder.ts';
import type { Model } from '../../src/model/model.ts';
import { inFreshFolder, projectFolder } from '../run.ts';

type Entry = { idx: number; name: string; path: string; type: string };

/** A model with Transformer, Pooling, Dense and Normalize, to be changed by a test. */
beforeEach(() => cpSync(join(projectFolder, 'fixtures/models/mpnet-dense'), join(inFreshFolder(), 'm'), { recursive: true }));

function rewrite<T>(file: string, change: (value: T) => T): void {
  const path = join('m', file);
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as T)));
}

const rewriteModules = (change: (modules: Entry[]) => Entry[]): void => rewrite('modules.json', change);

/** A module more, after Pooling. */
function addModule(type: string, config: object): void {
  mkdirSync('m/x', { recursive: true });
  writeFileSync('m/x/config.json', JSON.stringify(config));
  rewriteModules((modules) => modules.toSpliced(2, 0, { idx: 9, name: 'x', path: 'x', type }));
}

const stepsOf = ({ head }: Model): string[] => head.steps.map((step) => step.kind);

describe('readHead', () => {
  it('knows the modules by every name they have had', () => {
    for (const nameOf of [
      (kind: string) => `sentence_transformers.models.${kind}`,
      (kind: string) => `sentence_transformers.models.${kind}.${kind}`,
      (kind: string) => `sentence_transformers.sentence_transformer.modules.${kind.toLowerCase()}.${kind}`,
    ]) {
      rewriteModules((modules) => modules.map((entry) => ({ ...entry, type: nameOf(entry.type.split('.').at(-1)!) })));
      expect(stepsOf(loadModel('m'))).toEqual(['dense', 'normalize']);
    }
  });

  it('takes modules in the order of the list, as the reference does, whatever their idx', () => {
    rewriteModules((modules) => modules.map((entry) => ({ ...entry, idx: entry.path === '2_Dense' ? 3 : entry.idx })));
    expect(stepsOf(loadModel('m'))).toEqual(['dense', 'normalize']);
    rewriteModules(([transformer, pooling, dense, normalize]) => [transformer!, pooling!, normalize!, dense!]);
    expect(stepsOf(loadModel('m'))).toEqual(['normalize', 'dense']);
  });

  it('passes over Dropout, which only training knows', () => {
    addModule('sentence_transformers.models.Dropout', { dropout: 0.1 });
    expect(stepsOf(loadModel('m'))).toEqual(['dense', 'normalize']);
  });

  it('takes the mean where no mode of pooling is set', () => {
    rewrite('1_Pooling/config.json', () => ({ word_embedding_dimension: 16, pooling_mode_cls_token: false }));
    expect(loadModel('m').pooling).toBe('mean');
  });

  it('cuts vectors only where they are longer, so that whole ones stay of unit length', () => {
    rewrite('config_sentence_transformers.json', (config: object) => ({ ...config, truncate_dim: 24 }));
    expect(loadModel('m')).toMatchObject({ dims: 24, normalized: true });
    rewrite('config_sentence_transformers.json', (config: object) => ({ ...config, truncate_dim: 8 }));
    expect(loadModel('m')).toMatchObject({ dims: 8, normalized: false });
  });

  it.each<[string, () => void, string]>([
    ['a module of another package', () => addModule('my_package.Normalize', {}), 'modules.json asks for the code of my_package.Normalize'],
    ['a module that is not known', () => addModule('sentence_transformers.models.CNN', {}), 'modules.json lists the module CNN'],
    [
      'something between transformer and pooling',
      () =>
        rewriteModules((modules) => modules.toSpliced(1, 0, { ...modules[1]!, type: 'sentence_transformers.models.WeightedLayerPooling' })),
      'modules.json lists Transformer → WeightedLayerPooling → Pooling',
    ],
    ['a mode that is not known', () => setIn('1_Pooling/config.json', { pooling_mode: 'cls+mean' }), 'its pooling is cls+mean'],
    ['no mode', () => setIn('1_Pooling/config.json', { pooling_mode: [] }), 'its pooling is not named'],
    [
      'an activation from elsewhere',
      () => setIn('2_Dense/config.json', { activation_function: 'mine.Tanh' }),
      '2_Dense/config.json asks for the activation mine.Tanh',
    ],
    [
      'sizes that are none',
      () => setIn('2_Dense/config.json', { in_features: '16' }),
      'in 2_Dense/config.json, in_features is "16", not a whole number from 1 to 1,000,000',
    ],
    [
      'a module that works on tokens',
      () => setIn('3_Normalize/config.json', { module_input_name: 'token_embeddings' }),
      '3_Normalize/config.json asks for token_embeddings',
    ],
    [
      'no numbers at all',
      () => setIn('config_sentence_transformers.json', { truncate_dim: 0 }),
      'truncate_dim is 0, not a whole number from 1 to 1,000,000',
    ],
  ])('refuses %s', (_, change, message) => {
    change();
    expect(() => loadModel('m')).toThrow(message);
  });
});

function setIn(file: string, values: object): void {
  mkdirSync(dirname(join('m', file)), { recursive: true });
  rewrite(file, (config: object) => ({ ...config, ...values }));
}
