import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../files/user-cache.ts';
import { readFolder } from '../../model/folder/folder.ts';
import { bytesIn } from '../../model/hub/cache.ts';
import { cachedModels, cacheRoot } from '../../model/hub/hub.ts';
import { packagedModels } from '../../model/packaged.ts';
import { looksOf } from '../../report/cells.ts';
import { modelLines, type ListedModel } from '../../report/models.ts';
import { linesOf, tableChunks, writeChunks } from '../../report/report-files.ts';
import { isTable, type Report } from '../../report/report.ts';
import type { Run } from '../../sets/run.ts';
import { megabytes, plural } from '../../text.ts';
import type { ListFlags } from './flags.ts';

const COLUMNS = ['model', 'revision', 'commit', 'dims', 'limit', 'pooling', 'precision', 'bytes', 'from', 'folder', 'problem'] as const;

/** `embed models`: what is in the package and in the cache, and whether it can be used. */
export async function listModels(flags: ListFlags, run: Run): Promise<number> {
  const root = await cacheRoot();
  const listed = [
    ...packagedModels().map(({ name, folder }) => describe(name, { folder, from: 'package' })),
    ...(await cachedModels()).map(({ id, revision, commit, folder }) => ({
      ...describe(id, { folder, from: 'cache' }),
      revision,
      commit,
    })),
  ];
  const graphs = cacheFolder('graphs');
  const built = existsSync(graphs) ? readdirSync(graphs).filter((name) => /^[0-9a-f]{64}$/.test(name)).length : 0;
  const { format = 'text' } = flags;
  if (!isTable(format)) {
    const look = looksOf(run.stdout).screen;
    const lines = modelLines(listed, look);
    if (built > 0)
      lines.push('', `${plural(built, 'graph')} built from weights, ${megabytes(bytesIn(graphs))} in ${graphs}; may be removed`);
    await writeChunks(linesOf(lines), run.stdout, run);
    return 0;
  }
  const report: Report<ListedModel, object> = {
    schema: 'embed.models/1',
    summary: { cache: root, graphs: { folder: graphs, count: built, bytes: bytesIn(graphs) } },
    columns: COLUMNS,
    fields: [],
    groups: async function* () {
      yield listed;
    },
    recordsOf: (model) => [model],
  };
  await writeChunks(tableChunks(report, format), run.stdout, run);
  return 0;
}

/** What a line of the list says of a model. One that cannot be used says why; one without modules.json is no encoder. */
function describe(name: string, { folder, from }: { folder: string; from: ListedModel['from'] }): ListedModel {
  const common = { model: name, from, folder, bytes: bytesIn(folder) };
  try {
    const { dims, maxTokens, pooling, precision, revision } = readFolder(folder, name);
    const limit = Number.isFinite(maxTokens) ? maxTokens : null;
    return { ...common, revision, commit: null, dims, limit, pooling, precision, problem: null };
  } catch (error) {
    const nothing = { revision: null, commit: null, dims: null, limit: null, pooling: null, precision: null };
    const partly = from === 'cache' && /it has no weights$|model\.safetensors is missing$/.test((error as Error).message);
    const problem = partly
      ? `not whole: embed models get ${name}`
      : (error as Error).message.replace(/^Cannot \w+ the model in [^:]*: /, '');
    return {
      ...common,
      ...nothing,
      problem: existsSync(join(folder, 'modules.json')) ? problem : 'no sentence encoder: modules.json is missing',
    };
  }
}
