import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { afterEach } from 'vitest';
import type { Io } from '../src/io.ts';
import { main } from '../src/main.ts';
import { projectFolder } from './project.ts';

export type Outcome = { code: number; out: string; err: string };

/** Runs the program in this process, in the folder the test is in. */
export async function run(
  args: readonly string[],
  {
    stdin = '',
    tty = false,
    columns = 80,
    signal = new AbortController().signal,
  }: { stdin?: string | Buffer; tty?: boolean; columns?: number; signal?: AbortSignal } = {},
): Promise<Outcome> {
  const out = collector(tty, columns);
  const err = collector(false);
  const io: Io = {
    stdin: stdin.length ? Readable.from([Buffer.from(stdin)]) : new PassThrough().end(),
    stdout: out.stream,
    stderr: err.stream,
    signal,
  };
  const code = await main(args, io);
  return { code, out: out.text(), err: err.text().replace(PROGRESS, '') };
}

/** What a slow machine prints now and then of how far it is: no part of an outcome. */
const PROGRESS = /^(?:\d+ % · .*|[\d,]+ rows · [\d,]+ rows\/s.*)\n/gm;

/** Sets that were encoded, by the input's bytes and the arguments. */
const encoded = new Map<string, [name: string, bytes: Buffer][]>();

/** Lays the set of a corpus beside it: what many tests need is encoded once. */
export async function encodeOnce(input: string, ...flags: string[]): Promise<void> {
  const key = JSON.stringify([input, ...flags, readFileSync(input, 'latin1')]);
  const files = encoded.get(key);
  if (files) {
    for (const [name, bytes] of files) writeFileSync(name, bytes);
    return;
  }
  const before = new Set(readdirSync('.'));
  const { code, err } = await run(['encode', input, ...flags]);
  if (code !== 0) throw new Error(err);
  encoded.set(
    key,
    readdirSync('.').flatMap((name) => (before.has(name) ? [] : [[name, readFileSync(name)]])),
  );
}

/** A signal that comes as soon as the program asks for one and the condition is met: so a run is stopped at the same place every time. */
export function signalWhen(condition: () => boolean): AbortSignal {
  const controller = new AbortController();
  const { signal } = controller;
  const hasCome = (): boolean => Reflect.get(AbortSignal.prototype, 'aborted', signal) as boolean;
  return Object.defineProperty(signal, 'aborted', {
    get: () => {
      if (!hasCome() && condition()) controller.abort('SIGINT');
      return hasCome();
    },
  });
}

function collector(tty: boolean, columns = 80): { stream: Writable & { isTTY?: boolean; columns?: number }; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY: tty, columns }), text: () => Buffer.concat(chunks).toString('utf8') };
}

const folders: string[] = [];

/** A fresh folder that the test runs in; it goes away after the test. */
export function inFreshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'embed-'));
  folders.push(folder);
  process.chdir(folder);
  return folder;
}

afterEach(() => {
  process.chdir(projectFolder);
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export { projectFolder };
