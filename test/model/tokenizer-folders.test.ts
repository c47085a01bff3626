import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { overriddenTokenizer } from '../../src/model/tokenizer/overrides.ts';
import { openTokenizer } from '../../src/model/tokenizer/tokenizer.ts';
import { inFreshFolder, projectFolder } from '../run.ts';

type Json = Record<string, unknown>;
type Folder = {
  name: string;
  base: string;
  changes: Json;
  files: Record<string, Json>;
  /** Whether transformers 4.57 opens it. */
  four: boolean;
  /** How many texts have other ids in transformers 5; null if it does not open the folder. */
  five: number | null;
  /** Where they differ from those of tokenizer.json alone: by place of the text. */
  ids?: Record<string, number[]>;
};

/** Folders whose settings override tokenizer.json, with the ids of transformers; scripts/make-tokenizer-folders.py writes them. */
const { texts, bases, folders } = JSON.parse(readFileSync(join(projectFolder, 'fixtures/tokenizer-folders.json'), 'utf8')) as {
  texts: string[];
  bases: Record<string, Json>;
  folders: Folder[];
};

describe('a folder whose settings or class override tokenizer.json', () => {
  it.each(folders.filter((folder) => refusal(folder) === undefined && folder.ids !== undefined))(
    '$name: has the ids of the reference',
    (folder) => {
      const plain = reader(tokenizerJson(folder), {});
      const expected = texts.map((text, at) => folder.ids![at] ?? plain(text));
      expect(wrongTexts(expected, folder, texts)).toEqual([]);
    },
  );

  it('is refused only where transformers 4.57 does not open it either', () => {
    const refused = folders.filter((folder) => refusal(folder) !== undefined);
    expect(refused.filter(({ four }) => four)).toEqual([]);
    expect(refused.map((folder) => `${folder.name}: ${refusal(folder)}`)).toMatchInlineSnapshot(`
      [
        "BertTokenizer over uncased, do_lower_case null: in tokenizer_config.json, do_lower_case is null, not true or false",
        "BertTokenizer over cased, do_lower_case null: in tokenizer_config.json, do_lower_case is null, not true or false",
        "MPNetTokenizer, do_lower_case null: in tokenizer_config.json, do_lower_case is null, not true or false",
        "BertTokenizer over uncased, tokenize_chinese_chars null: in tokenizer_config.json, tokenize_chinese_chars is null, not true or false",
        "BertTokenizer over cased, tokenize_chinese_chars null: in tokenizer_config.json, tokenize_chinese_chars is null, not true or false",
        "BertTokenizer, tokenizer.json has no normalizer: tokenizer.json has no normalizer, which BertTokenizer needs",
        "LlamaTokenizerFast over qwen, add_prefix_space: tokenizer_config.json has add_prefix_space, with which LlamaTokenizer does not read tokenizer.json",
        "T5Tokenizer over t5, names of three: tokenizer_config.json has extra_ids 100, but names 3 of them",
        "T5Tokenizer over t5, add_prefix_space: tokenizer_config.json has add_prefix_space, with which T5Tokenizer does not read tokenizer.json",
        "T5Tokenizer over t5-short, names of three: tokenizer_config.json has extra_ids 100, but names 3 of them",
        "T5Tokenizer over t5-short, add_prefix_space: tokenizer_config.json has add_prefix_space, with which T5Tokenizer does not read tokenizer.json",
      ]
    `);
    expect(folders.filter((folder) => folder.ids === undefined && refusal(folder) === undefined).map(({ name }) => name))
      .toMatchInlineSnapshot(`
      [
        "TokenizersBackend over uncased: special_tokens_map.json with flags",
      ]
    `);
  });

  it('is compared in every kind', () => {
    const count = (holds: (folder: Folder) => boolean): number => folders.filter(holds).length;
    // read by 4.57; with ids that tokenizer.json alone does not give; only read by 5; other in 5
    expect([
      count(({ four }) => four),
      count(({ ids }) => Object.keys(ids ?? {}).length > 0),
      count(({ four, ids }) => !four && ids !== undefined),
      count(({ four, five }) => four && five !== 0),
    ]).toMatchInlineSnapshot(`
      [
        551,
        312,
        62,
        195,
      ]
    `);
  });
});

const python = join(homedir(), '.cache/embed-bench/transformers-4/bin/python');
if (!existsSync(python)) console.warn(`skipped: ${python} is absent, so that the tokenizers of folders are not compared on other texts`);

describe.skipIf(!existsSync(python))('transformers 4.57', () => {
  it('gives the same ids of other texts', { timeout: 120_000 }, () => {
    inFreshFolder();
    const { texts: others } = JSON.parse(readFileSync(join(projectFolder, 'fixtures/tokenizers.json'), 'utf8')) as { texts: string[] };
    writeFileSync('texts.json', JSON.stringify(others));
    const printed = execFileSync(python, [join(projectFolder, 'scripts/make-tokenizer-folders.py'), '--ids', 'texts.json'], {
      encoding: 'utf8',
      maxBuffer: 1e9,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 110_000,
    });
    const { version, ids } = JSON.parse(printed) as { version: string; ids: Record<string, number[][] | null> };
    expect(version).toMatch(/^4\.57\./);
    const wrong = folders.flatMap((folder) => (ids[folder.name] ? wrongTexts(ids[folder.name]!, folder, others) : []));
    expect(wrong).toEqual([]);
  });
});

function wrongTexts(expected: readonly (readonly number[])[], folder: Folder, of: readonly string[]): string[] {
  const read = opened(folder);
  return of.flatMap((text, at) => {
    const ours = read(text).join(' ');
    const theirs = expected[at]!.join(' ');
    return ours === theirs ? [] : [`${folder.name}: ${JSON.stringify(text.slice(0, 40))}: ${ours} for ${theirs}`];
  });
}

function refusal(folder: Folder): string | undefined {
  try {
    opened(folder);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function opened(folder: Folder): (text: string) => number[] {
  const { files } = folder;
  const { json, splitsSpecial } = overriddenTokenizer(tokenizerJson(folder), {
    settings: files['tokenizer_config.json'] ?? {},
    map: files['special_tokens_map.json'],
    added: files['added_tokens.json'] as Record<string, number> | undefined,
    config: files['config.json']!,
  });
  return reader(json, { splitsSpecial });
}

function reader(json: object, { splitsSpecial = false }: { splitsSpecial?: boolean }): (text: string) => number[] {
  const read = openTokenizer({ tokenizer: { json, config: {}, splitsSpecial }, maxTokens: 1e6, folder: '/m' });
  return (text) => [...read(text).ids];
}

/** A copy of the base with changes at paths. */
function tokenizerJson({ base, changes }: Folder): object {
  const json = structuredClone(bases[base]!);
  for (const [path, value] of Object.entries(changes)) {
    const [key, ...parents] = path.split('.').toReversed();
    const at = parents.toReversed().reduce<Json>((part, name) => part[name] as Json, json);
    at[key!] = value;
  }
  return json;
}
