import { EmbedError } from '../../errors.ts';
import { isFolder } from '../../files/disk.ts';
import { printNote } from '../../io.ts';
import { parseHubName } from '../../model/hub/cache.ts';
import { packagedFolder } from '../../model/packaged.ts';
import { namedModel } from '../../sets/open-model.ts';
import type { Run } from '../../sets/run.ts';
import { shellWord } from '../../text.ts';
import type { GetFlags } from './flags.ts';

/** `embed models get`: downloads a model into the cache, or what has changed in it. */
export async function getModel(name: string, flags: GetFlags, run: Run): Promise<number> {
  if (isFolder(name) || packagedFolder(name) !== undefined) {
    printNote(run.stdout, `${name} needs no download: it is in ${packagedFolder(name) ?? name}`);
    return 0;
  }
  if (!parseHubName(name)) {
    throw new EmbedError(`Cannot fetch the model "${name}": that is not a name on the Hugging Face Hub`, {
      hint: 'Names are owner/name or owner/name@revision, for example intfloat/multilingual-e5-small',
    });
  }
  // a model without modules.json can be fetched: its pooling matters only when it is used
  const model = await namedModel(name, { ...flags, pooling: 'mean' }, run, { update: true });
  printNote(run.stdout, `${model.name}@${model.revision} is in ${model.folder}`);
  run.note(`next: embed encode CORPUS --model ${shellWord(name)}`);
  return 0;
}
