import { setTimeout as sleep } from 'node:timers/promises';

/** One thing to time: `run` does it once and says how many seconds it took. */
export type Timed = { name: string; run: () => Promise<number> };

/** What a series of times says. */
export type Summary = { min: number; median: number; max: number; /** (max − min) / median. */ spread: number };

/** Threads of a library may spin for some milliseconds after its work, at the cost of whoever comes next. */
export const SETTLE_MS = 300;

/**
 * Times everybody once a round, so that what the machine does meanwhile falls on all of them alike. Each round begins
 * with another one: nobody is always first.
 *
 * @returns seconds of each round, by name
 */
export async function runRounds(
  timed: readonly Timed[],
  { rounds, log = () => {} }: { rounds: number; log?: (line: string) => void },
): Promise<Map<string, number[]>> {
  const seconds = new Map<string, number[]>(timed.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < timed.length; at++) {
      const { name, run } = timed[(at + round) % timed.length]!;
      await sleep(SETTLE_MS);
      const time = await run();
      seconds.get(name)!.push(time);
      log(`  round ${round + 1}  ${name}: ${time.toFixed(2)} s`);
    }
  }
  return seconds;
}

/** Minimum, median, maximum and spread of at least one value. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  const [min, max] = [sorted[0]!, sorted.at(-1)!];
  return { min, median, max, spread: (max - min) / median };
}

/** Rate of one over the rate of another, from their seconds round by round: in a round both saw the same machine. */
export function rateRatios(seconds: readonly number[], otherSeconds: readonly number[]): Summary {
  return summarize(seconds.map((value, round) => otherSeconds[round]! / value));
}
