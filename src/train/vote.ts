/**
 * Stopping all ranks after the same step. A signal reaches each rank at a moment of its own, and a rank
 * that stopped by itself would leave the others in the middle of an exchange, which is no state to go on
 * from. So ranks ask each other, every so many steps, whether one of them is to stop. How many is for
 * rank 0 to say each time, by its clock: few enough to react at once, and so many that asking costs nothing.
 */
import type { CheckpointPeers } from './checkpoint/checkpoints.ts';

/** Least time between two votes. */
const VOTE_MILLISECONDS = 100;
const MAX_DISTANCE = 2 ** 16;

/** The votes of one run, seen from one rank. */
export class StopVote {
  readonly #peers: CheckpointPeers;
  readonly #signal: AbortSignal | undefined;
  #next: number;
  #last: { readonly step: number; readonly time: number } | undefined;

  /**
   * @param signal this rank's; ranks without one vote too
   * @param step the first step, at which the first vote is held
   */
  constructor(peers: CheckpointPeers, signal: AbortSignal | undefined, step: number) {
    this.#peers = peers;
    this.#signal = signal;
    this.#next = step;
  }

  /** True on all ranks, or on none, before step `step`; to be asked before each. */
  async isOver(step: number): Promise<boolean> {
    const wants = this.#signal?.aborted ?? false;
    if (this.#peers.size === 1 || !this.#peers.gather) return wants;
    if (step < this.#next) return false;
    const own = Uint32Array.of(wants ? 1 : 0, this.#distance(step));
    const votes = (await this.#peers.gather(new Uint8Array(own.buffer))).map(
      (bytes) => new Uint32Array(bytes.slice().buffer),
    );
    this.#next = step + votes[0]![1]!;
    return votes.some(([stop]) => stop === 1);
  }

  /** Steps that take about the time between two votes. */
  #distance(step: number): number {
    const [time, last] = [performance.now(), this.#last];
    this.#last = { step, time };
    if (!last) return 1;
    const perStep = (time - last.time) / (step - last.step);
    const steps = Math.floor(VOTE_MILLISECONDS / Math.max(perStep, Number.MIN_VALUE));
    return Math.min(Math.max(1, steps), MAX_DISTANCE);
  }
}
