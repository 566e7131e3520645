/**
 * What one collective on one rank works with: messages to and from peers under the operation's number,
 * and scratch buffers. Algorithms are written against this and nothing else.
 */
import type { Address, BufferProvider, Messenger } from '../transport/messenger.ts';
import type { ScratchPool } from './scratch.ts';

/** Kinds of collective as peers are told them. Append-only; 0 is for messages between two ranks. */
export const Collective = {
  message: 0,
  barrier: 1,
  broadcast: 2,
  allGather: 3,
  allGatherV: 4,
  reduceScatter: 5,
  ringAllReduce: 6,
  doublingAllReduce: 7,
  allToAllV: 8,
  custom: 9,
} as const;

/**
 * Peers and messages of one operation. Messages of the same peer and step arrive in the order they were
 * sent in. Steps are integers in [0, 2²⁰).
 */
export interface Channel {
  readonly rank: number;
  readonly size: number;
  /** Longest segment that algorithms should cut their messages into, bytes. */
  readonly segmentBytes: number;
  readonly scratch: ScratchPool;
  /**
   * Sends a message that the peer receives with `receive` and a buffer of just that length. Returns at
   * once; `bytes` must not change until `flush` (or the returned promise) is done.
   */
  send(peer: number, step: number, bytes: Uint8Array): Promise<void>;
  /** Sends a message whose length the peer does not know: it receives with `receiveAny`. */
  sendAny(peer: number, step: number, bytes: Uint8Array): Promise<void>;
  /** Fills `into` with a message of just that length. */
  receive(peer: number, step: number, into: Uint8Array): Promise<void>;
  /** Receives a message of any length into the beginning of what `provide(length)` returns. */
  receiveAny(peer: number, step: number, provide: BufferProvider): Promise<Uint8Array>;
  /** Waits until everything sent so far is flushed. */
  flush(): Promise<void>;
}

const ignore = (): void => {};

/** The channel of an operation over a messenger. Knows which peers it waits for. */
export class OperationChannel implements Channel {
  readonly rank: number;
  readonly size: number;
  readonly segmentBytes: number;
  readonly scratch: ScratchPool;
  readonly #messenger: Messenger;
  readonly #operation: number;
  readonly #collective: number;
  /** Messages under way, by peer. */
  readonly #waiting: number[];
  #unflushed: Promise<void>[] = [];

  constructor(
    messenger: Messenger,
    operation: number,
    collective: number,
    resources: { readonly segmentBytes: number; readonly scratch: ScratchPool },
  ) {
    this.rank = messenger.transport.rank;
    this.size = messenger.transport.size;
    this.segmentBytes = resources.segmentBytes;
    this.scratch = resources.scratch;
    this.#messenger = messenger;
    this.#operation = operation;
    this.#collective = collective;
    this.#waiting = new Array<number>(this.size).fill(0);
  }

  /** Peers that have not yet taken or sent a message this rank has asked for. */
  get waitingFor(): number[] {
    return this.#waiting.flatMap((count, peer) => (count > 0 ? [peer] : []));
  }

  send(peer: number, step: number, bytes: Uint8Array): Promise<void> {
    return this.#send(peer, step, bytes, true);
  }

  sendAny(peer: number, step: number, bytes: Uint8Array): Promise<void> {
    return this.#send(peer, step, bytes, false);
  }

  receive(peer: number, step: number, into: Uint8Array): Promise<void> {
    const message = this.#messenger.receiveExact(peer, this.#address(step), into);
    return this.#counted(peer, message.then(ignore));
  }

  receiveAny(peer: number, step: number, provide: BufferProvider): Promise<Uint8Array> {
    return this.#counted(peer, this.#messenger.receive(peer, this.#address(step), provide));
  }

  async flush(): Promise<void> {
    const unflushed = this.#unflushed;
    this.#unflushed = [];
    await Promise.all(unflushed);
  }

  #address(step: number): Address {
    return { operation: this.#operation, collective: this.#collective, step };
  }

  #send(peer: number, step: number, bytes: Uint8Array, exact: boolean): Promise<void> {
    const sent = this.#counted(peer, this.#messenger.send(peer, this.#address(step), bytes, exact));
    this.#unflushed.push(sent);
    return sent;
  }

  /** A failure rejects every message; whoever awaits one hears it, the others must not go unhandled. */
  #counted<T>(peer: number, message: Promise<T>): Promise<T> {
    this.#waiting[peer]!++;
    const counted = message.finally(() => {
      this.#waiting[peer]!--;
    });
    counted.catch(ignore);
    return counted;
  }
}
