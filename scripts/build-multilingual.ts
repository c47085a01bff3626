import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeFloor } from './measure-floor.ts';
import { measureDuplicates, writeFacts } from './measure.ts';

/**
 * Builds models/multilingual: `embed encode` and `embed distill` on published texts, with the packaged minilm as the teacher, then what is
 * measured beside. Usage: npm run build:multilingual -- [SHARED [WORK]]; SHARED holds data/ (default ../shared), WORK takes the teacher's
 * vectors, 1 GB (default build/multilingual): a second run finds them there.
 */
const shared = resolve(process.argv[2] ?? '../shared');
const work = resolve(process.argv[3] ?? 'build/multilingual');
const product = resolve('models/multilingual');
const embed = resolve('bin/embed.js');
const LANGUAGES = ['ru', 'ja', 'zh', 'de', 'fr', 'es', 'uk', 'ko', 'it', 'pt', 'nl', 'pl'];
const EVALUATED = ['en', 'ru', 'ja', 'zh', 'de', 'fr'];

/** Each command as a user would type it, in WORK. */
const wordnet = '--no-header --text-column 1 --text-column 2 --text-column 3 --columns none';
const titles = '--no-header --text-column 1 --columns none';
const pairs = LANGUAGES.map((language) => `--pairs parallel-en-${language}.tsv.gz`).join(' ');
const evals = EVALUATED.map((language) => `--eval stsb-${language}-dev.csv`).join(' ');
const commands = [
  'encode en-sentences.txt.gz -o sentences.npy',
  `encode en-wordnet.tsv.gz ${wordnet} -o wordnet.npy`,
  `encode en-papers.tsv.gz ${titles} -o titles.npy`,
  `distill sentences.npy wordnet.npy titles.npy ${pairs} --vocab 80000 --precision int8 ${evals} -o multilingual`,
];

mkdirSync(work, { recursive: true });
const inputs = [
  ...['en-sentences.txt.gz', 'en-wordnet.tsv.gz', 'en-papers.tsv.gz', ...LANGUAGES.map((language) => `parallel-en-${language}.tsv.gz`)].map(
    (file) => join(shared, 'data/train', file),
  ),
  ...EVALUATED.map((language) => join(shared, `data/sts/stsb-${language}-dev.csv`)),
];
for (const path of inputs) {
  const link = join(work, path.slice(path.lastIndexOf('/') + 1));
  if (!existsSync(link)) symlinkSync(path, link);
}
for (const command of commands) {
  process.stdout.write(`embed ${command}\n`);
  const { status } = spawnSync(process.execPath, [embed, ...command.split(' ')], { cwd: work, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

const fitted = join(work, 'multilingual');
cpSync(fitted, product, { recursive: true });
// a sum of words cannot tell such pairs apart as a transformer can: .9 is reached at .99 alone, where next to nothing is found
const duplicates = await measureDuplicates(product, join(shared, 'data/dup/qqp-dev.tsv'), 0.85);
const build = JSON.parse(readFileSync(join(fitted, 'build.json'), 'utf8')) as object;
writeFileSync(join(product, 'build.json'), `${JSON.stringify({ ...build, duplicates }, undefined, 2)}\n`);
writeFacts(product, { languages: ['en', ...LANGUAGES] });
await writeFloor(product, join(shared, 'data'));
const recipe = commands.map((command) => `embed ${command}`.replaceAll(/ (?=--pairs|--eval|--vocab|-o m)/g, ' \\\n  ')).join('\n');
const card = readFileSync(join(fitted, 'README.md'), 'utf8');
writeFileSync(
  join(product, 'README.md'),
  `${card}\n## Recipe\n\n\`\`\`sh\n${recipe}\n\`\`\`\n\n${readFileSync('scripts/multilingual-data.md', 'utf8')}`,
);
process.stdout.write(`${JSON.stringify(duplicates)}\n`);
