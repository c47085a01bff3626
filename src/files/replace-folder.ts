import { existsSync, mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isFolder, removeAtExit } from './disk.ts';

/** Lets `fill` write into a temporary folder, then replaces `folder` by it. If `fill` throws, `folder` stays as it was. */
export function replaceFolder(folder: string, fill: (part: string) => void): void {
  const target = isFolder(folder) ? realpathSync(folder) : folder;
  const part = join(dirname(target), `.${basename(target)}.${process.pid}.part`);
  const forget = removeAtExit(part);
  try {
    rmSync(part, { recursive: true, force: true });
    mkdirSync(part);
    fill(part);
    const before = `${part}.before`;
    if (existsSync(target)) renameSync(target, before);
    renameSync(part, target);
    rmSync(before, { recursive: true, force: true });
  } finally {
    rmSync(part, { recursive: true, force: true });
    forget();
  }
}
