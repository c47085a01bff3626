import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { cosine, rowOf, type Matrix } from '../src/vectors/matrix.ts';
import { encodeAll, writeFacts } from './measure.ts';

/**
 * The floor of search: the cosine that the best hit of an unrelated query stays below, by the number of rows that are compared. Usage, after
 * `npm run tools`: node build/scripts/measure-floor.js [DATA [MODEL...]]; DATA holds retrieval/, dup/ and cluster/ (default
 * ../shared/data). Writes models/MODEL/facts.json, as "search".
 */

/** Rows of a corpus, and queries of a kind. */
const ROWS = 1400;
const QUERIES = 225;

/** Corpora of these sizes are parts of the large ones, at most so many of each. */
const SIZES = [10, 30, 100, 300, ROWS];
const MAX_PARTS = 5;

/** Share of unrelated queries whose best hit lies below the floor. */
const SHARE = 0.95;

type Name = 'cranfield' | 'qqp' | 'snippets';
type Asked = {
  queries: string[];
  /** The corpus that answers them, if one does, and corpora that know nothing of them. */
  answeredBy: Name | undefined;
  unrelatedTo: readonly Name[];
};

function readData(data: string): { corpora: Record<Name, string[]>; asked: Record<string, Asked> } {
  const jsonl = (file: string): string[] =>
    lines(join(data, file))
      .map((line) => (JSON.parse(line) as { text: string }).text)
      .filter((text) => text.trim() !== '');
  // questions with a duplicate each, which answers them
  const pairs = lines(join(data, 'dup/qqp-dev.tsv')).map((line) => line.split('\t') as [string, string, string]);
  const same = pairs.filter(([, , label]) => label.trim() === '1').slice(0, ROWS);
  const snippets = lines(join(data, 'cluster/search-snippets.tsv')).map((line) => line.split('\t')[1]!);
  const banking = (parse(readFileSync(join(data, 'cluster/banking77-train.csv'))) as string[][]).slice(1).map(([text]) => text!);
  return {
    corpora: {
      cranfield: jsonl('retrieval/cranfield-docs.jsonl').slice(0, ROWS),
      qqp: same.map(([, b]) => b),
      snippets: spread(snippets, ROWS),
    },
    asked: {
      cranfield: {
        queries: spread(jsonl('retrieval/cranfield-queries.jsonl'), QUERIES),
        answeredBy: 'cranfield',
        unrelatedTo: ['qqp', 'snippets'],
      },
      qqp: {
        queries: spread(
          same.map(([a]) => a),
          QUERIES,
        ),
        answeredBy: 'qqp',
        unrelatedTo: ['cranfield'],
      },
      // questions about cards and accounts are among those of QQP, and banks among the snippets
      banking: { queries: spread(banking, QUERIES), answeredBy: undefined, unrelatedTo: ['cranfield'] },
    },
  };
}

function lines(path: string): string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

/** `count` values at equal distances. */
function spread(values: readonly string[], count: number): string[] {
  return Array.from({ length: Math.min(count, values.length) }, (_, at) => values[Math.floor((at * values.length) / count)]!);
}

/** The best cosine of each query among parts of a corpus that have `size` rows. */
function bestOf(cosines: readonly Float64Array[], size: number): number[] {
  return cosines.flatMap((all) => {
    const parts = Math.min(MAX_PARTS, Math.max(1, Math.floor(all.length / size)));
    return Array.from({ length: parts }, (_, part) => Math.max(...all.subarray(part * size, (part + 1) * size)));
  });
}

function cosinesOf(queries: Matrix, corpus: Matrix): Float64Array[] {
  return Array.from({ length: queries.rows }, (_, query) =>
    Float64Array.from({ length: corpus.rows }, (__, row) => cosine(rowOf(queries, query), rowOf(corpus, row))),
  );
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))]!;
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}

async function measureFloor(folder: string, data: string, say: (line: string) => void = () => {}): Promise<object> {
  const { corpora, asked } = readData(data);
  const encoded = new Map<Name, Matrix>();
  for (const [name, texts] of Object.entries(corpora)) encoded.set(name as Name, await encodeAll(folder, texts));
  const unrelated: Float64Array[] = [];
  const answered: number[] = [];
  for (const [name, { queries, answeredBy, unrelatedTo }] of Object.entries(asked)) {
    const vectors = await encodeAll(folder, queries);
    for (const [corpus, rows] of encoded) {
      if (corpus !== answeredBy && !unrelatedTo.includes(corpus)) continue;
      const cosines = cosinesOf(vectors, rows);
      const best = bestOf(cosines, ROWS);
      if (corpus === answeredBy) answered.push(...best);
      else unrelated.push(...cosines);
      const shares = [0.01, 0.05, 0.5, 0.9, 0.95, 0.99].map((share) => `${share * 100} % below ${rounded(quantile(best, share), 3)}`);
      say(`${name} in ${corpus}, ${corpus === answeredBy ? 'answered' : 'unrelated'}: ${shares.join(', ')}`);
    }
  }
  const floors = SIZES.map((rows) => ({ rows, cosine: rounded(quantile(bestOf(unrelated, rows), SHARE), 2) }));
  const last = floors.at(-1)!.cosine;
  return {
    floors,
    rule: `${SHARE * 100} % of unrelated queries have their best hit below it, in a corpus of so many rows`,
    data:
      `${unrelated.length} unrelated queries (Cranfield in QQP and in web snippets, QQP and Banking77 in Cranfield), ` +
      `${answered.length} answered ones (Cranfield, QQP)`,
    answeredBelow: rounded(answered.filter((value) => value < last).length / answered.length, 3),
  };
}

/** Measures the model in `folder`, and adds the floors to its facts.json. */
export async function writeFloor(folder: string, data: string, say?: (line: string) => void): Promise<void> {
  const search = await measureFloor(folder, data, say);
  writeFacts(folder, { search });
}

if (process.argv[1]?.includes('measure-floor') === true) {
  const [data = '../shared/data', ...models] = process.argv.slice(2);
  for (const model of models.length > 0 ? models : ['minilm', 'multilingual']) {
    await writeFloor(resolve('models', model), data, (line) => process.stdout.write(`${model}: ${line}\n`));
  }
}
