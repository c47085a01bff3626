import { Graph, MICROSOFT } from './graph.ts';
import { openSession, type Feeds, type Fetched, type Session } from './runtime.ts';

/**
 * Proposes neighbours. The kernel scores a block of rows against some queries and returns only those groups of rows in which
 * a row can still be among the best `top` of its query. The graph itself selects the groups, so that JavaScript sees a few
 * groups per query instead of a block of scores:
 *
 *   scores [q, n] → maxima of groups → groups that reach the query's floor.
 *
 * While there are no floors yet (`seedTop`), the graph derives them from the block: the top-th largest maximum, minus
 * `width`. No row is lost as long as `width` covers the errors of both scores.
 */
export type CandidateKernel = {
  /** Calls `found` with every pair that reaches the floor. */
  run(operands: { queries: QueryOperand; rows: RowOperand; floors: Floors }, found: OnCandidate): Promise<void>;
  close(): Promise<void>;
};

/** Called with a query and a row, as positions in the operands. */
export type OnCandidate = (query: number, row: number, score: number) => void;

/** Rows per group; blocks hold whole groups. Measured with codes: 16, 32 and 64 are equally fast, 128 is 20 % slower. */
export const GROUP = 32;

/** Queries, [count, width]. The int8 kernel takes them as 8-bit codes with zero point 128. */
export type QueryOperand = { data: Float32Array | Uint8Array; count: number };

/**
 * Rows of a block. float32: `data` is [count, width]; `perRow` [count] is added to the scores if the kernel has a bias.
 * int8: `data` is transposed, [width, count]; scores are products of codes, multiplied by `perRow` [count].
 */
export type RowOperand = { data: Float32Array | Int8Array; count: number; perRow: Float32Array };

export type Floors = {
  /** For each query, the score below which rows are dropped. */
  least: Float32Array;
  /** For a seeding kernel: for each query, how far the score of a row among its best may lie below that of another row. */
  width?: Float32Array;
};

export type KernelKind = 'float32' | 'int8';

export type KernelSpec = {
  kind: KernelKind;
  /** Numbers or codes per vector. */
  width: number;
  /** float32 only: whether `perRow` is added to the scores. */
  bias: boolean;
  /** For a kernel that seeds the floors: how many rows are wanted per query. A block must have at least as many groups. */
  seedTop: number | undefined;
};

/**
 * A kernel that keeps blocks of codes for many runs. They are constants of the graph, which ONNX Runtime packs once: that
 * makes a product with 512 queries 1.4 times as fast. Rows are numbered across all blocks.
 */
export type HeldCandidates = {
  run(operands: { queries: QueryOperand; floors: Floors }, found: OnCandidate): Promise<void>;
  close(): Promise<void>;
};

export async function holdCandidates(
  blocks: readonly RowOperand[],
  { width, threads }: { width: number; threads: number },
): Promise<HeldCandidates> {
  // many of these sessions are open at once: memory that each keeps for itself would be cold whenever it is used
  const session = await openSession(heldGraph(blocks, width), { threads, spinning: false, arena: false });
  const counts = blocks.map((block) => block.count);
  return {
    async run({ queries, floors: { least } }, found) {
      const results = await session.run({
        queries: { data: queries.data, shape: [queries.count, width] },
        least: { data: least, shape: [queries.count, 1] },
      });
      let base = 0;
      for (const [at, count] of counts.entries()) {
        eachSelected(results, { suffix: String(at), floor: least, base }, found);
        base += count;
      }
    },
    close: () => session.close(),
  };
}

export async function openCandidateKernel(spec: KernelSpec, { threads }: { threads: number }): Promise<CandidateKernel> {
  const session = await openSession(candidateGraph(spec), { threads, spinning: false });
  return { run: (operands, found) => runOnce(session, { ...operands, spec, found }), close: () => session.close() };
}

function candidateGraph({ kind, width, bias, seedTop }: KernelSpec): Uint8Array {
  const graph = new Graph(`candidates-${kind}`);
  const floats = (name: string, shape: (number | string)[]): string => graph.input({ name, type: 'float32', shape });
  let scores: string;
  if (kind === 'float32') {
    const operands = [floats('queries', ['q', width]), floats('rows', ['n', width])];
    if (bias) operands.push(floats('perRow', ['n']));
    scores = graph.op('Gemm', operands, { transB: 1 });
  } else {
    const queries = graph.input({ name: 'queries', type: 'uint8', shape: ['q', width] });
    const rows = graph.input({ name: 'rows', type: 'int8', shape: [width, 'n'] });
    scores = productOfCodes(graph, { queries, rows, perRow: floats('perRow', ['n']) });
  }
  const { grouped, maxima } = groupsOf(graph, scores);
  let floor = floats('least', ['q', 1]);
  if (seedTop !== undefined) {
    const [best] = graph.ops('TopK', [maxima, wholeNumbers(graph, 'top', [seedTop])], 2, { axis: 1, sorted: 0 });
    const kth = graph.op('ReduceMin', [best!, wholeNumbers(graph, 'second', [1])], { keepdims: 1 });
    floor = graph.op('Max', [floor, graph.op('Sub', [kth, floats('width', ['q', 1])])], {}, { as: 'floor' });
    graph.output({ name: floor, type: 'float32', shape: ['q', 1] });
  }
  selectGroups(graph, { grouped, maxima, floor }, '');
  return graph.toBytes();
}

