import { grouped, type Io } from '../io.ts';
import { isFolder, loadModel, PACKAGED, packagedFolder, readFolder, type Model } from '../model/folder.ts';
import { locateModel } from '../model/hub.ts';
import { parseHubName } from '../model/hub-cache.ts';
import { withDims, withPooling } from '../model/variant.ts';
import { openProgress } from '../progress.ts';
import type { ModelFlags } from './options.ts';

/** The model that the options ask for, as they ask for it. A published one is downloaded where the cache does not hold it. */
export async function openModel(flags: ModelFlags, io: Io): Promise<Model> {
  return variantOf(await namedModel(flags.model ?? PACKAGED, flags, io), flags, io);
}

/** A model with the pooling, precision and dims that were asked for. */
export async function variantOf(model: Model, { pooling, dims }: ModelFlags, _io: Io): Promise<Model> {
  return withDims(withPooling(model, pooling), dims);
}

/**
 * The model of a name: a folder, else a packaged model, else a published one.
 *
 * @param update asks the hub even where the cache has the model
 */
export async function namedModel(
  name: string,
  { pooling, force, quiet }: ModelFlags,
  io: Io,
  { update = false }: { update?: boolean } = {},
): Promise<Model> {
  const published = isFolder(name) || packagedFolder(name) !== undefined ? undefined : parseHubName(name);
  if (!published) return loadModel(name, { pooling, force });
  const progress = openProgress(io.stderr, { quiet: quiet === true });
  try {
    const { folder, commit } = await locateModel(published, {
      signal: io.signal,
      update,
      force: force === true,
      onProgress: (file, done, total) => progress.show(`${megabytes(done)} of ${megabytes(total)} of ${file}`, done / (total || 1)),
      note: (text) => progress.say(text),
    });
    return readFolder(folder, published.id, { revision: commit, pooling, force });
  } finally {
    progress.stop();
  }
}

/** 23,700,000 as "23.7 MB". */
export function megabytes(bytes: number): string {
  const millions = bytes / 1e6;
  return `${millions < 100 ? millions.toFixed(1) : grouped(millions)} MB`;
}
