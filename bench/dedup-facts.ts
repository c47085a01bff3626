import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { differenceOf, factsDiffer, factsOf, type Facts } from '../src/analysis/duplicates/facts/facts.ts';
import { EmbedError } from '../src/errors.ts';
import { allowedThreads } from '../src/io.ts';
import { cosine, rowOf } from '../src/vectors/matrix.ts';
import { readNpy } from '../src/vectors/npy.ts';
import { keepReport, runCommand } from './command.ts';
import { differingKinds, KINDS, type Kind } from './facts-kinds.ts';
import { datedPairs, EDITS, editedPairs, LANGUAGES, russianNames, type EditedPair, type Language } from './facts-edits.ts';
import { openFacts, ourVersions } from './machine.ts';
import { list, percent, table, whole } from './markdown.ts';
import { spawnTimed } from './ours.ts';
import { seededRandom } from './seeded.ts';
import { readLines } from './text-sets.ts';

const USAGE = `Usage: npm run bench:facts -- [options]

Measures what the facts of texts (numbers, negation, quotes, order of words) do to near-duplicates: on pairs of questions, on planted
edits, on translations of one sentence; and how fast facts are read. Writes bench/runs/DATE-facts.md. Takes about five minutes.

  --data <DIR>     dup/qqp-dev.tsv, sts/stsb-XX-dev.csv, more/ and train/ with parallel-en-XX.tsv.gz (default: ../shared/data)
  --pairs <N>      planted edits of each kind and language (default: 200)
  --show <KIND>    prints pairs of one kind that differ, writes nothing: numbers, units, negation, quoted, order
  -h, --help       print this
`;

type Model = 'minilm' | 'multilingual';
/** The default threshold of each, and the languages of the edits that it reads. */
const MODELS: readonly { model: Model; minCosine: number; languages: readonly Language[] }[] = [
  { model: 'minilm', minCosine: 0.94, languages: ['en', 'de'] },
  { model: 'multilingual', minCosine: 0.95, languages: LANGUAGES },
];
const PARAPHRASED = ['en', 'de', 'nl', 'fr', 'es', 'it', 'pt', 'pl', 'ru', 'uk', 'ja', 'zh', 'ko'] as const;
const STS = ['en', 'de', 'fr', 'ru', 'ja', 'zh'] as const;
/** Paraphrases of one language at most. */
const MOST = 4000;
/** From this score on, of five, two sentences say the same. */
const SAME = 4.5;

await runCommand(USAGE, () =>
  keepReport(async (folder) => {
    const { values } = parseArgs({
      options: { data: { type: 'string', default: '../shared/data' }, pairs: { type: 'string', default: '200' }, show: { type: 'string' } },
    });
    const data = (path: string): string => {
      const full = join(values.data, path);
      if (!existsSync(full)) throw new EmbedError(`Cannot read ${full}: no such file`, { hint: 'Name a folder with the data: --data DIR' });
      return full;
    };
    const pairs = Number(values.pairs);
    const facts = openFacts('bench:facts');
    const encode = encoderOf(folder);
    const show = (kind: Kind, label: string, { text, copy }: EditedPair): void => {
      if (values.show === kind) console.log(`${label}\t${text}\t${copy}\t${differenceOf(text, copy) ?? ''}`);
    };
    const sections: string[] = [
      '## Pairs of questions',
      await questions(data('dup/qqp-dev.tsv'), { encode, show }),
      '## Planted edits',
      await planted(data, { pairs, encode }),
      '## False alarms',
      await falseAlarms(data, { encode, show }),
      '## Speed',
      speed(data),
    ];
    const date = new Date().toISOString().slice(0, 10);
    const run = facts({ threads: String(allowedThreads()), versions: ourVersions() });
    const markdown = `# Facts of near-duplicates, ${date}\n\n${sections.join('\n\n')}\n\n${list(Object.entries(run).map((pair) => pair.join(': ')))}\n`;
    return { markdown, name: values.show === undefined ? `${date}-facts.md` : undefined };
  }),
);

/** Cosines of pairs, by a packaged model. */
type Encode = (pairs: readonly EditedPair[], model: Model) => Promise<number[]>;
type Show = (kind: Kind, label: string, pair: EditedPair) => void;

function encoderOf(folder: string): Encode {
  return async (pairs, model) => {
    const texts = [...new Set(pairs.flatMap(({ text, copy }) => [text, copy]))];
    const [input, output] = [join(folder, 'texts.txt'), join(folder, 'texts.npy')];
    writeFileSync(input, texts.map((text) => `${text}\n`).join(''));
    await spawnTimed(['bin/embed.js', 'encode', input, '-o', output, '-q', '--force', '--model', model]);
    const [vectors, rows] = [readNpy(output), new Map(texts.map((text, row) => [text, row]))];
    return pairs.map(({ text, copy }) => cosine(rowOf(vectors, rows.get(text)!), rowOf(vectors, rows.get(copy)!)));
  };
}

