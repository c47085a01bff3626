import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { DuplicateRecord } from '../../../src/report/duplicates.ts';
import { npyHeader } from '../../../src/vectors/npy.ts';
import { encodeOnce, inFreshFolder, projectFolder, run, type Outcome } from '../../run.ts';

/** Tickets with an exact copy, a near-duplicate, a blank row and a copy but for case and spaces. */
export const TICKETS: string =
  'nr,body,team\n' +
  '1,The printer on floor 3 does not respond,it\n' +
  '2,"The printer on floor 3 is not\nresponding",it\n' +
  '3,The printer on floor 3 does not respond,ops\n' +
  '4,How do I cook rice?,food\n' +
  '5,,food\n' +
  '6,Where is my refund?,billing\n' +
  '7,where is my  REFUND?,billing\n';

/** A fresh folder with the tickets in t.csv. Returns the command that cleans them. */
export const inTickets = (text: string = TICKETS): string[] => {
  inFreshFolder();
  writeFileSync('t.csv', text);
  return ['dedup', 't.csv', '--text-column', 'body', '-q'];
};

/** With the set of the tickets beside them. */
export const inEncodedTickets = async (): Promise<string[]> => {
  const args = inTickets();
  await encodeOnce('t.csv', '--text-column', 'body');
  return args;
};

/** The records of a report in JSON Lines. */
export const records = <T = DuplicateRecord>({ out }: Outcome): T[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

/** What became of each row, in a word: kept, why it was not judged, or how it repeats which row. */
export const verdicts = async (args: string[], options: Parameters<typeof run>[1] = {}): Promise<string[]> =>
  records(await run([...args, '--format', 'jsonl', '--exit-zero'], options)).map(({ verdict, match, keeper_row: keeper, reason }) =>
    verdict === 'dropped' ? `${match} ${keeper}` : (reason ?? verdict),
  );

export const writeMatrix = (path: string, rows: number[][]): void =>
  writeFileSync(
    path,
    Buffer.concat([npyHeader({ rows: rows.length, cols: rows[0]?.length ?? 3 }), new Uint8Array(Float32Array.from(rows.flat()).buffer)]),
  );

const ajv = new Ajv2020({ strictRequired: false });
const schema = (name: string): ValidateFunction =>
  ajv.compile(JSON.parse(readFileSync(join(projectFolder, `docs/schemas/${name}.schema.json`), 'utf8')) as object);
export const validRows: ValidateFunction = schema('dedup');
export const validPairs: ValidateFunction = schema('pairs');
