/**
 * @jest-config-loader esbuild-register
 *
 * Modules run as ES modules, which Node offers to Jest behind a flag. Setting it here, for the workers, lets a bare
 * `npx jest path` do; `workerIdleMemoryLimit` keeps Jest from running a single file in its own process, where the
 * flag is missing.
 */
import type { Config } from 'jest';

process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules`.trim();

const transform = {
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', tsx: true },
    transform: { react: { runtime: 'automatic', importSource: 'preact' } },
  },
};

const services = {
  globalSetup: './shared/testing/global-setup.ts',
  globalTeardown: './shared/testing/global-teardown.ts',
};

const deploy = process.env.TEST_DEPLOY === '1';

const config: Config = {
  // Tests that need programs of the system (promtool) are a run of their own: npm run test:deploy.
  testMatch: deploy ? ['**/scripts/deploy/*.test.ts'] : ['**/*.test.ts', '**/*.test.tsx'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', ...(deploy ? [] : ['/scripts/deploy/'])],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.data/'],
  transform: { '^.+\\.tsx?$': ['@swc/jest', transform] },
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // Checks of the source alone (`npm run check`) need no database.
  ...(process.env.TEST_SERVICES === 'none' ? {} : services),
  testEnvironment: './shared/testing/environment.ts',
  testTimeout: 60_000,
  maxWorkers: 2,
  workerIdleMemoryLimit: '1GB',
};

export default config;
