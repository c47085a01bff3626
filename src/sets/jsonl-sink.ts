import { openJsonlWriter } from '../vectors/jsonl-writer.ts';
import { rowObject } from './row-object.ts';
import type { SinkKind } from './sink.ts';

/** JSON Lines with the vector of each row, in a file or on standard output. */
export const jsonlSink: SinkKind = {
  form: 'jsonl',
  suffix: '.jsonl',
  takes: (output) => output === '-' || /\.(jsonl|ndjson)$/i.test(output),
  filesOf: (output) => [output],
  open({ output, withText, overwrite, run }) {
    const writer = openJsonlWriter(output, { stdout: run.stdout, overwrite });
    return Promise.resolve({
      resume: undefined,
      commit: ({ vectors, rows, reads }) =>
        writer.write(
          rows.map((row, at) => rowObject(row, { read: reads[at]!, withText })),
          vectors,
        ),
      finish() {
        writer.finish();
        return Promise.resolve(output === '-' ? [] : [output]);
      },
      abandon() {
        writer.abandon();
        return undefined;
      },
    });
  },
};
