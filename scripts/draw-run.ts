import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Draws docs/run.svg, the picture in the README, from a real run. Usage: npm run draw */
const folder = mkdtempSync(join(tmpdir(), 'embed-'));
copyFileSync('fixtures/recipes.txt', join(folder, 'recipes.txt'));
const shell = (command: string): string[] => {
  const { stdout, stderr } = spawnSync('bash', ['-c', command], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, BIN: resolve('bin/embed.js') },
  });
  return [`$ ${command.replaceAll('node "$BIN"', 'embed')}`, ...`${stderr}${stdout}`.trimEnd().split('\n'), ''];
};
const lines = [
  'wc -l recipes.txt',
  'node "$BIN" search recipes.txt how do I cook rice -n 3',
  'node "$BIN" encode recipes.txt',
  'node "$BIN" search recipes.npy --like recipes.txt:5 -n 2',
].flatMap(shell);
rmSync(folder, { recursive: true });

const WIDTH = 118;
const wrapped = lines.flatMap((line) => line.match(new RegExp(`.{1,${WIDTH}}`, 'gu')) ?? ['']);
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const text = wrapped.map(
  (line, i) =>
    `<text x="20" y="${54 + i * 20}" xml:space="preserve" class="${line.startsWith('$ ') ? 'typed' : 'said'}">${escape(line)}</text>`,
);
const height = 54 + wrapped.length * 20;
writeFileSync(
  'docs/run.svg',
  `<svg xmlns="http://www.w3.org/2000/svg" width="1010" height="${height}" role="img" aria-label="embed searches and encodes a corpus">
<style>text{font:13.5px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}.typed{fill:#f2f2f2;font-weight:600}.said{fill:#a9b4c2}</style>
<rect width="1010" height="${height}" rx="8" fill="#161b22"/>
<circle cx="22" cy="20" r="6" fill="#ff5f57"/><circle cx="42" cy="20" r="6" fill="#febc2e"/><circle cx="62" cy="20" r="6" fill="#28c840"/>
${text.join('\n')}
</svg>
`,
);
