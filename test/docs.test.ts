import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inFreshFolder, projectFolder, run } from './run.ts';

/** The documents say what the program does. UPDATE_DOCS=1 writes the program's words into them. */
const readme = join(projectFolder, 'README.md');

describe('README', () => {
  it('shows what the program prints', async () => {
    const text = readFileSync(readme, 'utf8');
    inFreshFolder();
    for (const file of ['recipes.txt', 'tickets.csv', 'feedback.csv']) copyFileSync(join(projectFolder, 'fixtures', file), file);
    let updated = text;
    for (const [block, body] of text.matchAll(/```console\n([\s\S]*?)```/g)) {
      let printed = '';
      for (const line of body!.split('\n').filter((candidate) => candidate.startsWith('$ embed '))) {
        const { out, err } = await run(line.slice('$ embed '.length).split(' '));
        printed += `${line}\n${err}${out.trimEnd()}${out ? '\n' : ''}`;
      }
      updated = updated.replace(block, () => `\`\`\`console\n${timeless(printed)}\`\`\``);
    }
    if (process.env['UPDATE_DOCS']) writeFileSync(readme, updated);
    else expect(timeless(text)).toBe(updated);
  });

  it('names the two commands that install, run and test', () => {
    const text = readFileSync(readme, 'utf8');
    expect(text).toContain('npm install && npx embed search fixtures/recipes.txt how do I cook rice\n');
    expect(text).toContain('npm install && npm test\n');
    expect(readFileSync(join(projectFolder, '.ci/run'), 'utf8')).toContain('\nnpm install && npm test\n');
  });
});

describe('help', () => {
  it.each(['encode', 'search', 'cluster', 'dedup', 'distill'])('of %s is short with -h and whole with --help', async (command) => {
    const short = await run([command, '-h']);
    const whole = await run([command, '--help']);
    expect(short.out.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
    expect(short.out.match(/^ {2}(embed|zcat) /gm)).toHaveLength(3);
    expect(short.out).not.toContain('--pooling');
    for (const group of ['Input:', 'Model:', 'Output:', 'Advanced:', 'Exit codes:']) expect(whole.out).toContain(`\n${group}\n`);
    expect(await run(['help', command])).toEqual(short);
    for (const line of `${short.out}${whole.out}`.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});

describe('docs/architecture.md', () => {
  it('has a line for every source file and none for others', () => {
    const text = readFileSync(join(projectFolder, 'docs/architecture.md'), 'utf8');
    const named: string[] = [];
    let room = '';
    for (const line of text.split('\n')) {
      room = /^### (.*)$/.exec(line)?.[1] ?? room;
      const file = /^- `(\S+\.ts)`: /.exec(line)?.[1];
      if (file && room.startsWith('src/')) named.push(room + file);
    }
    const real = readdirSync(join(projectFolder, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `src/${file}`);
    expect(named.toSorted()).toEqual(real.toSorted());
  });
});

describe('links in documents', () => {
  it.each([
    'README.md',
    'CONTRIBUTING.md',
    'docs/architecture.md',
    'docs/sets.md',
    'docs/dedup.md',
    'docs/cluster.md',
    'docs/models.md',
    'docs/adr/011-models-by-name.md',
    'docs/adr/012-tokenizer.md',
    'docs/adr/005-kernels-propose.md',
    'docs/adr/007-duplicates.md',
    'docs/adr/008-clusters.md',
    'docs/adr/009-graphs-from-weights.md',
  ])('of %s lead somewhere', (file) => {
    for (const [, target] of readFileSync(join(projectFolder, file), 'utf8').matchAll(/\]\((?!http)([^)#]+)\)/g)) {
      expect(existsSync(join(projectFolder, file, '..', target!)), target).toBe(true);
    }
  });
});

/** Seconds and rates differ from run to run. */
function timeless(text: string): string {
  return text.replace(/in [\d.]+ s( \([\d,]+ rows\/s\))?/g, 'in 0.2 s');
}
