import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { SummaryReporter } from './test/house/summary-reporter.ts';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', new SummaryReporter({ skipsFail: process.env['CI'] === 'true' })],
  },
});

export default config;
