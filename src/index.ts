/**
 * The library: the work of the commands, for programs. Nothing here prints, exits or reads the command line.
 *
 * @module
 */
export { EmbedError } from './errors.ts';
export { cluster, type ClusterOptions, type ClusterResult } from './library/cluster.ts';
export { dedup, type DedupOptions, type DedupResult } from './library/dedup.ts';
export { encode, encodeTo, type EncodeOptions, type RowSink, type SetRow } from './library/encode.ts';
export { openEncoder, type EncoderOptions, type TextEncoder, type TextReading } from './library/encoder.ts';
export { addFormat, type CustomFormat } from './library/formats.ts';
export type { CorpusOptions, ModelOptions, Progress, RunOptions } from './library/options.ts';
export { search, type SearchOptions, type SearchQueries, type SearchResult } from './library/search.ts';
export { openSet, type EmbedSet, type SetOrPath } from './library/set.ts';
export type { CustomEncoder } from './model/model.ts';
export type { ClusterRecord, ClustersSummary, ClusterSummary } from './report/clusters.ts';
export type { DuplicateRecord, DuplicateSummary } from './report/duplicates.ts';
export type { Hit, SearchSummary } from './report/hits.ts';
export type { Matrix } from './vectors/matrix.ts';
