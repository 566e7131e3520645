/**
 * A transport that sends no faster than a given rate, so that a laptop shows what a slow network would.
 *
 * One queue per rank stands for its network card: a frame of b bytes occupies it for b ÷ rate seconds and
 * is handed to the real transport when that time is over, so it arrives whole when a link of that rate
 * would have delivered its last byte. Receiving is not paced: the peers' sending is. Frames keep their
 * order; control frames go at once but take their share of the rate.
 */
import { FRAME_PREFIX_BYTES } from '../../proto/frame.ts';
import type { FrameFields } from './connection.ts';
import type { DuplexTraffic } from './traffic.ts';
import type { Transport, TransportHandler } from './transport.ts';

/** Longest delay of a Node timer, milliseconds; a longer one would end at once. */
const MAX_TIMER = 2 ** 31 - 1;

interface Waiting {
  readonly due: number;
  readonly release: () => void;
}

/** Paces the sends of `inner`. */
export class PacedTransport implements Transport {
  readonly #inner: Transport;
  readonly #bytesPerMillisecond: number;
  readonly #queue: Waiting[] = [];
  /** When the last queued byte has left the card. */
  #freeAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #drained: (() => void) | undefined;

  /** @param bytesPerSecond rate of this rank's sends, above 0 */
  constructor(inner: Transport, bytesPerSecond: number) {
    this.#inner = inner;
    this.#bytesPerMillisecond = bytesPerSecond / 1000;
  }

  get rank(): number {
    return this.#inner.rank;
  }

  get size(): number {
    return this.#inner.size;
  }

  get epoch(): number {
    return this.#inner.epoch;
  }

  get name(): string {
    return this.#inner.name;
  }

  get handler(): TransportHandler {
    return this.#inner.handler;
  }

  set handler(handler: TransportHandler) {
    this.#inner.handler = handler;
  }

  send(peer: number, fields: FrameFields, payload?: Uint8Array, flushed?: () => void): void {
    const due = this.#occupy(FRAME_PREFIX_BYTES + (payload?.length ?? 0));
    const release = (): void => this.#inner.send(peer, fields, payload, flushed);
    this.#queue.push({ due, release });
    this.#schedule();
  }

  sendControl(peer: number, fields: FrameFields, payload?: Uint8Array): void {
    this.#occupy(FRAME_PREFIX_BYTES + (payload?.length ?? 0));
    this.#inner.sendControl(peer, fields, payload);
  }

  giveUp(peer: number, cause: Error): void {
    this.#inner.giveUp(peer, cause);
  }

  traffic(peer: number): DuplexTraffic {
    return this.#inner.traffic(peer);
  }

  async close(options: { silent?: boolean; lingerMs?: number } = {}): Promise<void> {
    if (options.silent) this.#queue.length = 0;
    if (this.#queue.length > 0)
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    clearTimeout(this.#timer);
    await this.#inner.close(options);
  }

  /** Reserves the card for `bytes`; returns when they will have left. */
  #occupy(bytes: number): number {
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + bytes / this.#bytesPerMillisecond;
    return this.#freeAt;
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#queue.length === 0) return;
    const delay = Math.min(Math.max(0, this.#queue[0]!.due - performance.now()), MAX_TIMER);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#releaseDue();
    }, delay);
  }

  /** Timers tick in milliseconds: what is due within half of one goes now, so the rate holds on average. */
  #releaseDue(): void {
    const now = performance.now() + 0.5;
    while (this.#queue.length > 0 && this.#queue[0]!.due <= now) this.#queue.shift()!.release();
    if (this.#queue.length === 0) this.#drained?.();
    else this.#schedule();
  }
}

const UNITS: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 };

/** Bytes per second of `100mbit`, `1gbit`, `2.5gbit`, …; undefined when the text is no rate. */
export function parseLinkRate(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(bit|kbit|mbit|gbit)$/i.exec(text.trim());
  if (!match) return undefined;
  const bits = Number(match[1]) * UNITS[match[2]!.toLowerCase()]!;
  return bits > 0 ? bits / 8 : undefined;
}
