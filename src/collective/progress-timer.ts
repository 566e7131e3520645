/** Finds out that something does not move any more. */

/** Looks so many times within the time that is allowed. */
const LOOKS = 4;
/** Longest delay of a Node timer, milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

/**
 * Calls `stuck` once when `moved()` has not changed for `milliseconds`. Time is counted in ticks of its own
 * timer: a process that did not run has not waited.
 */
export class ProgressTimer {
  readonly #timer: NodeJS.Timeout | undefined;
  #last: number | undefined;
  #still = 0;

  constructor(milliseconds: number, moved: () => number, stuck: () => void) {
    if (milliseconds > MAX_TIMER) return;
    this.#timer = setInterval(() => {
      const now = moved();
      this.#still = now === this.#last ? this.#still + 1 : 0;
      this.#last = now;
      if (this.#still < LOOKS) return;
      this.stop();
      stuck();
    }, milliseconds / LOOKS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
