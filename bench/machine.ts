import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { runtimeVersion } from '../src/engine/runtime.ts';
import { allowedThreads } from '../src/io.ts';

/** Instructions that decide the rate of integer models. */
const FLAGS = ['avx2', 'avx512f', 'avx_vnni', 'avx512_vnni', 'amx_int8', 'amx_bf16'];

/** One line on the processor, its vector instructions, and the system. */
export function describeMachine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const flags = processorFlags();
  const has = flags ? FLAGS.map((flag) => `${flag} ${flags.has(flag) ? 'yes' : 'no'}`).join(', ') : 'vector instructions not known';
  return `${cpus()[0]?.model.trim()}, ${allowedThreads()} processors, ${memory} GB; ${has}; ${type()} ${release()}`;
}

/** Versions of what ours runs on. */
export function ourVersions(): Record<string, string> {
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as { name: string; version: string };
  return { [name]: version, 'onnxruntime-node': runtimeVersion(), node: process.versions.node };
}

/** What a report says of its run. The load is asked for when the run begins, and again when the facts are. */
export function openFacts(script: string): (of: { threads: string; versions: Readonly<Record<string, string>> }) => Record<string, string> {
  const loadBefore = loadavg()[0]!;
  return ({ threads, versions }) => ({
    Command: `\`${commandLine(script, process.argv.slice(2))}\``,
    Machine: describeMachine(),
    'Load average': `${loadBefore.toFixed(2)} before, ${loadavg()[0]!.toFixed(2)} at the end`,
    Threads: threads,
    Versions: Object.entries(versions)
      .map((pair) => pair.join(' '))
      .join(', '),
  });
}

/** Collects what a report should note, once each, and prints it as it comes. */
export function openNotes(): { notes: string[]; note: (text: string) => void } {
  const notes: string[] = [];
  return {
    notes,
    note(text) {
      if (notes.includes(withoutPaths(text))) return;
      notes.push(withoutPaths(text));
      console.log(`! ${text}`);
    },
  };
}

/** The command as it was given. */
function commandLine(script: string, args: readonly string[]): string {
  return withoutPaths([`npm run ${script}`, ...(args.length > 0 ? ['--'] : []), ...args].join(' '));
}

/** A text with files of this machine by their names alone; relative paths stay. */
export function withoutPaths(text: string): string {
  return text.replaceAll(/(?<![\w.@~-])(?:\/[\w.@+-]+)*\/([\w.@+-]+)/g, '$1');
}

/** Flags as Linux lists them; undefined elsewhere. */
function processorFlags(): Set<string> | undefined {
  try {
    const line = readFileSync('/proc/cpuinfo', 'utf8')
      .split('\n')
      .find((text) => text.startsWith('flags'));
    return line === undefined ? undefined : new Set(line.split(/\s+/));
  } catch {
    return undefined;
  }
}
