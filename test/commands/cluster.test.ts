import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { ClusterRecord, ClustersSummary } from '../../src/report/clusters.ts';
import { npyHeader, readNpy } from '../../src/vectors/npy.ts';
import { blobs } from '../analysis/cluster-data.ts';
import { encodeOnce, inFreshFolder, projectFolder, run, signalWhen, type Outcome } from '../run.ts';

const FEEDBACK = join(projectFolder, 'fixtures/feedback.csv');

type Json = { summary: ClustersSummary; results: ClusterRecord[] };

const json = ({ out }: Outcome): Json => JSON.parse(out) as Json;

const ajv = new Ajv2020({ strictRequired: false, strictTypes: false });
const valid = ajv.compile(JSON.parse(readFileSync(join(projectFolder, 'docs/schemas/cluster.schema.json'), 'utf8')) as object);

/** `feedback.csv` in a fresh folder, its columns as arguments. */
const inFeedback = (text: string = readFileSync(FEEDBACK, 'utf8')): string[] => {
  inFreshFolder();
  writeFileSync('feedback.csv', text);
  return ['cluster', 'feedback.csv', '--text-column', 'message', '--id-column', 'id', '-q'];
};

/** With its set beside it. */
const inEncodedFeedback = async (): Promise<string[]> => {
  const args = inFeedback();
  await encodeOnce('feedback.csv', '--text-column', 'message', '--id-column', 'id');
  return args;
};

const writeMatrix = (path: string, data: Float32Array, cols: number): void =>
  writeFileSync(
    path,
    Buffer.concat([npyHeader({ rows: data.length / cols, cols }), new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]),
  );

/** A bare set of 90 rows around 3 centres. */
const inBlobs = (): Int32Array => {
  inFreshFolder();
  const { matrix, of } = blobs({ rows: 90, cols: 5, centres: 3, spread: 0.05, seed: 1 });
  writeMatrix('v.npy', matrix.data, 5);
  return of;
};

/** A record without some of its values. */
const without = <T>(record: Record<string, T>, names: readonly string[]): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));

/** Cluster numbers of a file that -o wrote. */
const labelsOf = (path: string): Int32Array => {
  const bytes = readFileSync(path);
  expect(bytes.toString('latin1', 10, 80)).toContain("{'descr': '<i4', 'fortran_order': False, 'shape': (");
  return new Int32Array(Uint8Array.from(bytes.subarray(128)).buffer);
};

