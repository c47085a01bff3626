import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSession } from '../src/engine/runtime.ts';
import { contentHash } from '../src/files/content-hash.ts';
import type { BertConfig } from '../src/model/transformer/families.ts';
import { onnxFile } from '../src/model/transformer/graph-cache.ts';

/** What a process of its own takes to build the graph of the model in a folder, or to find it in the cache; prints JSON. */
const folder = process.argv[2]!;
const weights = join(folder, 'model.safetensors');
const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as BertConfig;
const started = performance.now();
const path = onnxFile({ kind: 'weights', files: [weights], config, why: '' }, { hash: contentHash(weights) });
const built = performance.now();
const megabytes = process.resourceUsage().maxRSS / 1024;
await openSession(path, { threads: 1 });
console.log(JSON.stringify({ path, seconds: (built - started) / 1000, megabytes, sessionSeconds: (performance.now() - built) / 1000 }));
