/** The browser tests: real Chromium against the real program. One file after the other, because they share a machine with it. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['e2e/**/*.test.ts'],
    env: { TZ: 'Europe/London' },
    pool: 'forks',
    fileParallelism: false,
    // A story: what comes after a failed step would only fail for the same reason, slowly.
    bail: process.env['E2E_GO_ON'] ? 0 : 1,
    testTimeout: 90_000,
    hookTimeout: 120_000,
    reporters: ['verbose'],
  },
});
