import { runtimeVersion } from '../engine/runtime.ts';
import { readFolder } from '../model/folder/folder.ts';
import { packagedModels } from '../model/packaged.ts';
import { version } from '../version.ts';

/** The output of `embed --version`: the program first, then the parts that its vectors depend on. */
export function versionLines(): string {
  const models = packagedModels().map(({ name, folder }) => {
    const { revision, precision, dims } = readFolder(folder, name);
    return `${name} ${[revision ?? 'trained for embed', precision ?? '', `${dims} dims`].filter((part) => part !== '').join(', ')}`;
  });
  return [`embed ${version()}`, `Node.js ${process.versions.node}`, `ONNX Runtime ${runtimeVersion()}`, ...models]
    .map((line) => `${line}\n`)
    .join('');
}
