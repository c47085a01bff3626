import { nodeIo } from './io.ts';
import { main, SIGNALS } from './main.ts';

/** Ends the process even where it hangs in the opening of a pipe that nobody writes to. */
function forceExit(signal: keyof typeof SIGNALS): void {
  process.emit('exit', SIGNALS[signal]);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** A second signal later than this after the first ends the program at once. */
const FORCE_EXIT_AFTER_MS = 1000;

/** Runs as a process: signals, closed pipes, exit code. */
export async function runProcess(): Promise<void> {
  const controller = new AbortController();
  let stoppedAt = Infinity;
  for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
    process.on(signal, () => {
      // wrappers pass a signal on that the terminal has sent already; whoever insists is not kept waiting
      if (Date.now() - stoppedAt > FORCE_EXIT_AFTER_MS) forceExit(signal);
      stoppedAt = Math.min(stoppedAt, Date.now());
      controller.abort(signal);
    });
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => controller.abort(error.code === 'EPIPE' ? 'EPIPE' : error));
  process.stderr.on('error', () => {});
  process.exitCode = await main(process.argv.slice(2), nodeIo(controller.signal));
  // a terminated worker or an unread stdin must not keep the process
  process.stdout.write('', () => process.exit());
}
