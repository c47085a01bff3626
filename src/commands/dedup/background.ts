import type { Background } from '../../analysis/duplicates/background.ts';
import { grouped } from '../../text.ts';

const LEVELS = [0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98];

/** How similar random rows are, for people. */
export function backgroundLines(background: Background): string[] {
  const lines = LEVELS.map((level) => {
    const { hits, value, low, high } = background.share(level);
    const range = low === 0 ? `95 %: at most ${oneIn(high)}` : `95 %: ${oneIn(high)} to ${oneIn(low)}`;
    return `  ${level.toFixed(2)}  ${hits === 0 ? 'none seen' : oneIn(value)} (${range})`;
  });
  return [
    `random pairs at or above a cosine, among ${grouped(background.rows)} rows drawn (${grouped(background.pairs)} pairs):`,
    ...lines,
  ];
}

function oneIn(share: number): string {
  return share === 0 ? 'never' : `1 in ${grouped(Number((1 / share).toPrecision(2)))}`;
}
