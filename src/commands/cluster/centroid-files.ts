import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { ClusterMetric } from '../../analysis/clusters/rows.ts';
import { EmbedError } from '../../errors.ts';
import type { OutputFile } from '../../files/output-file.ts';
import { looseObject, misfitOf, nullable, nullish, record, string, whole } from '../../schema.ts';
import type { Like } from '../../sets/like.ts';
import type { Origin } from '../../sets/origin.ts';
import { assertNotNewer } from '../../vectors/manifest.ts';
import { squaredNorm, type Matrix } from '../../vectors/matrix.ts';
import { npyHeader, readNpy } from '../../vectors/npy.ts';
import { version } from '../../version.ts';

/** Centroids on disk: a `.npy` file, and a JSON file beside it with the metric, the model and the words of each cluster. */
export type Centroids = {
  path: string;
  matrix: Matrix;
  /** Undefined for a bare `.npy`. */
  known: CentroidFacts | undefined;
};

export type CentroidFacts = {
  metric: ClusterMetric;
  /** The model and settings that made the vectors; null if they were not known. */
  origin: Origin | null;
  clusters: { size: number; words: string[] }[];
};

/** The path of the JSON file beside the centroids. */
export function factsPath(npyPath: string): string {
  return npyPath.replace(/(\.npy)?$/i, '.clusters.json');
}

/** Writes centroids [clusters, dims] as `.npy` in float32, and their `CentroidFacts` as JSON beside it. */
export function writeCentroids(vectors: OutputFile, beside: OutputFile, { matrix, known }: { matrix: Matrix; known: CentroidFacts }): void {
  const { data, rows, cols } = matrix;
  vectors.write(npyHeader({ rows, cols }));
  vectors.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const facts = { format: 1, tool: `embed ${version()}`, vectors: hashOf(matrix), ...known };
  beside.write(Buffer.from(`${JSON.stringify(facts, undefined, 1)}\n`));
}

/** What vectors must be like, to be put into these clusters. */
export function likeOfCentroids(centroids: Centroids | undefined): Like | undefined {
  const origin = centroids?.known?.origin;
  return centroids && origin ? { origin, name: centroids.path } : undefined;
}

/** Reads centroids. Throws an EmbedError if they do not fit `metric`, are not finite, or if their two files are not from the same run. */
export function readCentroids(path: string, { metric }: { metric: ClusterMetric | undefined }): Centroids {
  const fail = (why: string, hint = 'Give a file that --centroids wrote'): never => {
    throw new EmbedError(`Cannot use the centroids of ${path}: ${why}`, { hint });
  };
  const matrix = readNpy(path);
  const known = readFacts(path, matrix, fail);
  if (known && metric !== undefined && known.metric !== metric) {
    fail(`they were made with --metric ${known.metric}`, 'Leave --metric out');
  }
  if (matrix.rows === 0) fail('it has no rows');
  if (known && known.clusters.length !== matrix.rows) fail(`${factsPath(path)} is from another run`);
  const cosine = (known?.metric ?? metric ?? 'cosine') === 'cosine';
  for (let row = 0; row < matrix.rows; row++) {
    const square = squaredNorm(matrix.data, row * matrix.cols, (row + 1) * matrix.cols);
    if (!Number.isFinite(square)) fail(`row ${row} contains NaN or infinity`);
    if (square === 0 && cosine) fail(`row ${row} has length zero`);
  }
  return { path, matrix, known };
}

function readFacts(path: string, matrix: Matrix, fail: (why: string, hint: string) => never): CentroidFacts | undefined {
  const beside = factsPath(path);
  if (!existsSync(beside)) return undefined;
  const hint = `Write them again with --centroids, or delete ${beside} to use ${path} without names`;
  let facts: Partial<CentroidFacts & { format: number; vectors: string }>;
  try {
    facts = JSON.parse(readFileSync(beside, 'utf8')) as typeof facts;
  } catch {
    return fail(`${beside} is damaged`, hint);
  }
  const { format, vectors, metric, origin = null, clusters } = facts;
  assertNotNewer(beside, format);
  if (format !== 1 || (metric !== 'cosine' && metric !== 'euclidean') || !Array.isArray(clusters))
    return fail(`${beside} is damaged`, hint);
  if (vectors !== hashOf(matrix)) fail(`${beside} is from another run`, hint);
  const misfit = origin === null ? undefined : misfitOf(ORIGIN, origin);
  if (misfit !== undefined) fail(`${beside} is damaged: in its origin, ${misfit}`, hint);
  return { metric, origin, clusters };
}

const ORIGIN = looseObject({
  name: string(),
  hash: string(),
  revision: nullable(string()),
  pooling: string(),
  prompts: record(string(), string()),
  precision: nullable(string()),
  base: nullish(string()),
  dims: whole(1),
});

function hashOf({ data }: Matrix): string {
  return `sha256:${createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex')}`;
}