/** Precision and recall at the default thresholds, before, and with rows that differ in one kind or in all. */
async function questions(path: string, { encode, show }: { encode: Encode; show: Show }): Promise<string> {
  const pairs = readLines(path)
    .filter((line) => line !== '')
    .map((line) => line.split('\t') as [string, string, string])
    .map(([text, copy, label]) => ({ text, copy, same: label.trim() === '1' }));
  const positives = pairs.filter(({ same }) => same).length;
  const rows: string[][] = [];
  for (const { model, minCosine } of MODELS) {
    const cosines = await encode(pairs, model);
    const near = pairs.flatMap((pair, at) => (cosines[at]! >= minCosine ? [{ ...pair, kinds: differingKinds(pair.text, pair.copy) }] : []));
    for (const pair of near) for (const kind of pair.kinds) show(kind, `${model} ${pair.same ? 'same' : 'other'}`, pair);
    for (const [name, kinds] of [
      ...KINDS.map((kind) => [kind, [kind]] as const),
      ['all but order', KINDS.filter((kind) => kind !== 'order')] as const,
      ['all', KINDS] as const,
    ]) {
      const fires = near.filter((pair) => pair.kinds.some((kind) => (kinds as readonly Kind[]).includes(kind)));
      rows.push([
        model,
        name,
        String(fires.length),
        percent(fires.filter(({ same }) => same).length, fires.length, 0),
        ...quality(
          near.filter((pair) => !fires.includes(pair)),
          positives,
        ),
      ]);
    }
    rows.push([model, 'none (before)', '', '', ...quality(near, positives)]);
  }
  return table(['model', 'differ in', 'pairs', 'of these labelled duplicates', 'precision', 'recall'], rows);
}

function quality(found: readonly { same: boolean }[], positives: number): string[] {
  const right = found.filter(({ same }) => same).length;
  return [(right / found.length).toFixed(4), (right / positives).toFixed(4)];
}

/** What share of edited copies is a near-duplicate, before and after. Of planted edits it should be none, of harmless ones it should stay. */
async function planted(data: (path: string) => string, { pairs, encode }: { pairs: number; encode: Encode }): Promise<string> {
  type Group = { group: 'planted' | 'harmless'; language: Language; name: string; made: EditedPair[] };
  const groups: Group[] = [];
  for (const language of LANGUAGES) {
    const texts = sentences(data, language);
    for (const group of ['planted', 'harmless'] as const) {
      const add = (name: string, made: EditedPair[]): unknown => made.length > 0 && groups.push({ group, language, name, made });
      for (const [name, edit] of EDITS[group]) add(name, editedPairs(texts, edit(language), { pairs, random: seededRandom(7) }));
      const same = group === 'harmless';
      add(same ? 'date written otherwise' : 'date', datedPairs(language, { same, pairs, random: seededRandom(7) }));
      if (!same && language === 'ru') add('names swapped, inflected', russianNames({ pairs, random: seededRandom(7) }));
    }
  }
  const cells = new Map<Group, string[]>(groups.map((group) => [group, []]));
  for (const { model, minCosine, languages } of MODELS) {
    const read = groups.filter(({ language }) => languages.includes(language));
    const cosines = await encode(
      read.flatMap(({ made }) => made),
      model,
    );
    let from = 0;
    for (const group of groups) {
      const { made } = group;
      if (!read.includes(group)) {
        cells.get(group)!.push('', '', '');
        continue;
      }
      const near = made.filter((_, at) => cosines[from + at]! >= minCosine);
      from += made.length;
      const left = (read: (text: string) => Facts): number => near.filter(({ text, copy }) => !factsDiffer(read(text), read(copy))).length;
      const withoutOrder = (text: string): Facts => ({ ...factsOf(text), order: 0 });
      cells.get(group)!.push(...[near.length, left(withoutOrder), left(factsOf)].map((count) => percent(count, made.length, 0)));
    }
  }
  const rows = groups.map((own) => {
    const { group, language, name, made } = own;
    const fires = made.filter(({ text, copy }) => factsDiffer(factsOf(text), factsOf(copy))).length;
    if (process.env['SHOW_EDITS'] === `${group} ${language} ${name}`) {
      for (const { text, copy } of made) console.log(`${text}\t${copy}\t${differenceOf(text, copy) ?? ''}`);
    }
    return [group, language, name, String(made.length), percent(fires, made.length, 0), ...cells.get(own)!];
  });
  const models = MODELS.flatMap(({ model }) => [`${model}: near before`, 'after', 'after, with order']);
  return table(['edit', 'language', 'kind', 'pairs', 'differ', ...models], rows);
}

