import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../files/user-cache.ts';
import { readFolder } from '../../model/folder/folder.ts';
import { bytesIn } from '../../model/hub/cache.ts';
import { cachedModels, cacheRoot } from '../../model/hub/hub.ts';
import { packagedModels } from '../../model/packaged.ts';
import type { Look } from '../../report/cells.ts';
import { modelLines, type ListedModel } from '../../report/models.ts';
import { printResult } from '../../report/print.ts';
import type { Run } from '../../sets/run.ts';
import { megabytes, plural } from '../../text.ts';
import type { ListFlags } from './flags.ts';

const COLUMNS = ['model', 'revision', 'commit', 'dims', 'limit', 'pooling', 'precision', 'bytes', 'from', 'folder', 'problem'] as const;

/** `embed models`: the models in the package and in the cache, and whether they can be used. */
export async function listModels({ format }: ListFlags, run: Run): Promise<number> {
  const cache = await cacheRoot();
  const records = [
    ...packagedModels().map(({ name, folder }) => describe(name, { folder, from: 'package' })),
    ...(await cachedModels()).map(({ id, revision, commit, folder }) => ({
      ...describe(id, { folder, from: 'cache' }),
      revision,
      commit,
    })),
  ];
  const graphs = graphsIn(cacheFolder('graphs'));
  const lines = (look: Look): string[] => [...modelLines(records, look), ...(graphs.count > 0 ? ['', graphsInWords(graphs)] : [])];
  await printResult({ schema: 'embed.models/1', summary: { cache, graphs }, columns: COLUMNS, records, lines }, { format, io: run });
  return 0;
}

/** Graphs that were built from the weights of models. */
type Graphs = { folder: string; count: number; bytes: number };

function graphsIn(folder: string): Graphs {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return { folder, count: names.filter((name) => /^[0-9a-f]{64}$/.test(name)).length, bytes: bytesIn(folder) };
}

function graphsInWords({ folder, count, bytes }: Graphs): string {
  return `${plural(count, 'graph')} built from weights, ${megabytes(bytes)} in ${folder}; you can remove them`;
}

/** A model as a line of the list, with the problem of one that cannot be used. A model without modules.json is not an encoder. */
function describe(name: string, { folder, from }: { folder: string; from: ListedModel['from'] }): ListedModel {
  const common = { model: name, from, folder, bytes: bytesIn(folder) };
  try {
    const { dims, maxTokens, pooling, precision, revision } = readFolder(folder, name);
    const limit = Number.isFinite(maxTokens) ? maxTokens : null;
    return { ...common, revision, commit: null, dims, limit, pooling, precision, problem: null };
  } catch (error) {
    const nothing = { revision: null, commit: null, dims: null, limit: null, pooling: null, precision: null };
    const incomplete = from === 'cache' && /it has no weights$|model\.safetensors is missing$/.test((error as Error).message);
    const problem = incomplete
      ? `incomplete; complete it with: embed models get ${name}`
      : (error as Error).message.replace(/^Cannot \w+ the model in [^:]*: /, '');
    return {
      ...common,
      ...nothing,
      problem: existsSync(join(folder, 'modules.json')) ? problem : 'not a sentence encoder: modules.json is missing',
    };
  }
}
