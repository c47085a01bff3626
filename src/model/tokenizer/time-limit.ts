import { Script } from 'node:vm';

/** A function ran longer than it may. */
export class OutOfTime extends Error {}

/** Time for one text. A known tokenizer reads 64,000 characters in some 30 ms. */
export const MAX_SECONDS = 3;

const PLACE = Symbol.for('corpus-embed.work');
const place = globalThis as { [PLACE]?: () => void };
let script: Script | undefined;

/**
 * Runs a function, and stops it where it takes too long, even within a regular expression. The limit needs a thread of its own for each
 * call: 0.1 to 0.4 ms.
 *
 * @throws OutOfTime
 */
export function withinTime<Result>(work: () => Result): Result {
  script ??= new Script('globalThis[Symbol.for("corpus-embed.work")]()');
  const before = place[PLACE];
  let result: { value: Result } | undefined;
  place[PLACE] = () => void (result = { value: work() });
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        script.runInThisContext({ timeout: MAX_SECONDS * 1000, displayErrors: false });
        return result!.value;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
        // a process that was stopped for a while (Ctrl-Z) has used up its time as well
        if (attempt === MAX_ATTEMPTS) throw new OutOfTime();
      }
    }
  } finally {
    if (before === undefined) delete place[PLACE];
    else place[PLACE] = before;
  }
}

const MAX_ATTEMPTS = 2;
