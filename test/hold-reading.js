import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { Readable } from 'node:stream';

/**
 * Is loaded into the program before its own code. A file of the name HELD_FILE then gives HELD_BYTES bytes and no more, nor does it
 * end: like a disk that hangs. So a run is half-way, and stays there until the test goes on.
 */
const { HELD_FILE, HELD_BYTES } = process.env;
const { createReadStream, readFileSync } = fs;

fs.createReadStream = (path, options) => {
  if (basename(String(path)) !== HELD_FILE) return createReadStream(path, options);
  // a stream alone keeps no process alive
  const alive = setInterval(() => {}, 2 ** 30);
  const stream = new Readable({
    read() {},
    destroy(error, done) {
      clearInterval(alive);
      done(error);
    },
    ...(options?.signal ? { signal: options.signal } : {}),
  });
  stream.push(readFileSync(path).subarray(0, Number(HELD_BYTES)));
  return stream;
};
syncBuiltinESMExports();
