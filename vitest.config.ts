import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { SummaryReporter } from './test/house/summary-reporter.ts';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Many tests wait for processes and deadlines; left to itself vitest leaves a processor free.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', new SummaryReporter({ skipsFail: process.env['CI'] === 'true' })],
  },
});

export default config;
