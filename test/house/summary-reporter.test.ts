import { expect, it, vi } from 'vitest';
import type { TestModule } from 'vitest/node';
import { SummaryReporter, summarize } from './summary-reporter.ts';

type State = 'passed' | 'failed' | 'skipped' | 'pending';

/** A test file as the runner reports it, with tests of these outcomes. */
function moduleOf(state: 'passed' | 'failed', ...tests: State[]): TestModule {
  const cases = tests.map((outcome, i) => ({
    fullName: `test ${i}`,
    result: () => ({ state: outcome }),
  }));
  return { state: () => state, children: { allTests: () => cases } } as unknown as TestModule;
}

it('counts tests, files that could not be loaded, and errors outside tests', () => {
  const modules = [
    moduleOf('failed', 'passed', 'failed', 'skipped', 'pending'),
    moduleOf('passed', 'passed'),
    moduleOf('failed'),
  ];
  expect(summarize(modules, ['late rejection'])).toEqual({
    passed: 2,
    failed: 3,
    skipped: ['test 2', 'test 3'],
  });
});

it.each([
  [true, '1 passed, 1 failed', 1],
  [false, '1 passed, 0 failed', undefined],
])('with skipsFail=%s a skip ends in "%s"', (skipsFail, line, exitCode) => {
  const before = process.exitCode;
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    process.exitCode = undefined;
    new SummaryReporter({ skipsFail }).onTestRunEnd([moduleOf('passed', 'passed', 'skipped')], []);
    expect([log.mock.lastCall, process.exitCode]).toEqual([[line], exitCode]);
  } finally {
    process.exitCode = before;
    log.mockRestore();
  }
});
