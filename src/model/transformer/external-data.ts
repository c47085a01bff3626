import { EmbedError } from '../../errors.ts';
import { shortened } from '../../text.ts';
import { readOnnxFile, type OnnxFile } from './onnx-file.ts';

/** Names of the files beside an ONNX file that hold its values (TensorProto.external_data). Throws an EmbedError for files elsewhere. */
export function externalFiles(path: string, { external }: Pick<OnnxFile, 'external'> = readOnnxFile(path)): string[] {
  const leading = external.find((name) => name === '' || /[\\/:\0\ufffd]/.test(name) || name === '..' || name === '.');
  if (leading === undefined) return [...external];
  throw new EmbedError(`Cannot use ${path}: its values are in ${shortened(JSON.stringify(leading))}, which is not a file beside it`, {
    hint: 'Export it again, with its values in the same folder',
  });
}
