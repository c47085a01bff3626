import { serve } from '../../threads/serve.ts';
import type { Head } from '../head.ts';
import { openReader, type ReaderModel } from '../reading/reading.ts';
import type { StaticTable } from './table.ts';
import { encodeStatic, transferable, type StaticResult } from './token-mean.ts';

/** A thread that reads texts and adds up the rows of their tokens. */

/** Its settings. All threads share the memory of the table. */
export type StaticSpec = { model: ReaderModel; table: StaticTable; head: Head; prompt: string };

await serve(({ model, table, head, prompt }: StaticSpec) => {
  const read = openReader(model, { prompt });
  return Promise.resolve({
    run: (texts: string[]): Promise<StaticResult> => Promise.resolve(encodeStatic(texts, { read, table, head })),
    close: () => Promise.resolve(),
    transfer: transferable,
  });
});
