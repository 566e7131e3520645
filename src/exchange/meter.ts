/** Where the time and the bytes of an exchange go. */
import { record } from '../trace/recorder.ts';

/** Stages of an exchange, in milliseconds. Units in flight together overlap, so sums may exceed wall time. */
export interface StageMilliseconds {
  /** Compensating and encoding, worker's and owner's. */
  encode: number;
  /** From the first send until the first message of a peer: slower ranks, or the link's latency. */
  wait: number;
  /** From then until all messages are there. */
  transfer: number;
  /** Decoding, adding, scaling. */
  decode: number;
}

/** Counts of one rank; totals since the exchange was created, or of one step. */
export interface ExchangeCounts {
  steps: number;
  /** Bytes of encodings of whole gradients, whoever they went to, and the elements they stand for. */
  encodedBytes: number;
  encodedElements: number;
  /** Sent to other ranks: messages, frame prefixes and control frames, and both at the socket. */
  payloadBytes: number;
  framingBytes: number;
  socketBytes: number;
  /** Finite values clipped to a narrower format's range. */
  saturated: number;
  stageMilliseconds: StageMilliseconds;
}

/** All zero. */
export function noCounts(): ExchangeCounts {
  return {
    steps: 0,
    encodedBytes: 0,
    encodedElements: 0,
    payloadBytes: 0,
    framingBytes: 0,
    socketBytes: 0,
    saturated: 0,
    stageMilliseconds: { encode: 0, wait: 0, transfer: 0, decode: 0 },
  };
}

/** Adds `more` to `total`. */
export function addCounts(total: ExchangeCounts, more: ExchangeCounts): void {
  const { stageMilliseconds, ...rest } = more;
  for (const key of Object.keys(rest) as (keyof typeof rest)[]) total[key] += rest[key];
  for (const key of Object.keys(stageMilliseconds) as (keyof StageMilliseconds)[])
    total.stageMilliseconds[key] += stageMilliseconds[key];
}

/** Runs `work` on the clock of a stage. */
export function timed<T>(counts: ExchangeCounts, stage: keyof StageMilliseconds, work: () => T): T {
  const start = performance.now();
  try {
    return work();
  } finally {
    counts.stageMilliseconds[stage] += performance.now() - start;
    if (stage === 'encode' || stage === 'decode') record(stage, stage, start);
  }
}

/** Splits the time until all messages are there into waiting for the first, and the rest. */
export class Arrivals {
  readonly #counts: ExchangeCounts;
  #start = performance.now();
  #first: number | undefined;

  constructor(counts: ExchangeCounts) {
    this.#counts = counts;
  }

  /** The same message, looked at. */
  watch<T>(message: Promise<T>): Promise<T> {
    const watched = message.then((arrived) => {
      this.#arrived();
      return arrived;
    });
    // After a failure nobody waits for those behind the first.
    watched.catch(() => {});
    return watched;
  }

  #arrived(): void {
    const now = performance.now();
    record('transfer', 'message', this.#start);
    const stages = this.#counts.stageMilliseconds;
    if (this.#first === undefined) stages.wait += now - this.#start;
    else stages.transfer += now - this.#start;
    this.#first ??= now;
    this.#start = now;
  }
}
