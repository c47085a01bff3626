import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { bash, EMBED } from './children.ts';
import { inFreshFolder, projectFolder } from './run.ts';

/** What docs/ci.md tells people to paste does what it promises there: its shell blocks, the scripts in its YAML, and its Makefile. */
const text = readFileSync(join(projectFolder, 'docs/ci.md'), 'utf8');
const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { version: string };

type Block = { body: string; code: number };

/** Blocks of a language, each with the exit code that a comment before it names. */
const blocksOf = (language: string): Block[] =>
  [...text.matchAll(new RegExp(`(?:<!-- exits with (\\d+) -->\\n)?\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, code = '0', body]) => ({ body: body!, code: Number(code) }),
  );

const [github, gitlab, ownHook, ourHook] = blocksOf('yaml').map(({ body }) => parse(body) as unknown) as [GitHub, GitLab, Hooks, Hooks];

type Step = { name?: string; run?: string; if?: string };
type GitHub = { jobs: { duplicates: { env: Record<string, string>; steps: Step[] } } };
type GitLab = { duplicates: { variables: Record<string, string>; script: string[] } };
type Hooks = { repos: { hooks: { id: string; entry?: string; args: string[] }[] }[] };

const FILES: Readonly<Record<string, string>> = {
  'tickets.csv': `id,body
1,The kettle leaks at the lid.
2,My parcel went to the wrong street.
3,"The kettle leaks
at the handle, and drips on the table."
4,Where do I find the invoice of last month?
5,My parcel went to the wrong street.
6,The blue scarf lost its colour in the wash.
`,
  'new.csv': `id,body
7,Can I pay with a voucher?
8,The lamp flickers when the fridge starts.
`,
  'train.csv': `text,label
The soup was cold and the waiter rude.,bad
We loved the garden behind the house.,good
We loved the garden behind the house!,good
`,
  'test.csv': `text,label
The bed was too short for me.,bad
`,
  'faq.csv': `question,may_repeat
How long does delivery take?,
How long does delivery take?,yes
`,
};

const NEW_ROW = '7,Where do I find the invoice of last month?\n';
const addRow = (): void => appendFileSync('data/tickets.csv', NEW_ROW);

let env: NodeJS.ProcessEnv;

/** A repository with data and a remote, `embed` on the path, and an npm that only looks at what it is asked for. */
beforeEach(() => {
  const folder = inFreshFolder();
  mkdirSync('bin');
  const program = (name: string, script: string): void => {
    writeFileSync(`bin/${name}`, `#!/bin/sh\n${script}\n`);
    chmodSync(`bin/${name}`, 0o755);
  };
  program('embed', `exec ${EMBED} "$@"`);
  program('npm', `test "$*" = 'install --global corpus-embed@${version}' || { echo "npm $*" >&2; exit 9; }`);
  const { EMBED_CACHE: _, ...others } = process.env;
  env = {
    ...others,
    PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}`,
    GIT_CONFIG_GLOBAL: join(folder, 'gitconfig'),
    GIT_CONFIG_NOSYSTEM: '1',
  };
  writeFileSync('gitconfig', '[user]\n\tname = Ann\n\temail = ann@example.org\n[init]\n\tdefaultBranch = main\n');
  mkdirSync('work/data', { recursive: true });
  process.chdir('work');
  for (const [name, content] of Object.entries(FILES)) writeFileSync(`data/${name}`, content);
  git('init', '--quiet');
  git('init', '--quiet', '--bare', '../origin');
  git('remote', 'add', 'origin', '../origin');
  git('add', '.');
  git('commit', '--quiet', '--message', 'Add data');
  git('push', '--quiet', 'origin', 'main');
});

function git(...args: string[]): void {
  execFileSync('git', args, { env, stdio: 'pipe' });
}

const sh = (script: string, more: NodeJS.ProcessEnv = {}): ReturnType<typeof bash> =>
  bash(`set -eo pipefail\n${script}`, { env: { ...env, ...more } });

/** The last command that has `words`: what steps 1 and 2 of the page do. */
const accept = async (): Promise<void> => {
  const [, { body }] = blocksOf('sh') as [Block, Block];
  expect(body).toContain('--update-baseline');
  expect(await sh(body)).toMatchObject({ code: 0 });
};

type Run = { code: number | null; out: string; err: string };

/** Runs the scripts of a workflow, of which later ones run after a failure only if they say so. Conditions on files are honoured. */
async function runWorkflow(): Promise<Run & { summary: string }> {
  const { env: variables, steps } = github.jobs.duplicates;
  const all: Run = { code: 0, out: '', err: '' };
  writeFileSync('../summary', '');
  for (const { run, if: condition } of steps) {
    const file = /hashFiles\('([\w.]+)'\)/.exec(condition ?? '')?.[1];
    if (run === undefined || (all.code !== 0 && !condition?.includes('!cancelled()')) || (file !== undefined && !existsSync(file)))
      continue;
    const { code, out, err } = await sh(run, { ...variables, GITHUB_STEP_SUMMARY: join(process.cwd(), '../summary') });
    Object.assign(all, { code: all.code === 0 ? code : all.code, out: all.out + out, err: all.err + err });
  }
  return { ...all, summary: readFileSync('../summary', 'utf8') };
}

describe.skipIf(process.platform === 'win32')('docs/ci.md', () => {
  it('has shell blocks that run one after another, with the exit codes that it names', async () => {
    for (const { body, code } of blocksOf('sh')) {
      const ended = await sh(body);
      expect(ended.code, `${body}${ended.out}${ended.err}`).toBe(code);
    }
  });

  it('has a workflow that passes with a baseline, and finds a new duplicate', async () => {
    const unready = await runWorkflow();
    expect(unready.code).toBe(2);
    expect(unready.err).toMatch(/^hint: .*--update-baseline/m);
    await accept();
    const clean = await runWorkflow();
    expect(clean).toMatchObject({ code: 0 });
    expect(clean.out).toContain('1 accepted');
    expect(clean.summary).toContain('passed');
    execFileSync('git', ['clean', '--quiet', '--force'], { env });
    addRow();
    const dirty = await runWorkflow();
    expect(dirty.code).toBe(1);
    // the record of ticket 3 has two lines
    expect(dirty.out).toMatch(/^::error file=data\/tickets\.csv,line=9,title=Exact copy::.*data\/tickets\.csv:6/m);
    expect(dirty.out.match(/^::(error|warning)/gm)).toHaveLength(1);
    expect(dirty.summary).toContain('failed');
    expect(dirty.err).toMatch(/^ {2}7 of 7 vectors from the cache \.embed-cache; 0 encoded$/m);
    expect(readFileSync('duplicates.sarif', 'utf8')).toContain('data/tickets.csv');
    await accept();
    execFileSync('git', ['clean', '--quiet', '--force'], { env });
    expect((await runWorkflow()).code).toBe(0);
  });

  it('has a job for GitLab with reports that it reads', async () => {
    await accept();
    addRow();
    const { variables, script } = gitlab.duplicates;
    const { code, err } = await sh(script.join('\n'), {
      EMBED_CACHE: variables['EMBED_CACHE']!.replace('$CI_PROJECT_DIR', process.cwd()),
    });
    expect({ code, err: code === 1 ? '' : err }).toEqual({ code: 1, err: '' });
    expect(readFileSync('duplicates.xml', 'utf8')).toContain('data/tickets.csv:9');
    const [finding, ...more] = JSON.parse(readFileSync('gl-code-quality.json', 'utf8')) as { location: unknown }[];
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ location: { path: 'data/tickets.csv', lines: { begin: 9 } } });
  });

  it('has hooks that exist, with options that hold', async () => {
    const [{ hooks: own }] = ownHook.repos as [Hooks['repos'][number]];
    await accept();
    const command = [own[0]!.entry, ...own[0]!.args].join(' ');
    expect(await sh(command)).toMatchObject({ code: 0, err: '' });
    addRow();
    expect(await sh(command)).toMatchObject({ code: 1, err: '' });
    const offered = parse(readFileSync(join(projectFolder, '.pre-commit-hooks.yaml'), 'utf8')) as { id: string; entry: string }[];
    for (const { entry } of offered) expect(existsSync(join(projectFolder, entry.split(' ')[0]!))).toBe(true);
    for (const { hooks } of ourHook.repos) for (const { id } of hooks) expect(offered.map((hook) => hook.id)).toContain(id);
  });

  it('has a line for make that can be run again', async () => {
    const [{ body }] = blocksOf('make') as [Block];
    await accept();
    const [, recipe] = /^duplicates:\n\t(.*)$/m.exec(body)!;
    for (let round = 0; round < 2; round++) expect(await sh(recipe!)).toMatchObject({ code: 0 });
    addRow();
    expect((await sh(recipe!)).code).toBe(1);
    expect(readFileSync('duplicates.html', 'utf8')).toContain('data/tickets.csv:9');
  });

  it('names the version that it is of, and no option that does not exist', () => {
    const versions = [...text.matchAll(/(?:corpus-embed@|embed-|rev: v)(\d+\.\d+\.\d+)/g)].map(([, one]) => one);
    expect(new Set(versions)).toEqual(new Set([version]));
  });

  it('finds what a pull request adds, by the lines of the changed file', async () => {
    const script = blocksOf('sh').find(({ body }) => body.includes('FETCH_HEAD'))!.body;
    addRow();
    appendFileSync('data/tickets.csv', '8,A row of its own about a broken zip.\n');
    const { code, out } = await sh(script, { GITHUB_BASE_REF: 'main' });
    expect(code).toBe(1);
    expect(out).toMatch(/^ {2}exact +data\/tickets\.csv:9 /m);
    expect(out).toMatch(/^1 of 8 rows repeats another/m);
  });
});
