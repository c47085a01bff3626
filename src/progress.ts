import cliProgress from 'cli-progress';
import { printNote, type Terminal } from './io.ts';
import { grouped } from './text.ts';

/** Shows the progress of a long job: a bar on a terminal, a line every ten seconds elsewhere, nothing when quiet. */
export type Progress = {
  /**
   * Shows work that is counted in rows.
   *
   * @param rows number of rows done so far
   * @param tokens number of tokens done so far; 0 where tokens are not counted
   * @param fraction share of the work that is done, 0 to 1; undefined where the total is unknown
   * @param before rows that an earlier run has done
   */
  update(rows: number, tokens: number, fraction: number | undefined, before?: number): void;
  /** Shows other work, described by `text`. */
  show(text: string, fraction: number): void;
  /** Prints a note, above the bar if there is one. */
  say(text: string): void;
  /** Removes the bar, so that further output begins on a clean line. */
  stop(): void;
};

const LINE_EVERY_MS = 10_000;

export function openProgress(stderr: Terminal, { quiet }: { quiet: boolean }): Progress {
  if (quiet) return { update: () => {}, show: () => {}, say: () => {}, stop: () => {} };
  return stderr.isTTY && process.env['TERM'] !== 'dumb' ? bar(stderr) : lines(stderr);
}

function bar(stderr: Terminal): Progress {
  const started = Date.now();
  const width = stderr.columns || 80;
  const short = width < 72;
  const single = new cliProgress.SingleBar({
    stream: stderr as NodeJS.WriteStream,
    clearOnComplete: true,
    gracefulExit: false,
    hideCursor: false,
    barsize: Math.max(5, Math.min(30, width - (short ? 38 : 64))),
    barCompleteChar: '━',
    barIncompleteChar: '─',
    fps: 8,
    linewrap: true,
    format: (options, params, payload: { text: string }) =>
      payload.text.startsWith('?') ? payload.text.slice(1) : `${cliProgress.Format.BarFormat(params.progress, options)} ${payload.text}`,
  });
  let shown = { value: 0, text: '?reading' };
  const show = (value: number, text: string): void => {
    shown = { value, text };
    single.update(value, { text });
  };
  const start = (): void => single.start(1000, shown.value, { text: shown.text });
  const stop = (): void => {
    if (!single.isActive) return;
    single.stop();
    // a "^C" that the terminal echoes after the bar may have wrapped onto the next line
    stderr.write('\u001b[J');
  };
  start();
  return {
    update(rows, tokens, fraction, before = 0) {
      // a batch can end after the run was stopped
      if (!single.isActive) return;
      const seconds = (Date.now() - started) / 1000;
      const parts = [`${grouped(rows)} rows`, `${grouped((rows - before) / seconds)} rows/s`];
      if (!short && tokens > 0) parts.push(`${grouped(tokens / seconds)} tokens/s`);
      if (fraction === undefined) show(0, `?${parts.join(' · ')}`);
      else {
        if (fraction > 0 && !short) parts.push(`${duration(secondsLeft({ seconds, rows, fraction, before }))} left`);
        show(Math.round(fraction * 1000), `${Math.floor(fraction * 100)} % ${parts.join(' · ')}`);
      }
    },
    show(text, fraction) {
      if (single.isActive) show(Math.round(fraction * 1000), text);
    },
    say: (text) => {
      // the library redraws the bar where it began, so it must start again below the text
      const active = single.isActive;
      stop();
      printNote(stderr, text);
      if (active) start();
    },
    stop,
  };
}

function lines(stderr: Terminal): Progress {
  const started = Date.now();
  let last = started;
  const isDue = (): boolean => {
    const now = Date.now();
    if (now - last < LINE_EVERY_MS) return false;
    last = now;
    return true;
  };
  return {
    update(rows, tokens, fraction, before = 0) {
      if (!isDue()) return;
      const seconds = (last - started) / 1000;
      const done = fraction === undefined ? '' : `${Math.floor(fraction * 100)} % · `;
      const left = fraction ? ` · ${duration(secondsLeft({ seconds, rows, fraction, before }))} left` : '';
      const rate = tokens > 0 ? ` · ${grouped(tokens / seconds)} tokens/s` : '';
      stderr.write(`${done}${grouped(rows)} rows · ${grouped((rows - before) / seconds)} rows/s${rate}${left}\n`);
    },
    show(text, fraction) {
      if (isDue()) stderr.write(`${Math.floor(fraction * 100)} % · ${text}\n`);
    },
    say: (text) => printNote(stderr, text),
    stop: () => {},
  };
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** How long the rest takes, if this run goes on as it has. */
function secondsLeft({ seconds, rows, fraction, before }: { seconds: number; rows: number; fraction: number; before: number }): number {
  const own = fraction * (1 - before / Math.max(rows, 1));
  return own > 0 ? (seconds / own) * (1 - fraction) : 0;
}
