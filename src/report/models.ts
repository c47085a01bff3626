import { cellsOf, cutToCells, oneLine, padCells, type Look } from './cells.ts';

/** A model in the list of `embed models`; unknown facts are null. */
export type ListedModel = {
  model: string;
  revision: string | null;
  commit: string | null;
  dims: number | null;
  /** Longest input in tokens; null where it is unknown or unlimited. */
  limit: number | null;
  pooling: string | null;
  precision: string | null;
  bytes: number;
  from: 'package' | 'cache';
  folder: string;
  /** Why the model cannot be used; null where it can. */
  problem: string | null;
};

/** The text report: one line per model. */
export function modelLines(models: readonly ListedModel[], { width, bold, dim }: Look): string[] {
  const rows = models.map(({ model, revision, commit, dims, limit, precision, bytes, from, problem }) => ({
    name: oneLine(commit === null || revision === 'main' ? model : `${model}@${revision === commit ? commit.slice(0, 12) : revision}`),
    cells: [String(dims ?? '–'), String(limit ?? (problem === null ? 'none' : '–')), precision ?? '–', `${(bytes / 1e6).toFixed(1)}`],
    rest: problem === null ? `${from}${commit === null ? '' : ` ${commit.slice(0, 12)}`}` : oneLine(problem),
  }));
  const head = { name: 'model', cells: ['dims', 'limit', 'precision', 'MB'], rest: 'where' };
  const all = [head, ...rows];
  const nameCells = Math.max(...all.map(({ name }) => cellsOf(name)));
  const widths = head.cells.map((_, at) => Math.max(...all.map(({ cells }) => cells[at]!.length)));
  return all.map(({ name, cells, rest }, at) => {
    const line = `${padCells(name, nameCells)}  ${cells.map((cell, column) => cell.padStart(widths[column]!)).join('  ')}  ${rest}`;
    const cut = width === undefined ? line : cutToCells(line, width);
    return at === 0 ? dim(cut) : bold(cut.slice(0, name.length)) + cut.slice(name.length);
  });
}

/** Names and values in two columns, one pair per line. */
export function factLines(facts: readonly (readonly [string, string])[], { dim }: Look): string[] {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => `${dim(name.padEnd(width))}  ${oneLine(value)}`);
}