describe('embed cluster', () => {
  it('finds the themes of a corpus, names them, and shows what belongs to none', async () => {
    const { code, out, err } = await run(inFeedback());
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatchInlineSnapshot(`
      "8 clusters of 47 rows, silhouette 0.261
      spherical k-means, converged after 3 iterations

      #  size  cosine  label                      nearest row
      0     8   0.718  parcel, arrived, delivery  Tracking says delivered, but no parcel came
      1     8   0.729  account, password, email   I cannot log in to my account
      2     8   0.673  size, small, shoes         The jacket is too small for a large
      3     7   0.604  service                    Your staff was so friendly and helpful
      4     5   0.760  app, open                  The app crashes when I open my basket
      5     4   0.806  refund                     Please refund my last order
      6     4   0.783  cancelled, charged, order  My credit card was charged but the order was cancelled
      7     3   0.808  website                    The website does not work in my browser

      farthest from their cluster:
          0.519  feedback.csv:43  Great service, thank you very much!
          0.551  feedback.csv:45  I love this shop and its people
          0.562  feedback.csv:17  Two-factor code does not work at login
          0.571  feedback.csv:6  Why does shipping to Ireland take so long?
          0.577  feedback.csv:44  The lady at the counter helped me a lot

      -k 8 was chosen: two halves of the rows agree on its clusters; try -k 7 or -k 9 as well
               k    2    3    4    5    6    7    8    9   10
       agreement .004 .153 .345 .441 .455 .477 .504 .525 .492
      silhouette .120 .147 .172 .192 .199 .199 .197 .195 .183
      "
    `);
  });

  it('cuts lines to the terminal, and shows more rows of each cluster with -n', async () => {
    const args = await inEncodedFeedback();
    const out = stripVTControlCharacters((await run([...args, '-k', '6', '-n', '2'], { tty: true })).out);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    // one line a cluster, and two for its rows
    const table = out.split('\n\n')[1]!.split('\n');
    expect(table).toHaveLength(19);
    expect(table[2]).toMatch(/^ {4}0\.\d{3} {2}feedback\.csv:\d+ {2}\S/);
  });

  it('says the same in every format, and json follows its schema', async () => {
    const args = await inEncodedFeedback();
    const all = json(await run([...args, '-k', '6', '--format', 'json']));
    expect(valid(all), JSON.stringify(valid.errors)).toBe(true);
    const { summary, results } = all;
    expect(summary).toMatchObject({ k: 6, chosen: 'given', rows: 48, grouped: 47, blank: 1, zero: 0, model: 'minilm', metric: 'cosine' });
    expect(summary.clusters.map(({ size }) => size)).toEqual(summary.clusters.map(({ size }) => size).toSorted((a, b) => b - a));
    expect(results[46]).toMatchObject({ row: 46, id: 'f47', cluster: null, text: '', fields: { shop: 'York' } });
    for (const { cluster, size, label, cohesion, representatives } of summary.clusters) {
      const members = results.filter((row) => row.cluster === cluster);
      expect(members).toHaveLength(size);
      expect(members.every((row) => row.label === label)).toBe(true);
      const cosines = members.map((row) => row.cosine!);
      expect(cosines.reduce((sum, value) => sum + value) / size).toBeCloseTo(cohesion!, 5);
      expect(representatives[0]!.cosine).toBe(Math.max(...cosines));
    }
    expect(summary.outliers[0]!.cosine).toBe(Math.min(...results.flatMap(({ cosine }) => cosine ?? [])));
    const lines = (await run([...args, '-k', '6', '--format', 'jsonl'])).out.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(results);
    const [head, ...rows] = parse((await run([...args, '-k', '6', '--format', 'csv'])).out) as string[][];
    expect(head).toEqual(['row', 'id', 'cluster', 'cosine', 'label', 'file', 'line', 'text', 'shop']);
    expect(rows.map((row) => row[2])).toEqual(results.map(({ cluster }) => (cluster === null ? '' : String(cluster))));
  });

  it('gives the table back with cluster, label and cosine', async () => {
    const args = inFeedback();
    const { err, out, code } = await run([...args.slice(0, -1), '-k', '6', '-o', 'themed.csv', '--report', 'r.json']);
    expect(code).toBe(0);
    expect(err).toContain('1 blank row in no cluster');
    expect(err).toContain('wrote themed.csv, r.json');
    expect(out).toContain('6 clusters of 47 rows');
    const rows = parse(readFileSync('themed.csv'), { columns: true }) as Record<string, string>[];
    const own = parse(readFileSync('feedback.csv'), { columns: true }) as Record<string, string>[];
    expect(Object.keys(rows[0]!)).toEqual(['id', 'shop', 'message', 'cluster', 'label', 'cosine']);
    expect(rows.map((row) => without(row, ['cluster', 'label', 'cosine']))).toEqual(own);
    const { results } = JSON.parse(readFileSync('r.json', 'utf8')) as Json;
    expect(rows.map(({ cluster, label, cosine }) => [cluster, label, cosine])).toEqual(
      results.map(({ cluster, label, cosine }) => [cluster ?? '', label ?? '', cosine ?? ''].map(String)),
    );
    expect(readdirSync('.').toSorted()).toEqual(['feedback.csv', 'r.json', 'themed.csv']);
  });

  it('gives records of every form back: JSONL with nested values, lines through a pipe, a set, a bare matrix', async () => {
    inBlobs();
    const objects = Array.from({ length: 9 }, (_, at) => ({
      text: `number ${at}`,
      label: at % 2,
      more: { deep: [at] },
      ...(at === 4 ? { odd: true } : {}),
    }));
    writeFileSync('a.jsonl', objects.map((one) => `${JSON.stringify(one)}\n`).join(''));
    await run(['cluster', 'a.jsonl', '-k', '2', '-q', '-o', 'a.out.jsonl']);
    const back = readFileSync('a.out.jsonl', 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    // a label of its own stays what it was
    expect(back.map((row) => without(row, ['cluster', 'label_2', 'cosine']))).toEqual(objects);
    expect(Object.keys(back[0]!)).toEqual(['text', 'label', 'more', 'cluster', 'label_2', 'cosine']);
    await run(['cluster', 'a.jsonl', '-k', '2', '-q', '-o', 'a.csv']);
    expect(readFileSync('a.csv', 'utf8').split('\n')[0]).toBe('text,label,more,odd,cluster,label_2,cosine');

    const piped = await run(['cluster', '-', '-k', '2', '-o', '-', '-q'], { stdin: 'tea\n\ncoffee\na car\n' });
    expect(
      piped.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { text: string }).text),
    ).toEqual(['tea', '', 'coffee', 'a car']);
    expect(piped.err).toContain('2 clusters of 3 rows');

    await run(['encode', 'a.jsonl', '-q']);
    await run(['cluster', 'a.npy', '-k', '2', '-q', '-o', 'set.csv']);
    expect(readFileSync('set.csv', 'utf8').split('\n').slice(0, 2)).toEqual([
      'id,text,label,more,odd,cluster,label_2,cosine',
      expect.stringMatching(/^a\.jsonl:1,number 0,0,"\{""deep"":\[0\]\}",,\d,number 0,[01](\.\d+)?$/),
    ]);
    await run(['cluster', 'v.npy', '-k', '2', '-q', '-o', 'bare.tsv']);
    expect(readFileSync('bare.tsv', 'utf8').split('\n').slice(0, 2)).toEqual([
      'row\tcluster\tlabel\tcosine',
      expect.stringMatching(/^0\t[01]\t\t[01](\.\d+)?$/),
    ]);

    writeFileSync('vectors.jsonl', [1, 2, 3].map((at) => `${JSON.stringify({ id: at, embedding: [at, 1], text: `t${at}` })}\n\n`).join(''));
    await run(['cluster', 'vectors.jsonl', '-k', '2', '-q', '-o', 'back.jsonl']);
    expect(
      readFileSync('back.jsonl', 'utf8')
        .split('\n')
        .slice(0, 3)
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([1, 2, 3].map((at) => ({ id: at, embedding: [at, 1] })));
  });

  it('keeps the text of a set beside columns of that name', async () => {
    inFreshFolder();
    writeFileSync('s.csv', 'id,body,text\n7,hello there,T1\n8,good morning,T2\n9,a car,T3\n');
    await run(['encode', 's.csv', '--text-column', 'body', '-q']);
    await run(['cluster', 's.npy', '-k', '2', '-q', '-o', 'out.csv']);
    expect(readFileSync('out.csv', 'utf8').split('\n').slice(0, 2)).toEqual([
      'id,text,id_2,text_2,cluster,label,cosine',
      expect.stringMatching(/^s\.csv:2,hello there,7,T1,[01],/),
    ]);
  });

  it('has no silhouette where centroids have all rows in one cluster', async () => {
    inFreshFolder();
    writeMatrix('v.npy', Float32Array.of(1, 0.1, 1, 0.2, 1, 0.3), 2);
    writeMatrix('c.npy', Float32Array.of(-1, 0, 1, 0), 2);
    const { summary } = json(await run(['cluster', 'v.npy', '--assign', 'c.npy', '--format', 'json', '-q']));
    expect(summary).toMatchObject({
      silhouette: null,
      clusters: [
        { size: 0, silhouette: null },
        { size: 3, silhouette: null },
      ],
    });
    expect(summary.objective).toBe(summary.clusters[1]!.cohesion);
  });

  it('writes centroids where the rows are', async () => {
    inFreshFolder();
    writeMatrix('v.npy', Float32Array.of(1000, 5, 1002, 5, 2000, 7, 2002, 7), 2);
    await run(['cluster', 'v.npy', '-k', '2', '--metric', 'euclidean', '--centroids', 'c.npy', '-q']);
    expect([...readNpy('c.npy').data]).toEqual([1001, 5, 2001, 7]);
    const { summary, results } = json(await run(['cluster', 'v.npy', '--assign', 'c.npy', '--format', 'json', '-q']));
    expect(results.map(({ cluster, distance }) => [cluster, distance])).toEqual([
      [0, 1],
      [0, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(summary.objective).toBe(4);
  });

  it('works on bare vectors, without texts, and says what is missing', async () => {
    const of = inBlobs();
    const { out, err } = await run(['cluster', 'v.npy', '-k', '3', '-o', 'labels.npy']);
    expect(out.split('\n').slice(3, 7)).toEqual([
      '#  size  cosine  nearest row',
      ...[0, 1, 2].map((at) => expect.stringMatching(new RegExp(`^${at} {4}30 {3}(0\\.999|1\\.000) {2}row:\\d+$`)) as string),
    ]);
    expect(err).toContain('labels need texts; give them with --texts');
    const labels = labelsOf('labels.npy');
    expect(labels).toHaveLength(90);
    labels.forEach((label, row) => expect(label).toBe(labels[of.indexOf(of[row]!)]));
    writeFileSync('t.txt', Array.from(of, (one) => `${['apple', 'pear', 'plum'][one]} tree\n`).join(''));
    const named = await run(['cluster', 'v.npy', '-k', '3', '-q', '--texts', 't.txt']);
    expect(named.out.match(/apple|pear|plum/g)!.length).toBeGreaterThanOrEqual(6);
    writeFileSync('short.txt', 'one\ntwo\n');
    expect((await run(['cluster', 'v.npy', '--texts', 'short.txt'])).err).toContain('it has 2 rows where v.npy has 90');
  });

  it('chooses k itself, says what it tried, and finds three where there are three', async () => {
    inBlobs();
    const outcome = await run(['cluster', 'v.npy', '-q', '--format', 'json']);
    const { summary } = json(outcome);
    expect(summary).toMatchObject({ k: 3, chosen: 'auto', stands_out: true });
    // rows this close to a centre are near copies of one
    expect(summary.tried).toEqual([]);
    const { out } = await run(['cluster', 'v.npy', '-q']);
    expect(out).toContain('-k 3: nearly all rows are near copies of 3 texts');
  });

  it('names clusters of mails by their subjects, in two clusters as in four', async () => {
    inFreshFolder();
    const subjects = {
      printer: ['The printer jams on page two', 'The printer prints blank pages', 'My printer has no toner'],
      vacation: ['May I take vacation in July?', 'A vacation request for two weeks', 'How much vacation is left?'],
      invoice: ['The invoice has a wrong amount', 'Please send the invoice again', 'That invoice was paid twice'],
      parking: ['My parking permit has expired', 'The parking garage is closed', 'I need a parking permit for a guest'],
    };
    const mails = Object.values(subjects).flatMap((texts) =>
      Array.from({ length: 15 }, (_, at) => ({
        text: `Dear team,\n${texts[at % 3]}, number ${at}.\nKind regards,\nAnna\nSent from my iPhone`,
      })),
    );
    writeFileSync('mails.jsonl', mails.map((mail) => `${JSON.stringify(mail)}\n`).join(''));
    for (const k of [2, 4]) {
      const { summary } = json(await run(['cluster', 'mails.jsonl', '-k', String(k), '-q', '--format', 'json']));
      const words = summary.clusters.flatMap((cluster) => cluster.words);
      for (const shared of ['dear', 'team', 'kind', 'regards', 'anna', 'sent', 'iphone']) expect(words).not.toContain(shared);
      expect(new Set(summary.clusters.map(({ label }) => label)).size).toBe(k);
      if (k === 4) expect(summary.clusters.map((cluster) => cluster.words[0]).toSorted()).toEqual(Object.keys(subjects).toSorted());
    }
  });

  it('names clusters of titles by their first words, whatever they mean in other languages', async () => {
    inFreshFolder();
    const titles =
      'dog bed large,dog leash red,dog toy rubber,dog bowl steel,dog coat winter,cat food salmon,cat litter box,cat tree tall,cat toy mouse,cat food chicken,car seat cover,car phone holder,car wash sponge,car floor mats,car seat child,frying pan iron,pan lid glass,frying pan small,pan set steel,grill pan iron';
    writeFileSync('titles.txt', titles.replaceAll(',', '\n'));
    for (const model of ['minilm', 'multilingual']) {
      const { summary } = json(await run(['cluster', 'titles.txt', '-k', '4', '-q', '--model', model, '--format', 'json']));
      expect(summary.clusters.map(({ words }) => words[0]).toSorted()).toEqual(['car', 'cat', 'dog', 'pan']);
    }
  });

  it('names clusters without words by their nearest row, in every output, and keeps the names', async () => {
    inFreshFolder();
    writeFileSync('answers.txt', 'yes\nno\nn/a\n-\n'.repeat(5));
    const args = ['cluster', 'answers.txt', '-q', '--format', 'json'];
    const found = json(await run([...args, '-k', '4', '-o', 'answers.jsonl', '--summary', 's.jsonl', '--centroids', 'c.npy']));
    const names = ['yes', 'no', 'n/a', '-'];
    expect(found.summary.clusters.map(({ label }) => label)).toEqual(names);
    expect(found.results.slice(0, 4).map(({ label }) => label)).toEqual(names);
    const column = (path: string): unknown[] =>
      readFileSync(path, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { label: string }).label);
    expect(column('answers.jsonl').slice(0, 4)).toEqual(names);
    expect(column('s.jsonl')).toEqual(names);
    const again = json(await run([...args, '--assign', 'c.npy']));
    expect(again.summary.clusters.map(({ label }) => label)).toEqual(names);
    expect((await run(['cluster', 'answers.txt', '-q'])).out).toContain('-k 4: nearly all rows are near copies of 4 texts');
  });

  it('leaves the words of a list out of labels', async () => {
    const args = await inEncodedFeedback();
    writeFileSync('list.txt', '\uFEFF# names of our own\nparcel\r\n\nReFund\nparcel\n');
    const noted = await run([...args.filter((arg) => arg !== '-q'), '-k', '8', '--stop-words', 'list.txt', '--format', 'json']);
    expect(noted.err).toContain('2 stop words of list.txt');
    const { summary } = json(noted);
    for (const { words } of summary.clusters) for (const word of ['parcel', 'refund']) expect(words).not.toContain(word);
    expect(valid(json(noted)), JSON.stringify(valid.errors)).toBe(true);
    await run([...args, '-k', '8', '--centroids', 'c.npy']);
    const named = await run([...args, '--assign', 'c.npy', '--stop-words', 'list.txt']);
    expect(named).toMatchObject({ code: 2 });
    expect(named.err).toContain('Cannot use stop words with the clusters of c.npy: they have names already');
  });

  it.each([
    ['none.txt', 'no such file'],
    ['.', 'it is not a file'],
    ['empty.txt', 'it has no words'],
    ['remarks.txt', 'it has no words'],
    ['bytes.txt', 'it is not UTF-8 text'],
  ])('refuses the stop words of %s before it encodes', async (path, why) => {
    const args = inFeedback();
    writeFileSync('empty.txt', '\n');
    writeFileSync('remarks.txt', '# nothing\n');
    writeFileSync('bytes.txt', Buffer.from([0x61, 0xff, 0xfe, 0]));
    const { code, out, err } = await run([...args, '--stop-words', path]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(`error: Cannot use the stop words of ${path}: ${why}\nhint: Give a text file in UTF-8 with one word per line\n`);
  });

  it('chooses k within a range', async () => {
    const args = await inEncodedFeedback();
    const { summary } = json(await run([...args, '-k', '5-9', '--format', 'json']));
    expect(summary).toMatchObject({ chosen: 'auto' });
    const numbers = summary.tried!.map(({ k }) => k);
    expect([Math.min(...numbers), Math.max(...numbers)]).toEqual([5, 9]);
    expect(numbers).toContain(summary.k);
    const loud = args.filter((arg) => arg !== '-q');
    expect((await run([...loud, '-k', '3-100'])).err).toContain(
      'note: -k 3-100 was tried up to 15: feedback.csv has too few different rows',
    );
    expect((await run([...args, '-k', '50-60'])).err).toContain('Cannot make 50 clusters of feedback.csv: it has 4');
  });

  it.each([
    ['20-2', 'The range runs backwards: say 2-20.'],
    ['0-5', 'A range starts from 2.'],
    ['1-1', 'A range starts from 2.'],
    ['4-4', 'The range has one number: say 4.'],
    ['2-5000', 'A range ends at 1000 at most.'],
    ['2-', 'Give a whole number from 1, a range such as 2-20, or auto.'],
  ])('refuses the range %s', async (range, why) => {
    const { code, err } = await run([...inFeedback(), '-k', range]);
    expect(code).toBe(2);
    expect(err).toContain(why);
  });

  it('puts new rows into the clusters of centroids it wrote', async () => {
    const args = await inEncodedFeedback();
    const first = json(await run([...args, '-k', '6', '--centroids', 'c.npy', '--format', 'json']));
    expect(readNpy('c.npy')).toMatchObject({ rows: 6, cols: 384 });
    const again = json(await run([...args, '--assign', 'c.npy', '--format', 'json']));
    expect(valid(again), JSON.stringify(valid.errors)).toBe(true);
    expect(again.results).toEqual(first.results);
    expect(again.summary).toMatchObject({
      chosen: 'assigned',
      k: 6,
      objective: first.summary.objective,
      silhouette: first.summary.silhouette,
    });
    writeFileSync('new.csv', 'message\nthe parcel is late\nI want my money back\nthe parcel did not come\n');
    const { out, code } = await run(['cluster', 'new.csv', '--assign', 'c.npy', '-q']);
    expect(code).toBe(0);
    expect(out).toContain('6 clusters of 3 rows');
    const parcels = first.results[0]!.cluster!;
    expect(out.split('\n')[4 + parcels]).toMatch(new RegExp(`^${parcels} +2 .*parcel`));
    // a cluster without rows keeps its name
    expect(out).toMatch(/^\d +0 +– +[a-z]/m);
    expect(again.summary.clusters.map(({ label }) => label)).toEqual(first.summary.clusters.map(({ label }) => label));
  });

  it('knows centroids by the file beside them: names, metric, model', async () => {
    const args = await inEncodedFeedback();
    await run([...args, '-k', '3', '--metric', 'euclidean', '--centroids', 'c.npy']);
    const { summary } = json(await run([...args, '--assign', 'c.npy', '--format', 'json']));
    expect(summary).toMatchObject({ metric: 'euclidean', chosen: 'assigned' });
    expect((await run([...args, '--assign', 'c.npy', '--metric', 'cosine'])).err).toBe(
      'error: Cannot use the centroids of c.npy: they were made with --metric euclidean\nhint: Leave --metric out\n',
    );
    const facts = JSON.parse(readFileSync('c.clusters.json', 'utf8')) as { origin: { hash: string; pooling: string }; clusters: unknown[] };
    writeFileSync('c.clusters.json', JSON.stringify({ ...facts, origin: { ...facts.origin, hash: 'sha256:0', pooling: 'cls' } }));
    const other = await run([...args, '--assign', 'c.npy']);
    expect(other.err).toContain('c.npy and feedback.csv are of different models: pooling cls and mean');
    expect((await run([...args.slice(0, -1), '--assign', 'c.npy', '--force'])).err).toContain(
      'warning: c.npy and feedback.csv are of different models',
    );
    writeFileSync('c.clusters.json', JSON.stringify({ ...facts, clusters: facts.clusters.slice(1) }));
    expect((await run([...args, '--assign', 'c.npy'])).err).toContain('c.clusters.json is from another run');
    writeFileSync('c.clusters.json', '{"format":1');
    expect((await run([...args, '--assign', 'c.npy'])).err).toContain('c.clusters.json is damaged');
    await run([...args, '-k', '4', '--centroids', 'd.npy']);
    writeFileSync('c.clusters.json', readFileSync('d.clusters.json'));
    expect((await run([...args, '--assign', 'c.npy'])).err).toContain('c.clusters.json is from another run');
  });

  it('writes the clusters themselves as a table', async () => {
    const args = await inEncodedFeedback();
    const { err } = await run([...args.slice(0, -1), '-k', '6', '--summary', 's.csv', '--report', 'r.json']);
    expect(err).toContain('wrote s.csv, r.json');
    const { summary } = JSON.parse(readFileSync('r.json', 'utf8')) as Json;
    const rows = parse(readFileSync('s.csv'), { columns: true }) as Record<string, string>[];
    expect(rows).toEqual(
      summary.clusters.map(({ cluster, size, label, cohesion, silhouette, representatives: [nearest] }) =>
        Object.fromEntries(
          Object.entries({ cluster, size, label, cohesion, silhouette, nearest_id: nearest!.id, nearest_text: nearest!.text }).map(
            ([name, value]) => [name, String(value)],
          ),
        ),
      ),
    );
  });

  it('puts the nearest row onto a line of its own where the terminal is narrow', async () => {
    const args = await inEncodedFeedback();
    const out = stripVTControlCharacters((await run([...args, '-k', '6'], { tty: true, columns: 50 })).out);
    expect(out.split('\n').slice(5, 7)).toEqual([expect.stringMatching(/^0 +\d+ +0\.\d+ {2}[a-z, -]+$/), expect.stringMatching(/^ {4}\S/)]);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(50);
  });

  it('finds the same with both engines where there is no doubt', async () => {
    inBlobs();
    const ours = json(await run(['cluster', 'v.npy', '-k', '3', '--metric', 'euclidean', '--format', 'json', '-q']));
    const theirs = json(await run(['cluster', 'v.npy', '-k', '3', '--engine', 'ml-kmeans', '--format', 'json', '-q']));
    expect(valid(theirs), JSON.stringify(valid.errors)).toBe(true);
    expect(theirs.summary).toMatchObject({ engine: 'ml-kmeans', metric: 'euclidean', k: 3 });
    expect(theirs.results.map(({ cluster }) => cluster)).toEqual(ours.results.map(({ cluster }) => cluster));
    expect(theirs.summary.objective).toBeCloseTo(ours.summary.objective, 4);
    expect(ours.results[0]!.distance).toBeGreaterThan(0);
    expect(theirs.summary.outliers).toHaveLength(10);
  });

  it('is the same whenever it is asked the same, and other with another seed', async () => {
    const args = await inEncodedFeedback();
    const ask = async (...more: string[]): Promise<string> =>
      (await run([...args, '-k', '9', '--restarts', '1', '--format', 'json', ...more])).out;
    expect(await ask()).toBe(await ask('--seed', '0'));
    expect(await ask()).toBe(await ask('--threads', '1'));
    expect(await ask()).not.toBe(await ask('--seed', '5'));
  });

  it('leaves blank rows and rows of length zero out, and counts them', async () => {
    inFreshFolder();
    writeMatrix('z.npy', Float32Array.of(1, 0, 0, 0, 0, 1, 0.9, 0.1, 0, 0.8), 2);
    const { err } = await run(['cluster', 'z.npy', '-k', '2', '-o', 'l.npy']);
    expect(err).toContain('1 row of length zero in no cluster');
    expect([...labelsOf('l.npy')].map((label) => label < 0)).toEqual([false, true, false, false, false]);
    const { summary } = json(await run(['cluster', 'z.npy', '-k', '2', '--metric', 'euclidean', '--format', 'json', '-q']));
    expect(summary).toMatchObject({ grouped: 5, zero: 0 });
  });

  it('treats a single cluster, a single row and equal rows as they are', async () => {
    inFreshFolder();
    writeMatrix('one.npy', Float32Array.of(3, 4), 2);
    writeMatrix('equal.npy', new Float32Array(40).fill(1), 2);
    const one = json(await run(['cluster', 'one.npy', '-k', '1', '--format', 'json', '-q']));
    expect(one.summary).toMatchObject({ k: 1, silhouette: null, clusters: [{ size: 1, cohesion: 1 }] });
    expect((await run(['cluster', 'equal.npy', '-k', '1', '-q'])).out).toContain('1 cluster of 20 rows\n');
    expect((await run(['cluster', 'equal.npy'])).err).toBe(
      'error: Cannot choose how many clusters equal.npy has: all rows are the same\nhint: Say -k N\n',
    );
    expect((await run(['cluster', 'one.npy'])).err).toBe(
      'error: Cannot choose how many clusters one.npy has: 1 row is too few to tell\nhint: Say -k N\n',
    );
    expect((await run(['cluster', 'equal.npy', '-k', '2'])).err).toBe(
      'error: Cannot make 2 clusters of equal.npy: all its rows are the same\nhint: Say -k 1\n',
    );
    expect((await run(['cluster', 'one.npy', '-k', '2'])).err).toBe(
      'error: Cannot make 2 clusters of one.npy: it has one row\nhint: Say -k 1\n',
    );
  });

  it('warns of what the model could not read, also where it was encoded before', async () => {
    inFreshFolder();
    writeFileSync('zh.txt', '我的包裹还没有到\n密码错误\n包裹在哪里\n我忘记了密码\n我要退款\n什么时候退款\n');
    const { err, code } = await run(['cluster', 'zh.txt', '-k', '2']);
    expect(code).toBe(0);
    expect(err).toMatch(/^warning: minilm cannot read much of this/m);
    await run(['encode', 'zh.txt', '-q']);
    const again = await run(['cluster', 'zh.npy', '-k', '2', '--report', 'r.json']);
    expect(again.err).toMatch(/^warning: minilm cannot read much of zh\.npy/m);
    // on the screen as well as in files: who reads them has not seen the warning
    expect(again.out).toContain('the model cannot read much of these texts: clusters of such vectors mean little');
    expect((JSON.parse(readFileSync('r.json', 'utf8')) as Json).summary.warning).toMatch(/^minilm cannot read/);
  });

  it.each([
    ['more clusters than different rows', ['cluster', 'v.npy', '-k', '91'], 'Cannot make 91 clusters of v.npy: it has 90 different rows'],
    [
      'more clusters than rows that differ by more than rounding',
      ['cluster', 'scaled.npy', '-k', '4'],
      'Cannot make 4 clusters of scaled.npy: it has 2 different rows',
    ],
    ['a number that is none', ['cluster', 'v.npy', '-k', 'many'], 'Give a whole number from 1, a range such as 2-20, or auto'],
    [
      'a table without header',
      ['cluster', 'bare.tsv'],
      'Its first record looks like data: if there is no header, add --no-header --text-column 1',
    ],
    [
      'a summary of unknown format',
      ['cluster', 'v.npy', '--summary', 's.html'],
      'Cannot write s.html: its suffix does not name a known format',
    ],
    ['a metric that is none', ['cluster', 'v.npy', '--metric', 'dot'], 'Allowed choices are cosine, euclidean'],
    [
      'centroids of other dims',
      ['cluster', 'v.npy', '--assign', 'c2.npy'],
      'Cannot put rows of v.npy into the clusters of c2.npy: their vectors have 5 and 2 dims',
    ],
    ['centroids that are missing', ['cluster', 'v.npy', '--assign', 'no.npy'], 'Cannot read vectors from no.npy: no such file'],
    [
      'centroids with NaN',
      ['cluster', 'v.npy', '--assign', 'nan.npy'],
      'Cannot use the centroids of nan.npy: row 1 contains NaN or infinity',
    ],
    [
      'a centroid without direction',
      ['cluster', 'v.npy', '--assign', 'zero.npy'],
      'Cannot use the centroids of zero.npy: row 0 has length zero',
    ],
    ['-k with --assign', ['cluster', 'v.npy', '--assign', 'c2.npy', '-k', '3'], 'Cannot use --clusters with --assign'],
    [
      'ml-kmeans with cosine',
      ['cluster', 'v.npy', '--engine', 'ml-kmeans', '--metric', 'cosine'],
      'Cannot use --metric cosine with --engine ml-kmeans',
    ],
    ['a negative tolerance', ['cluster', 'v.npy', '--tolerance', '-1'], 'Cannot use --tolerance -1'],
    [
      'an output of unknown format',
      ['cluster', 'v.npy', '-k', '2', '-o', 'x.xlsx'],
      'Cannot write x.xlsx: its suffix does not name a known format',
    ],
    ['centroids that are no .npy', ['cluster', 'v.npy', '--centroids', 'x.csv'], 'Cannot write x.csv: centroids are vectors'],
    ['its own input as output', ['cluster', 'v.npy', '-o', 'v.npy', '--overwrite'], 'Cannot write v.npy: the command reads this file'],
    ['two outputs of one name', ['cluster', 'v.npy', '-o', 'x.npy', '--centroids', 'x.npy'], 'Cannot write x.npy twice'],
    ['a file that exists', ['cluster', 'v.npy', '-o', 'there.csv'], 'Cannot write there.csv: a file of that name exists'],
    ['rows with NaN', ['cluster', 'nan.npy', '-k', '2'], 'row 1 contains NaN or infinity'],
    [
      'rows that all have no direction',
      ['cluster', 'zeros.npy', '-k', '2'],
      'Cannot group the rows of zeros.npy: all vectors are of length zero',
    ],
    ['texts where there are some', ['cluster', 'there.csv', '--texts', 'there.csv'], 'Cannot take texts from there.csv'],
    ['columns of vectors', ['cluster', 'v.npy', '--text-column', 'x'], 'Cannot use --text-column with v.npy'],
    ['an option of scikit-learn', ['cluster', 'v.npy', '--n-clusters', '4'], 'In embed it is called --clusters'],
    ['no input', ['cluster'], 'Usage: embed cluster'],
  ])('refuses %s', async (_, args, message) => {
    inBlobs();
    writeMatrix('c2.npy', Float32Array.of(1, 0, 0, 1), 2);
    writeMatrix('nan.npy', Float32Array.of(1, 0, 0, 1, 0, NaN, 0, 0, 0, 0), 5);
    writeMatrix('zero.npy', new Float32Array(5), 5);
    writeMatrix('zeros.npy', new Float32Array(50), 5);
    writeFileSync('there.csv', 'text\na\nb\n');
    writeMatrix(
      'scaled.npy',
      Float32Array.from({ length: 40 }, (_, at) => (at % 4 < 2 ? [1, 3] : [3, 1])[at % 2]! * (1 + Math.floor(at / 2) / 7)),
      2,
    );
    writeFileSync('bare.tsv', 'How do I get there?\tWhere is it?\t1\nWho is it?\tWho was it?\t0\n');
    const before = readdirSync('.');
    const { code, err, out } = await run(args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(out).toBe('');
    if (args.length > 1) expect(err).toMatch(/^error: .*\n(hint: .+\n)?$|^error: .*\nhint: .+\n$/);
    expect(readdirSync('.')).toEqual(before);
  });

  it('stops between two blocks of rows, and leaves nothing behind', async () => {
    inFreshFolder();
    const { matrix } = blobs({ rows: 6000, cols: 32, centres: 200, spread: 1, seed: 1 });
    writeMatrix('v.npy', matrix.data, 32);
    // a whole run asks far more often
    let asked = 0;
    const signal = signalWhen(() => ++asked === 50);
    const { code, out } = await run(['cluster', 'v.npy', '-k', '1000', '-o', 'x.csv', '-q'], { signal });
    expect({ code, out }).toEqual({ code: 130, out: '' });
    expect(existsSync('x.csv')).toBe(false);
    expect(readdirSync('.')).toEqual(['v.npy']);
  });
});
