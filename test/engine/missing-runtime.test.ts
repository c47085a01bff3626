import { describe, expect, test } from 'vitest';
import { explainMissingRuntime } from '../../src/engine/missing-runtime.ts';

const LINUX = { platform: 'linux', arch: 'x64', musl: false };

describe('explainMissingRuntime', () => {
  test('names the platforms that have no build', () => {
    expect(explainMissingRuntime("Cannot find module 'onnxruntime-node'", { ...LINUX, platform: 'darwin' })).toEqual({
      message: 'Cannot load ONNX Runtime: there is no build of it for macOS on x64',
      hint: 'On a Mac with Apple silicon install Node.js for arm64; on an Intel Mac run embed in a container, such as node:20-slim',
    });
    expect(explainMissingRuntime("Cannot find module 'onnxruntime-node'", { ...LINUX, arch: 'arm' })).toEqual({
      message: 'Cannot load ONNX Runtime: there is no build of it for Linux on arm',
      hint: 'It runs on Linux (glibc) and Windows, x64 and arm64, and on macOS arm64',
    });
    expect(explainMissingRuntime('', { ...LINUX, platform: 'freebsd' }).message).toContain('for freebsd on x64');
  });

  test('tells musl from a library that is missing', () => {
    const cause = 'Error loading shared library ld-linux-x86-64.so.2: No such file or directory';
    expect(explainMissingRuntime(cause, { ...LINUX, musl: true })).toEqual({
      message: 'Cannot load ONNX Runtime: it needs glibc, and this Linux has musl',
      hint: 'Run embed on a system with glibc: node:20-slim instead of node:20-alpine',
    });
    expect(explainMissingRuntime('libstdc++.so.6: cannot open shared object file: No such file or directory', LINUX).hint).toContain(
      'apt-get install libstdc++6',
    );
  });

  test('tells an old C library and a missing C++ library of Windows', () => {
    expect(explainMissingRuntime("/lib64/libc.so.6: version `GLIBC_2.28' not found (required by x)", LINUX).hint).toContain('glibc 2.28');
    expect(explainMissingRuntime('The specified module could not be found.', { ...LINUX, platform: 'win32' }).hint).toContain('Visual C++');
  });

  test('keeps the words of any other cause', () => {
    expect(explainMissingRuntime('invalid ELF header', LINUX)).toEqual({
      message: 'Cannot load ONNX Runtime for Linux on x64: invalid ELF header',
      hint: 'Install embed again on this machine, without --omit=optional; a packed tarball runs on the platform where it was packed',
    });
  });
});
