/** Learning rates over a run: factors of the base rate, by step. */
import { UnknownNameError } from './errors.ts';

/** The factor at step t (from 0) of T. */
type Schedule = (step: number, steps: number) => number;

/** How the learning rate changes over a run. */
export type ScheduleName = 'constant' | 'linear' | 'cosine';

const SCHEDULES: Readonly<Record<ScheduleName, Schedule>> = {
  constant: () => 1,
  // 1 at the first step, 1/T at the last: would reach 0 one step after the end.
  linear: (step, steps) => 1 - step / steps,
  // Half a cosine (Loshchilov and Hutter, SGDR, 2017, without restarts); ends just above 0.
  cosine: (step, steps) => (1 + Math.cos((Math.PI * step) / steps)) / 2,
};

/** Every schedule there is. */
export const scheduleNames: readonly ScheduleName[] = Object.keys(SCHEDULES) as ScheduleName[];

/**
 * The learning rate of a step.
 *
 * @param step from 0 to `steps` − 1
 * @throws UnknownNameError when there is no such schedule
 */
export function learningRateAt(
  schedule: ScheduleName,
  base: number,
  step: number,
  steps: number,
): number {
  if (!Object.hasOwn(SCHEDULES, schedule))
    throw new UnknownNameError('schedule', String(schedule), scheduleNames);
  return base * SCHEDULES[schedule](step, steps);
}
