import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { ClusterMetric } from '../../analysis/clusters/rows.ts';
import { EmbedError } from '../../errors.ts';
import { readJsonFile } from '../../files/json-file.ts';
import type { OutputFile } from '../../files/output-file.ts';
import { array, exactOptional, literal, misfitOf, nullable, object, picklist, record, string, whole, type Schema } from '../../schema.ts';
import type { Like } from '../../sets/like.ts';
import type { Origin } from '../../sets/origin.ts';
import { assertNotNewer } from '../../vectors/manifest-file.ts';
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
  clusters: { size: number; words: string[]; label?: string }[];
};

type StoredFacts = { format: 1; vectors: string; metric: ClusterMetric; origin?: Origin | null; clusters: CentroidFacts['clusters'] };

const FACTS: Schema<StoredFacts> = object({
  format: literal(1),
  vectors: string(),
  metric: picklist(['cosine', 'euclidean'] as const),
  origin: exactOptional(
    nullable(
      object({
        name: string(),
        hash: string(),
        revision: nullable(string()),
        pooling: string(),
        prompts: record(string(), string()),
        precision: nullable(string()),
        base: exactOptional(nullable(string())),
        prompt: exactOptional(nullable(string())),
        dims: whole(1),
      }),
    ),
  ),
  clusters: array(object({ size: whole(), words: array(string()), label: exactOptional(string()) })),
});

/** Larger ones are not ours: it has a few words per cluster. */
const MAX_BYTES = 100_000_000;

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
  if (!centroids) return undefined;
  const { path, matrix, known } = centroids;
  const origin = known?.origin ?? undefined;
  return { origin, dims: matrix.cols, name: path, prompt: origin?.prompt };
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
  const read = readJsonFile(beside, { maxBytes: MAX_BYTES });
  if ('misfit' in read) return fail(`${beside} is damaged: ${read.misfit}`, hint);
  assertNotNewer(beside, Object(read.value).format);
  const misfit = misfitOf(FACTS, read.value);
  if (misfit !== undefined) return fail(`${beside} is damaged: ${misfit}`, hint);
  const { vectors, metric, origin = null, clusters } = read.value as StoredFacts;
  if (vectors !== hashOf(matrix)) fail(`${beside} is from another run`, hint);
  return { metric, origin, clusters };
}

function hashOf({ data }: Matrix): string {
  return `sha256:${createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex')}`;
}
