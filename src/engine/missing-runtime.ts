/** The machine that ONNX Runtime could not be loaded on. */
export type Machine = {
  /** As in `process.platform` and `process.arch`. */
  platform: string;
  arch: string;
  /** Whether this Linux has musl instead of glibc. */
  musl: boolean;
};

const SYSTEMS: Record<string, string> = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' };
const BUILDS = new Set(['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64']);

/** Explains why ONNX Runtime could not be loaded, and what helps. An unknown cause is quoted as the loader reported it. */
export function explainMissingRuntime(cause: string, { platform, arch, musl }: Machine): { message: string; hint: string } {
  const system = `${SYSTEMS[platform] ?? platform} on ${arch}`;
  if (!BUILDS.has(`${platform}-${arch}`)) {
    return {
      message: `Cannot load ONNX Runtime: there is no build of it for ${system}`,
      hint:
        platform === 'darwin'
          ? 'On a Mac with Apple silicon install Node.js for arm64; on an Intel Mac run embed in a container, such as node:20-slim'
          : 'It runs on Linux (glibc) and Windows, x64 and arm64, and on macOS arm64',
    };
  }
  if (musl) {
    return {
      message: `Cannot load ONNX Runtime: it needs glibc, and this Linux has musl`,
      hint: 'Run embed on a system with glibc: node:20-slim instead of node:20-alpine',
    };
  }
  if (/GLIBC(XX)?_[\d.]+' not found/.test(cause)) {
    return {
      message: `Cannot load ONNX Runtime: the C library of this system is too old (${cause})`,
      hint: 'It needs glibc 2.28 and libstdc++ of GCC 8 or newer: Debian 10, Ubuntu 20.04, RHEL 8',
    };
  }
  if (cause.includes('libstdc++.so.6')) {
    return {
      message: `Cannot load ONNX Runtime: ${cause}`,
      hint: 'Install the C++ library: apt-get install libstdc++6, or dnf install libstdc++',
    };
  }
  if (platform === 'win32' && /specified module could not be found/.test(cause)) {
    return {
      message: `Cannot load ONNX Runtime: ${cause}`,
      hint: 'Install the Microsoft Visual C++ Redistributable, then try again',
    };
  }
  return {
    message: `Cannot load ONNX Runtime for ${system}: ${cause}`,
    hint: 'Install embed again on this machine, without --omit=optional; a packed tarball runs on the platform where it was packed',
  };
}
