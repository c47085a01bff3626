import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bash, EMBED, start } from './children.ts';
import { inFreshFolder, projectFolder } from './run.ts';

/** The scripts in examples/ do what they promise, with the program and the library as built. */
const inFolderWith = (...fixtures: string[]): void => {
  inFreshFolder();
  for (const name of fixtures) copyFileSync(join(projectFolder, 'fixtures', name), name);
};

/** Runs a script of bash, for which `embed` is the program as built. */
const example = (name: string, args: string): ReturnType<typeof bash> =>
  bash(`embed() { ${EMBED} "$@"; }; export -f embed; bash '${join(projectFolder, 'examples', name)}' ${args}`);

const onWindows = process.platform === 'win32';

describe.skipIf(onWindows)('examples/leak-check.sh', () => {
  it('ends with 1 and names the rows where test data repeats training data, else with 0', async () => {
    inFolderWith('recipes.txt');
    writeFileSync('clean.txt', 'The train to the coast leaves at noon.\n');
    writeFileSync(
      'leaky.txt',
      'The train to the coast leaves at noon.\nToast the dry rice in butter for two minutes before adding the stock.\n',
    );
    expect(await example('leak-check.sh', 'recipes.txt clean.txt --model multilingual -q')).toMatchObject({
      code: 0,
      err: 'no leak: no row of clean.txt repeats a row of recipes.txt\n',
    });
    expect((await example('leak-check.sh', 'recipes.txt leaky.txt --model multilingual -q')).code).toBe(1);
    const [, , leak] = readFileSync('leaks.csv', 'utf8').split('\n');
    expect(leak).toContain('leaky.txt:2,dropped');
    expect(leak).toContain('recipes.txt:3');
  });

  it('ends with 2 for wrong usage and for a file that is not there', async () => {
    inFolderWith();
    expect((await example('leak-check.sh', 'only-one.txt')).code).toBe(2);
    expect((await example('leak-check.sh', 'no.txt none.txt')).code).toBe(2);
  });
});

describe.skipIf(onWindows)('examples/theme-report.sh', () => {
  it('prints a line per theme and leaves the table with its themes', async () => {
    inFolderWith('feedback.csv');
    const { code, out } = await example('theme-report.sh', 'feedback.csv message -k 4 --model multilingual -q');
    expect(code).toBe(0);
    const [head, rule, ...lines] = out.trimEnd().split('\n');
    expect([head, rule]).toEqual(['| rows | theme | typical row |', '|---:|---|---|']);
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line).toMatch(/^\| \d+ \| [^|]+ \| [^|]+ \|$/);
    expect(readFileSync('themed.csv', 'utf8')).toMatch(/^id,shop,message,cluster,label,cosine\n/);
  });
});

const library = join(projectFolder, 'dist/index.js');
const { search }: { search?: unknown } = existsSync(library) ? await import(pathToFileURL(library).href) : {};
if (search === undefined) console.warn('skipped: examples/retrieval-index.mjs, as dist/index.js exports no search; npm run build makes it');

describe.skipIf(search === undefined)('examples/retrieval-index.mjs', () => {
  it('encodes once, and gives the passages for a question', async () => {
    inFolderWith('recipes.txt');
    const ask = (...words: string[]): ReturnType<typeof bash> =>
      start(process.execPath, [join(projectFolder, 'examples/retrieval-index.mjs'), ...words]).ended;
    const first = await ask('recipes.txt', 'how', 'do', 'I', 'cook', 'rice');
    expect(first.code).toBe(0);
    const { question, passages } = JSON.parse(first.out) as { question: string; passages: { id: string; text: string }[] };
    expect(question).toBe('how do I cook rice');
    expect(passages).toHaveLength(3);
    expect(passages[0]!.text).toContain('rice');
    expect(existsSync('recipes.txt.npy')).toBe(true);
    expect((await ask('recipes.txt', 'how do I cook rice')).out).toBe(first.out);
    expect((await ask('none.txt', 'rice')).code).toBe(2);
  });
});
