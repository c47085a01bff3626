import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Where a build server has put the repository: GitHub Actions, GitLab CI. */
const CHECKOUTS = ['GITHUB_WORKSPACE', 'CI_PROJECT_DIR'];

/** The top folder of the repository: as a build server names it, else the first with a `.git` from `folder` up, else `folder` itself. */
export function repositoryRoot(folder: string, environment: Readonly<Record<string, string | undefined>>): string {
  const checkout = CHECKOUTS.map((name) => environment[name] ?? '').find((path) => path !== '' && existsSync(path));
  if (checkout !== undefined) return realPath(checkout);
  const start = realPath(folder);
  // in a work tree, .git is a file
  for (let at = start; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return start;
  }
}

/** The absolute path of a file without links, as far as it exists. */
export function realPath(path: string): string {
  const absolute = resolve(path);
  return existsSync(absolute) ? realpathSync(absolute) : absolute;
}