/** Sentences without markup, long enough to say something. */
function sentences(data: (path: string) => string, language: Language): string[] {
  const [file, column] = language === 'en' ? ['de', 0] : [language, 1];
  const lines = ['more', 'train'].flatMap((part) => readLines(data(`${part}/parallel-en-${file}.tsv.gz`)));
  const shortest = language === 'ja' || language === 'zh' ? 8 : 20;
  const texts = lines.map((line) => line.split('\t')[column]?.trim() ?? '').filter((text) => text.length >= shortest && text.length <= 140);
  return [...new Set(texts)].filter((text) => !/[`*:<>{}\\[\]=_|#"“„«「]/.test(text));
}

/** The share of pairs that say the same and are said to differ. */
async function falseAlarms(data: (path: string) => string, { encode, show }: { encode: Encode; show: Show }): Promise<string> {
  const rows: string[][] = [];
  const add = (name: string, pairs: readonly EditedPair[]): void => {
    const kinds = pairs.map(({ text, copy }) => differingKinds(text, copy));
    for (const [at, pair] of pairs.entries()) for (const kind of kinds[at]!) show(kind, name, pair);
    rows.push([name, whole(pairs.length), ...KINDS.map((kind) => percent(kinds.filter((own) => own.includes(kind)).length, pairs.length))]);
  };
  for (const language of STS) add(`STS, ${language}, score from ${SAME}`, scoredPairs(data(`sts/stsb-${language}-dev.csv`)));
  const groups = PARAPHRASED.map((language) => ({ language, pairs: paraphrases(data, language) }));
  const cosines = await encode(
    groups.flatMap(({ pairs }) => pairs),
    'multilingual',
  );
  let from = 0;
  for (const { language, pairs } of groups) {
    add(`translations of one sentence, ${language}`, pairs);
    const near = cosines.slice(from, from + pairs.length).map((value) => value >= MODELS[1]!.minCosine);
    add(
      `… near-duplicates by multilingual`,
      pairs.filter((_, at) => near[at]),
    );
    from += pairs.length;
  }
  return table(['pairs that say the same', 'pairs', ...KINDS], rows);
}

function scoredPairs(path: string): EditedPair[] {
  return readLines(path).flatMap((line) => {
    const fields = line.match(/(?:^|,)(?:"(?:[^"]|"")*"|[^,]*)/g)?.map((field) =>
      field
        .replace(/^,/, '')
        .replace(/^"([^]*)"$/, '$1')
        .replaceAll('""', '"'),
    );
    const [text, copy, score] = fields ?? [];
    return text && copy && Number(score) >= SAME ? [{ text, copy }] : [];
  });
}

/** Two sentences with one translation into or from English. */
function paraphrases(data: (path: string) => string, language: (typeof PARAPHRASED)[number]): EditedPair[] {
  const [file, own, other] = language === 'en' ? ['de', 0, 1] : [language, 1, 0];
  const groups = new Map<string, string[]>();
  for (const part of ['more', 'train']) {
    for (const line of readLines(data(`${part}/parallel-en-${file}.tsv.gz`))) {
      const fields = line.split('\t');
      const [text, key, source] = [fields[own]?.trim() ?? '', fields[other]?.trim() ?? '', fields[2] ?? ''];
      // word lists have one translation for many words
      if (text.length < 5 || key.length < 12 || source === 'omw' || source === 'jmdict') continue;
      const group = groups.get(key) ?? [];
      if (!group.includes(text)) groups.set(key, [...group, text]);
    }
  }
  return [...groups.values()].flatMap(([text, copy]) => (copy === undefined ? [] : [{ text: text!, copy }])).slice(0, MOST);
}

function speed(data: (path: string) => string): string {
  const rows = [
    ['English sentences', 'train/en-sentences.txt.gz'],
    ['… short, without digits and quotes', 'train/en-sentences.txt.gz'],
    ['Russian sentences', 'train/ru-sentences.txt.gz'],
    ['Japanese sentences', 'train/ja-sentences.txt.gz'],
  ].map(([name, path]) => {
    const all = readLines(data(path!))
      .filter((text) => text !== '')
      .slice(0, 100_000);
    const texts = name!.startsWith('…') ? all.filter((text) => text.length <= 80 && !/[\d"'`]/.test(text)) : all;
    const seconds = Math.min(...Array.from({ length: 3 }, () => secondsOf(() => texts.forEach(factsOf))));
    const length = texts.reduce((sum, text) => sum + text.length, 0) / texts.length;
    return [name!, whole(texts.length), whole(length), whole(texts.length / seconds)];
  });
  return table(['texts', 'number', 'characters', 'texts/s'], rows);
}

/** Processor time: on a machine with other work, it says more than the clock. */
function secondsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
