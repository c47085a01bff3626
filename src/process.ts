import { isReadBlocking } from './input/byte-stream.ts';
import { nodeIo } from './io.ts';
import { main, SIGNALS } from './main.ts';

/** Ends the process, even while a thread of it waits for a pipe that nobody writes to. */
function forceExit(signal: keyof typeof SIGNALS): void {
  process.emit('exit', SIGNALS[signal]);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** A second signal, at least this long after the first, ends the program at once. */
const FORCE_EXIT_AFTER_MS = 1000;

/** Runs the program as a process: handles signals and closed pipes, and sets the exit code. */
export async function runProcess(): Promise<void> {
  const controller = new AbortController();
  let stoppedAt = Infinity;
  for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
    process.on(signal, () => {
      // a wrapper such as npm repeats at once the signal that the terminal has sent; a later one is a user who insists
      if (Date.now() - stoppedAt > FORCE_EXIT_AFTER_MS) forceExit(signal);
      stoppedAt = Math.min(stoppedAt, Date.now());
      controller.abort(signal);
    });
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => controller.abort(error.code === 'EPIPE' ? 'EPIPE' : error));
  process.stderr.on('error', () => {});
  const code = await main(process.argv.slice(2), nodeIo(controller.signal));
  process.exitCode = code;
  const stop = (Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]).find((signal) => SIGNALS[signal] === code);
  if (stop && isReadBlocking()) forceExit(stop);
  // exit explicitly, because a terminated worker or an unread stdin may keep the process alive
  process.stdout.write('', () => process.exit());
}
