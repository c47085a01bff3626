import { jsonlSink } from './jsonl-sink.ts';
import { setSink } from './set-sink.ts';
import type { SinkKind } from './sink.ts';

/** The forms that encode writes. A new form is a file of its own and a line here. */
export const SINKS: readonly SinkKind[] = [setSink, jsonlSink];
