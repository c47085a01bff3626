import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addCluster } from '../src/commands/cluster/options.ts';
import { addDedup } from '../src/commands/dedup/options.ts';
import { addDistill } from '../src/commands/distill/options.ts';
import { addEncode } from '../src/commands/encode/options.ts';
import { addModels } from '../src/commands/models/options.ts';
import { addSearch } from '../src/commands/search/options.ts';
import { addSets } from '../src/commands/sets/options.ts';
import type { Io } from '../src/io.ts';
import { start } from './children.ts';
import { inFreshFolder, projectFolder, run } from './run.ts';

/** The documents say what the program does. UPDATE_DOCS=1 writes the program's words into them. */
const pathOf = (document: string): string => join(projectFolder, document);
const textOf = (document: string): string => readFileSync(pathOf(document), 'utf8');

const DOCUMENTS: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(pathOf('docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file.replaceAll('\\', '/')}`)
    .toSorted(),
];

/** The last line of a block that shows only the beginning of what is printed. */
const CUT = '…';

describe('what documents show', () => {
  it.each(DOCUMENTS.filter((document) => textOf(document).includes('```console\n')))(
    'in %s is what the program prints',
    async (document) => {
      const text = textOf(document);
      inFreshFolder();
      for (const file of ['recipes.txt', 'tickets.csv', 'feedback.csv']) copyFileSync(pathOf(`fixtures/${file}`), file);
      let updated = text;
      for (const [block, body] of text.matchAll(/```console\n([\s\S]*?)```/g)) {
        let printed = '';
        for (const line of body!.split('\n').filter((candidate) => candidate.startsWith('$ embed '))) {
          const { out, err } = await run(line.slice('$ embed '.length).split(' '));
          printed += `${line}\n${err}${out.trimEnd()}${out ? '\n' : ''}`;
        }
        updated = updated.replace(block, () => `\`\`\`console\n${timeless(shownOf(body!, printed))}\`\`\``);
      }
      if (process.env['UPDATE_DOCS']) writeFileSync(pathOf(document), updated);
      else expect(timeless(text)).toBe(updated);
    },
  );

  it.each(DOCUMENTS)('in %s is typed with options that exist', (document) => {
    const refused = commandsIn(textOf(document)).flatMap((line) => {
      const reason = refusalOf(line);
      return reason === undefined ? [] : [`${line}: ${reason}`];
    });
    expect(refused).toEqual([]);
  });

  it.each(DOCUMENTS)('in %s is linked to what is there', (document) => {
    for (const [, target, anchor] of textOf(document).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)) {
      const file = target ? join(dirname(document), target) : document;
      expect(existsSync(pathOf(file)), `${document} → ${target}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(textOf(file)), `${document} → ${target}#${anchor}`).toContain(anchor);
    }
  });
});

describe('README', () => {
  it('names the two commands that install, run and test', () => {
    const text = textOf('README.md');
    expect(text).toContain('npm install && npx embed search fixtures/recipes.txt how do I cook rice\n');
    expect(text).toContain('npm install && npm test\n');
    expect(textOf('.ci/run')).toContain('\nnpm install && npm test\n');
  });

  it('shows lines of the library that run', async () => {
    inFreshFolder();
    copyFileSync(pathOf('fixtures/tickets.csv'), 'tickets.csv');
    const [, lines] = /```ts\n([\s\S]*?)```/.exec(textOf('README.md'))!;
    const built = pathToFileURL(pathOf('dist/index.js')).href;
    writeFileSync(
      'lines.mjs',
      `${lines!.replace("'corpus-embed'", `'${built}'`)}console.log(Object.keys({ ...hits, ...themes, ...copies }));`,
    );
    expect(await start(process.execPath, ['lines.mjs']).ended).toMatchObject({ code: 0, err: '' });
    expect(existsSync('tickets.npy')).toBe(true);
  });

  it('is read in a few minutes', () => {
    const text = textOf('README.md');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
    for (const [, body] of text.matchAll(/```console\n([\s\S]*?)```/g)) {
      expect(body!.trimEnd().split('\n').length).toBeLessThanOrEqual(12);
    }
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
    const text = textOf('docs/architecture.md');
    const named: string[] = [];
    let room = '';
    for (const line of text.split('\n')) {
      room = /^### (.*)$/.exec(line)?.[1] ?? room;
      const file = /^- `(\S+\.ts)`: /.exec(line)?.[1];
      if (file && room.startsWith('src/')) named.push(room + file);
    }
    const real = readdirSync(pathOf('src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `src/${file}`);
    expect(named.toSorted()).toEqual(real.toSorted());
  });
});

/** What a block shows of what is printed: all of it, or as many lines as before where it ends in CUT. */
function shownOf(body: string, printed: string): string {
  const lines = body.trimEnd().split('\n');
  if (lines.at(-1) !== CUT) return printed;
  const shown = printed.split('\n').slice(0, lines.length - 1);
  return `${shown.join('\n')}\n${CUT}\n`;
}

/** Seconds and rates differ from run to run. */
function timeless(text: string): string {
  return text.replace(/in [\d.]+ s( \([\d,]+ rows\/s\))?/g, 'in 0.2 s');
}

/** Commands of embed in blocks of shell and in code between words; of a pipe, the part that is embed's. */
function commandsIn(text: string): string[] {
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, body]) => body!.replaceAll('\\\n', ' ').split('\n'));
  const inline = [...text.replace(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!.replaceAll('\\|', '|'));
  return [...blocks, ...inline]
    .flatMap((line) => line.replace(/\s#\s.*$/, '').split(/\s(?:\||&&)\s/))
    .map((line) => line.trim().replace(/^npx /, ''))
    .filter((line) => line.startsWith('embed '));
}

/** Why the program would not take these words; undefined where it would. Nothing is run. */
function refusalOf(line: string): string | undefined {
  const [, name = '', ...words] = (line.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^(['"])(.*)\1$/, '$2'));
  const program = declared();
  // an option of the program, or a word that stands for a command
  if (!/^[a-z]/.test(name)) return undefined;
  // not declared with commander: it is answered before
  if (name === 'completion') return /^(bash|zsh|fish|powershell)(\||$)/.test(words[0] ?? '') ? undefined : 'no shell';
  const command = program.commands.find((one) => one.name() === name);
  if (command === undefined) return 'there is no such command';
  const sub = command.commands.find((one) => one.name() === words[0]);
  try {
    const { unknown } = (sub ?? command).parseOptions(sub ? words.slice(1) : words);
    const [option] = unknown.filter((word) => word !== '-h' && word !== '--help');
    return option === undefined || option === '--' ? undefined : `there is no option ${option}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The program's commands with their options. */
function declared(): Command {
  const program = new Command('embed');
  const context = { io: process as unknown as Io, full: true, exit: () => {} };
  for (const add of [addEncode, addSearch, addCluster, addDedup, addDistill, addModels, addSets]) add(program, context);
  return program;
}

/** What links call the headings of a document, as GitHub does. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
