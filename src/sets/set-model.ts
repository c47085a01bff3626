import { EmbedError } from '../errors.ts';
import { readFolder } from '../model/folder/folder.ts';
import { parseHubName } from '../model/hub/cache.ts';
import { cachedModel } from '../model/hub/hub.ts';
import type { Model } from '../model/model.ts';
import { packagedFolder } from '../model/packaged.ts';
import type { ManifestModel } from '../vectors/manifest.ts';
import type { ModelFlags } from './flags.ts';

export type SetModelOptions = {
  /** Begins the error, for example "Cannot encode a query for corpus.npy". */
  action: string;
  /** The hint where the model cannot be downloaded. */
  hint: string;
  pooling?: ModelFlags['pooling'] | undefined;
};

/** The model that a manifest names. A published model is taken from the cache, and never downloaded. */
export async function modelOfSet(
  { name, revision }: Pick<ManifestModel, 'name' | 'revision'>,
  { action, hint, pooling }: SetModelOptions,
): Promise<Model> {
  const packaged = packagedFolder(name);
  if (packaged !== undefined) return readFolder(packaged, name);
  const asked = revision === null ? name : `${name}@${revision}`;
  const published = parseHubName(asked);
  if (!published) {
    throw new EmbedError(`${action}: its vectors are of the model ${name}, which is not in the package`, { hint });
  }
  const cached = await cachedModel(published);
  if (cached) return readFolder(cached.folder, published.id, { revision: cached.commit, force: true, pooling });
  throw new EmbedError(`${action}: its vectors are of the model ${name}, which is not in the cache`, {
    hint: `Fetch it: embed models get ${asked}`,
  });
}