function heldGraph(blocks: readonly RowOperand[], width: number): Uint8Array {
  const graph = new Graph('held-candidates');
  const queries = graph.input({ name: 'queries', type: 'uint8', shape: ['q', width] });
  const floor = graph.input({ name: 'least', type: 'float32', shape: ['q', 1] });
  for (const [at, { data, perRow, count }] of blocks.entries()) {
    const rows = graph.constant(`rows${at}`, { shape: [width, count], data });
    const scales = graph.constant(`perRow${at}`, { shape: [count], data: perRow });
    const scores = productOfCodes(graph, { queries, rows, perRow: scales });
    selectGroups(graph, { ...groupsOf(graph, scores), floor }, String(at));
  }
  return graph.toBytes();
}

function wholeNumbers(graph: Graph, name: string, values: number[]): string {
  return graph.constant(name, { shape: [values.length], data: BigInt64Array.from(values, BigInt) });
}

function productOfCodes(graph: Graph, { queries, rows, perRow }: { queries: string; rows: string; perRow: string }): string {
  const one = graph.constant('one', { shape: [], data: new Float32Array([1]) });
  const zeroPoint = graph.constant('zero_point', { shape: [], data: new Uint8Array([128]) });
  return graph.op('MatMulIntegerToFloat', [queries, rows, one, perRow, zeroPoint], {}, { domain: MICROSOFT });
}

function groupsOf(graph: Graph, scores: string): { grouped: string; maxima: string } {
  const grouped = graph.op('Reshape', [scores, wholeNumbers(graph, 'groups', [0, -1, GROUP])]);
  return { grouped, maxima: graph.op('ReduceMax', [grouped, wholeNumbers(graph, 'last', [2])], { keepdims: 0 }) };
}

/** Adds the groups that reach the floor as the outputs `hits` and `scores`; a suffix tells several selections of a graph apart. */
function selectGroups(graph: Graph, { grouped, maxima, floor }: { grouped: string; maxima: string; floor: string }, suffix: string): void {
  const hits = graph.op('NonZero', [graph.op('GreaterOrEqual', [maxima, floor])], {}, { as: `hits${suffix}` });
  graph.op('GatherND', [grouped, graph.op('Transpose', [hits], { perm: [1, 0] })], {}, { as: `scores${suffix}` });
  graph.output({ name: `hits${suffix}`, type: 'int64', shape: [2, `h${suffix}`] });
  graph.output({ name: `scores${suffix}`, type: 'float32', shape: [`h${suffix}`, GROUP] });
}

type KernelRun = { spec: KernelSpec; queries: QueryOperand; rows: RowOperand; floors: Floors; found: OnCandidate };

async function runOnce(session: Session, { spec, queries, rows, floors, found }: KernelRun): Promise<void> {
  const { kind, width } = spec;
  const column = [queries.count, 1];
  const feeds: Feeds = {
    queries: { data: queries.data, shape: [queries.count, width] },
    rows: { data: rows.data, shape: kind === 'float32' ? [rows.count, width] : [width, rows.count] },
    perRow: { data: rows.perRow, shape: [rows.count] },
    least: { data: floors.least, shape: column },
    ...(floors.width ? { width: { data: floors.width, shape: column } } : {}),
  };
  const results = await session.run(Object.fromEntries(session.inputs.map((name) => [name, feeds[name]!])));
  const floor = (results.get('floor')?.data as Float32Array | undefined) ?? floors.least;
  eachSelected(results, { suffix: '', floor, base: 0 }, found);
}

/** Calls `found` with each pair that reaches the floor, among the selected groups; `base` is the number of the first row. */
function eachSelected(
  results: Map<string, Fetched>,
  { suffix, floor, base }: { suffix: string; floor: Float32Array; base: number },
  found: OnCandidate,
): void {
  const scores = results.get(`scores${suffix}`)!.data as Float32Array;
  const hits = results.get(`hits${suffix}`)!.data as BigInt64Array;
  // the low halves hold the indices; reading them as BigInt takes twenty times as long
  const halves = new Int32Array(hits.buffer, hits.byteOffset, hits.length * 2);
  for (let hit = 0; hit < hits.length / 2; hit++) {
    const query = halves[2 * hit]!;
    const first = base + halves[hits.length + 2 * hit]! * GROUP;
    const least = floor[query]!;
    for (let at = 0; at < GROUP; at++) {
      const score = scores[hit * GROUP + at]!;
      if (score >= least) found(query, first + at, score);
    }
  }
}
