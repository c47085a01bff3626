import { existsSync } from 'node:fs';

/**
 * The compiled file of a worker thread. Tests run the TypeScript sources, but a thread needs JavaScript.
 *
 * @param path the worker's source file, relative to src and without its suffix: "model/static/worker"
 */
export function workerFile(path: string): URL {
  const root = import.meta.url.endsWith('.ts') ? '../../dist' : '..';
  const file = new URL(`${root}/${path}.js`, import.meta.url);
  // a thread whose file is missing would keep its caller waiting
  if (!existsSync(file)) throw new Error(`There is no ${file.pathname}: run npm run build first`);
  return file;
}
