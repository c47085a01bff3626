import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type * as Ort from 'onnxruntime-node';
import { EmbedError } from '../errors.ts';
import { memoryError } from '../system-errors.ts';
import { halfToSingle } from '../vectors/value-types.ts';
import { explainMissingRuntime } from './missing-runtime.ts';

/** The one door to ONNX Runtime: sessions in, typed arrays out. */

export type TensorData = Float32Array | Float64Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;

export type Feeds = Record<string, { data: TensorData; shape: readonly number[] }>;

/** An output. `data` has the type that the graph declares for it; float16 is converted to float32. */
export type Fetched = { data: TensorData; shape: readonly number[] };

export type Session = {
  inputs: readonly string[];
  /** Element type of each input. */
  inputTypes: ReadonlyMap<string, string>;
  outputs: readonly string[];
  /** Runs the graph once. Blocks the calling thread until it is done. */
  run(feeds: Feeds, fetches?: readonly string[]): Promise<Map<string, Fetched>>;
  close(): Promise<void>;
};

const require = createRequire(import.meta.url);

const PLATFORM_PACKAGE = `corpus-embed-runtime-${process.platform}-${process.arch}`;
const VENDORED = fileURLToPath(new URL('../../vendor/onnxruntime-node', import.meta.url));
const RUNTIME = locateRuntime();

/**
 * Switches off ONNX Runtime's telemetry. From version 1.29 on, its Linux and macOS builds send usage data, with names and
 * hashes of models, unless this variable is set before the library starts. The library reads the environment of the process,
 * which only the main thread can change: call this there before a worker opens a session.
 */
export function forbidTelemetry(): void {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
}

/** The version of the installed ONNX Runtime. Vectors may differ in their last bits between versions. */
export function runtimeVersion(): string {
  try {
    return (require(`${RUNTIME}/package.json`) as { version: string }).version;
  } catch (cause) {
    throw missingRuntime(cause);
  }
}

/**
 * Opens a model file, or a graph in memory, on the CPU.
 *
 * @param spinning whether idle threads wait for work in a busy loop; set it to false for kernels that run only now and then
 * @param arena whether the session keeps the memory of intermediate results between runs
 * @throws EmbedError where the runtime is missing or the model cannot be loaded
 */
export async function openSession(
  model: string | Uint8Array,
  { threads = 1, spinning = true, arena = true }: { threads?: number; spinning?: boolean; arena?: boolean } = {},
): Promise<Session> {
  forbidTelemetry();
  let runtime: typeof Ort;
  try {
    runtime = require(RUNTIME) as typeof Ort;
  } catch (cause) {
    throw missingRuntime(cause);
  }
  // "basic", because the extended level fuses Add + LayerNormalization into SkipLayerNormalization, five times slower on CPUs
  const options: Ort.InferenceSession.SessionOptions = {
    graphOptimizationLevel: 'basic',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableMemPattern: false,
    enableCpuMemArena: arena,
    // fatal errors only: the library would print errors that we report ourselves
    logSeverityLevel: 4,
    ...(spinning ? {} : { extra: { session: { intra_op: { allow_spinning: '0' } } } }),
  };
  let session: Ort.InferenceSession;
  try {
    session = await (typeof model === 'string'
      ? runtime.InferenceSession.create(model, options)
      : runtime.InferenceSession.create(model, options));
  } catch (cause) {
    const memory = memoryError(cause);
    if (memory) throw memory;
    const where = typeof model === 'string' ? model : 'a graph in memory';
    throw new EmbedError(`Cannot load the ONNX model ${where}: ${firstLine(cause)}`, {
      hint: 'The file may be cut short or damaged: copy it again and compare its size with the original',
      cause,
    });
  }
  return {
    inputs: session.inputNames,
    inputTypes: new Map(session.inputMetadata.map((input) => [input.name, input.isTensor ? input.type : 'no tensor'])),
    outputs: session.outputNames,
    async run(feeds, fetches) {
      const tensors: Record<string, Ort.Tensor> = {};
      for (const [name, { data, shape }] of Object.entries(feeds)) {
        tensors[name] = new runtime.Tensor(typeOf(data), data, [...shape]);
      }
      const results = fetches ? await session.run(tensors, [...fetches]) : await session.run(tensors);
      return new Map(Object.entries(results).map(([name, { data, type, dims }]) => [name, { data: fetched(data, type), shape: dims }]));
    },
    close: () => session.release(),
  };
}

/** The values of an output tensor, with float16 converted to float32. */
function fetched(data: Ort.Tensor['data'], type: string): TensorData {
  // Node 20 has no Float16Array: there the library returns the bits
  if (type === 'float16' && data instanceof Uint16Array) return Float32Array.from(data, halfToSingle);
  return (type === 'float16' ? Float32Array.from(data as ArrayLike<number>) : data) as TensorData;
}

function typeOf(data: TensorData): 'float32' | 'float64' | 'int64' | 'int32' | 'int8' | 'uint8' {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof Int32Array) return 'int32';
  return data instanceof Int8Array ? 'int8' : 'uint8';
}

/**
 * Finds ONNX Runtime. A release has a package per platform, a tarball carries the library, and a clone has onnxruntime-node
 * (docs/adr/014).
 */
function locateRuntime(): string {
  try {
    require.resolve(`${PLATFORM_PACKAGE}/package.json`);
    return PLATFORM_PACKAGE;
  } catch {
    return existsSync(`${VENDORED}/bin/napi-v6/${process.platform}/${process.arch}`) ? VENDORED : 'onnxruntime-node';
  }
}

function missingRuntime(cause: unknown): EmbedError {
  const machine = { platform: process.platform, arch: process.arch, musl: process.platform === 'linux' && isMusl() };
  const { message, hint } = explainMissingRuntime(firstLine(cause), machine);
  return new EmbedError(message, { hint, cause });
}

/** Whether this Linux has musl: Node.js then reports no version of glibc. The report is slow, so call this only after a failure. */
function isMusl(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined;
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
}
