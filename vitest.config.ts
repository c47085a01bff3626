import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // reports name files from the root of the repository, which a build server may know better than a test
    env: { GITHUB_WORKSPACE: '', CI_PROJECT_DIR: '' },
    // ends what hangs, and decides nothing: a machine may be slow and busy
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // two sessions at most: more only wait for each other on two cores
    maxWorkers: 2,
  },
});

export default config;
