/**
 * Signs of life: a rank whose engine has a thread of its own sends one every so often, and ranks that have
 * heard one from a peer expect more. A process that is stopped, or a link that is down with nobody writing,
 * shows in no other way; TCP's own probes do not run while data are unacknowledged.
 *
 * Silence is counted in ticks of this rank's own timer, so what keeps this process itself from running (a
 * stop, a suspended machine, a clock that jumps) is not blamed on the peers.
 */

export interface PulseOptions {
  /** Time between two signs, milliseconds. */
  readonly heartbeatMs: number;
  /** Silence after which a peer counts as lost, milliseconds. */
  readonly silenceMs: number;
}

/** What is watched. */
export interface Watched {
  /** Peers that have not left and are not lost. */
  readonly peers: readonly number[];
  /** Sends a sign of life. */
  beat(peer: number): void;
  /** The peer sends signs of life. */
  hasPulse(peer: number): boolean;
  /** Bytes that have come from it so far. */
  heard(peer: number): number;
  /** It has been silent for too long. */
  silent(peer: number, milliseconds: number): void;
}

export class Pulse {
  readonly #options: PulseOptions;
  readonly #watched: Watched;
  readonly #timer: NodeJS.Timeout;
  readonly #silence: Map<number, { bytes: number; ticks: number }> = new Map();

  constructor(watched: Watched, options: PulseOptions) {
    this.#watched = watched;
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), options.heartbeatMs);
    this.#timer.unref();
    // Who stops before its first tick would never be missed.
    for (const peer of watched.peers) watched.beat(peer);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    for (const peer of this.#watched.peers) {
      this.#watched.beat(peer);
      if (this.#watched.hasPulse(peer)) this.#listen(peer);
    }
  }

  #listen(peer: number): void {
    const { heartbeatMs, silenceMs } = this.#options;
    const bytes = this.#watched.heard(peer);
    const before = this.#silence.get(peer);
    const ticks = before?.bytes === bytes ? before.ticks + 1 : 0;
    this.#silence.set(peer, { bytes, ticks });
    if (ticks * heartbeatMs >= silenceMs) this.#watched.silent(peer, ticks * heartbeatMs);
  }
}
