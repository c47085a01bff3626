import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DOORS, LAYERS } from '../house.js';
import { projectFolder } from './run.ts';

/** The house holds: imports point downward, nothing goes in a circle, each package has one door. Types count. */
const src = join(projectFolder, 'src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const rooms = LAYERS.flat();
const roomOf = (file: string): string => rooms.find((room) => file.startsWith(room)) ?? '(none)';
const levelOf = (file: string): number => LAYERS.findIndex((layer) => layer.includes(roomOf(file)));

/** What each file imports: files of src by their path, packages by their name; static, dynamic and type-only. */
const imports = new Map(
  files.map((file) => {
    const text = readFileSync(join(src, file), 'utf8');
    const names = [
      ...text.matchAll(/(?:^(?:import|export|\}) [^;']*?from |^import |\bimport\(|createRequire\(import\.meta\.url\)\()'([^']+)'/gm),
    ].map(([, name]) => name!);
    return [file, names.map((name) => (name.startsWith('.') ? relative(src, join(src, dirname(file), name)) : name))];
  }),
);

describe('rooms', () => {
  it('hold every file', () => {
    expect(files.filter((file) => roomOf(file) === '(none)')).toEqual([]);
  });

  it('import from themselves and from rooms below them', () => {
    const wrong = [...imports].flatMap(([file, names]) =>
      names
        .filter((name) => files.includes(name) && roomOf(name) !== roomOf(file) && levelOf(name) <= levelOf(file))
        .map((name) => `${file} → ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('of commands know nothing of each other', () => {
    const command = (file: string): string | undefined => /^commands\/(\w+)\//.exec(file)?.[1];
    const wrong = [...imports].flatMap(([file, names]) =>
      names
        .filter(
          (name) =>
            command(name) !== undefined && name.startsWith('commands/') && file.startsWith('commands/') && command(name) !== command(file),
        )
        .map((name) => `${file} → ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('have no circle of files, types counted', () => {
    const circles: string[] = [];
    const state = new Map<string, 'open' | 'done'>();
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'open') circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (state.has(file)) return;
      state.set(file, 'open');
      for (const name of imports.get(file) ?? []) if (files.includes(name)) visit(name, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });
});

describe('packages', () => {
  it('have one door each, and only packages that package.json names are imported', () => {
    const doors = new Map(Object.entries(DOORS).map(([name, door]) => [name, [door].flat()]));
    const wrong = [...imports].flatMap(([file, names]) =>
      names
        .filter((name) => !name.startsWith('node:') && !files.includes(name))
        .filter((name) => !doors.get(name)?.some((door) => file.startsWith(door)))
        .map((name) => `${file} → ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('of the product are all in the tarball, which installs without a network', () => {
    const { dependencies, bundleDependencies } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
      bundleDependencies: string[];
    };
    expect(bundleDependencies.toSorted()).toEqual(Object.keys(dependencies).toSorted());
  });
});
