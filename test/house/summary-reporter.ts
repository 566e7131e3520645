import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

/** What a run amounted to. A file that could not be loaded counts as one failure. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
  /** Full names of the tests that did not run. */
  readonly skipped: readonly string[];
}

/** Counts the outcomes of a run. */
export function summarize(
  modules: readonly Pick<TestModule, 'children' | 'state'>[],
  unhandledErrors: readonly unknown[],
): Summary {
  const summary = { passed: 0, failed: unhandledErrors.length, skipped: [] as string[] };
  for (const module of modules) {
    const tests = [...module.children.allTests()];
    const failures = tests.filter((test) => stateOf(test) === 'failed').length;
    const unloadable = module.state() === 'failed' && failures === 0 ? 1 : 0;
    summary.failed += failures + unloadable;
    summary.passed += tests.filter((test) => stateOf(test) === 'passed').length;
    for (const test of tests) if (!hasRun(test)) summary.skipped.push(test.fullName);
  }
  return summary;
}

function stateOf(test: TestCase): string {
  return test.result().state;
}

function hasRun(test: TestCase): boolean {
  return stateOf(test) === 'passed' || stateOf(test) === 'failed';
}

/**
 * Ends a run with the plain line `N passed, N failed`, for machines that read it. With `skipsFail`
 * a test that did not run fails the run: on CI everything a test may need is installed, so a skip
 * there hides a gap.
 */
export class SummaryReporter implements Reporter {
  readonly #skipsFail: boolean;

  constructor(options: { skipsFail: boolean }) {
    this.#skipsFail = options.skipsFail;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const { passed, failed, skipped } = summarize(modules, unhandledErrors);
    const refused = this.#skipsFail ? skipped.length : 0;
    if (refused > 0) {
      process.exitCode = 1;
      for (const name of skipped) console.log(`skipped, which CI counts as failed: ${name}`);
    }
    console.log(`${passed} passed, ${failed + refused} failed`);
  }
}
