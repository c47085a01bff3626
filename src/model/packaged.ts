import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The packaged model that is the default. */
export const PACKAGED = 'minilm';

/** Models that may be in the package, in the order they are listed in. */
export const PACKAGED_MODELS: readonly string[] = [PACKAGED, 'multilingual'];

/** Folder of the packaged model `name`; undefined if there is none of that name. */
export function packagedFolder(name: string): string | undefined {
  if (!PACKAGED_MODELS.includes(name)) return undefined;
  const folder = fileURLToPath(new URL(`../../models/${name}`, import.meta.url));
  return name === PACKAGED || existsSync(join(folder, 'modules.json')) ? folder : undefined;
}

/** The models that are in the package. */
export function packagedModels(): { name: string; folder: string }[] {
  return PACKAGED_MODELS.flatMap((name) => {
    const folder = packagedFolder(name);
    return folder === undefined ? [] : [{ name, folder }];
  });
}
