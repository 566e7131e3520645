/** Programs that some tests need beyond Node and npm. */
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'vitest';

/** True when `command` starts and ends well. */
export function commandWorks(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

/**
 * A `beforeEach` hook (or first line of a test) that skips where something is missing, and says
 * what. Under CI=true it fails instead: CI installs whatever a test may need.
 * @example beforeEach(requirement('python3', () => commandWorks('python3', '--version')));
 */
export function requirement(
  name: string,
  isPresent: () => boolean,
): (context: Pick<TestContext, 'skip'>) => void {
  let present: boolean | undefined;
  return (context) => {
    present ??= isPresent();
    if (present) return;
    if (process.env['CI'] === 'true') throw new Error(`${name} is missing; CI must install it`);
    context.skip(`needs ${name}, which is not here`);
  };
}
