import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EmbedError } from '../src/errors.ts';
import { QUIET } from './peer-process.ts';
import { readTexts, sampleTexts, writeJsonl } from './text-sets.ts';

/** Peers live outside the project: none of them is a dependency of it. */
export const PEER_FOLDER: string = join(homedir(), '.cache/embed-bench');
export const PYTHON: string = join(PEER_FOLDER, 'venv/bin/python');

const PYTHON_PACKAGES = [
  'sentence-transformers==6.2.0',
  'torch==2.15.0',
  'openvino==2026.4.1',
  'nncf==3.4.0',
  'onnx==1.23.2',
  'onnxruntime==1.31.1',
];
const NPM_PACKAGES = ['@huggingface/transformers@4.3.1'];

/** Peers of search, small beside those of encoding. */
const SEARCH_PACKAGES = ['numpy==2.4.6', 'faiss-cpu==1.15.1', 'usearch==2.26.6'];

/** Peers of dedup, beside those of search. */
const DEDUP_PACKAGES = [...SEARCH_PACKAGES, 'semhash==0.5.0', 'model2vec==0.10.0', 'vicinity==0.4.6'];

/** What finds copies in the code of a repository. Version 5 is a program in a package for each platform. */
const JSCPD_PACKAGE = 'jscpd@4.3.0';
export const JSCPD: string = join(PEER_FOLDER, 'ci/node_modules/jscpd/bin/jscpd');

/** Peers of cluster, beside those of search. */
const CLUSTER_PACKAGES = [...SEARCH_PACKAGES, 'scikit-learn==1.9.1', 'threadpoolctl==3.8.0'];

/** The peer of dedup by text only: not in the folder of the others, for it wants versions of its own. The next one needs Python 3.12. */
const EXACT_PACKAGES = ['text-dedup==0.4.0'];
export const EXACT_PYTHON: string = join(PEER_FOLDER, 'venv-exact/bin/python');

/** What writes models and their usual export. */
const MODEL_PACKAGES = ['torch==2.15.0', 'transformers==5.23.0', 'onnx==1.23.2'];

/** What calibrates OpenVINO's integers; its own guide suggests 300 texts. */
const CALIBRATION = { lines: { rows: 200, offset: 3 }, documents: { rows: 100, offset: 3 } };

/** Installs the peers and writes the model files they run. Needs python3 with venv, npm, and the two registries. */
export function installPeers({ weights, lines, documents }: { weights: string; lines: string; documents: string }): void {
  console.log('Installing the peers into ~/.cache/embed-bench (about 7 GB, most of it PyTorch):');
  for (const name of [...PYTHON_PACKAGES, ...NPM_PACKAGES]) console.log(`  ${name}`);

  mkdirSync(PEER_FOLDER, { recursive: true });
  run('python3', ['-m', 'venv', join(PEER_FOLDER, 'venv')]);
  run(PYTHON, ['-m', 'pip', 'install', '--quiet', ...PYTHON_PACKAGES]);

  const packages = join(PEER_FOLDER, 'js');
  mkdirSync(packages, { recursive: true });
  // with a package.json of its own, npm does not go looking for one further up
  writeFileSync(join(packages, 'package.json'), '{ "private": true }\n');
  writeFileSync(join(packages, '.npmrc'), 'onnxruntime-node-install=skip\n');
  run('npm', ['install', '--save-exact', '--no-audit', '--no-fund', ...NPM_PACKAGES], { cwd: packages });

  console.log('Writing the ONNX and OpenVINO files of the peers');
  const models = join(PEER_FOLDER, 'models/minilm');
  const calibration = join(PEER_FOLDER, 'calibration.jsonl');
  writeJsonl(calibration, [
    ...sampleTexts(readTexts(lines), CALIBRATION.lines).texts,
    ...sampleTexts(readTexts(documents), CALIBRATION.documents).texts,
  ]);
  run(PYTHON, ['bench/export_peers.py', weights, calibration, models]);
}

/** Installs what search is compared with. */
export function installSearchPeers(): void {
  installPackages(SEARCH_PACKAGES, 'about 200 MB');
}

/** Installs what dedup is compared with. */
export function installDedupPeers(): void {
  installPackages(DEDUP_PACKAGES, 'about 250 MB');
}

/** Installs what a check for duplicates is compared with. */
export function installCiPeers(): void {
  installDedupPeers();
  const packages = join(PEER_FOLDER, 'ci');
  mkdirSync(packages, { recursive: true });
  writeFileSync(join(packages, 'package.json'), '{ "private": true }\n');
  run('npm', ['install', '--save-exact', '--no-audit', '--no-fund', JSCPD_PACKAGE], { cwd: packages });
}

/** Installs what cluster is compared with. */
export function installClusterPeers(): void {
  installPackages(CLUSTER_PACKAGES, 'about 300 MB');
}

/** Installs what writes models of published shapes, and writes them. */
export function installModelPeers(weights: string, folder: string): void {
  installPackages(MODEL_PACKAGES, 'about 6 GB, most of it PyTorch');
  run(PYTHON, ['bench/models_peers.py', weights, folder]);
}

/** Installs what dedup by text only is compared with. */
export function installExactPeers(): void {
  installPackages(EXACT_PACKAGES, 'about 1 GB, most of it Spark', { python: EXACT_PYTHON, venv: 'venv-exact' });
}

function installPackages(packages: readonly string[], size: string, { python, venv } = { python: PYTHON, venv: 'venv' }): void {
  console.log(`Installing the peers into ~/.cache/embed-bench (${size}):`);
  for (const name of packages) console.log(`  ${name}`);
  mkdirSync(PEER_FOLDER, { recursive: true });
  if (!existsSync(python)) run('python3', ['-m', 'venv', join(PEER_FOLDER, venv)]);
  run(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
}

function run(command: string, args: readonly string[], { cwd }: { cwd?: string } = {}): void {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', cwd, env: { ...process.env, ...QUIET } });
  if (error) throw new EmbedError(`Cannot run ${command}: ${error.message}`);
  if (status !== 0)
    throw new EmbedError(`Cannot install the peers: ${command} ${args[0]} ${args[1]} ended in ${status}`, {
      hint: 'What it said is above',
    });
}
