/**
 * What one collective on one rank works with: messages to and from peers under the operation's number,
 * and scratch buffers. Algorithms are written against this and nothing else.
 */
import { ProtocolError } from '../../proto/comm-errors.ts';
import { ANY } from '../transport/mailbox.ts';
import type { Address, Messenger } from '../transport/messenger.ts';
import type { ScratchPool } from './scratch.ts';
import type { OperationStats } from './tally.ts';

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
  pipelineBroadcast: 10,
  halvingAllReduce: 11,
  binomialReduce: 12,
  ringReduce: 13,
  binomialGather: 14,
  linearGather: 15,
  gatherV: 16,
  binomialScatter: 17,
  linearScatter: 18,
  scatterV: 19,
  bruckAllGather: 20,
  pairwiseAllToAll: 21,
  bruckAllToAll: 22,
  reduceScatterV: 23,
  doublingReduceScatter: 24,
  split: 25,
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
  receiveAny(
    peer: number,
    step: number,
    provide: (length: number) => Uint8Array,
  ): Promise<Uint8Array>;
  /** Waits until everything sent so far is flushed. */
  flush(): Promise<void>;
}

const ignore = (): void => {};

/** The ranks of a communicator, and what tells its messages from those of others. */
export interface Group {
  readonly context: number;
  /** Index of this process among `ranks`. */
  readonly rank: number;
  /** Ranks of the job. */
  readonly ranks: readonly number[];
}

/** Which operation of a group a channel belongs to. */
export interface OperationKind {
  /** 0 for messages between two ranks. */
  readonly number: number;
  readonly collective: number;
}

/** What all operations share. */
export interface ChannelResources {
  readonly messenger: Messenger;
  readonly segmentBytes: number;
  readonly scratch: ScratchPool;
  /** Where messages are counted. */
  readonly tally: OperationStats;
}

/** Returns the buffer for a message of `length` bytes; the ranks are those of the group. */
export type MessageProvider = (length: number, source: number, tag: number) => Uint8Array;

/** The channel that bodies of operations are given. */
export interface BodyChannel extends Channel {
  /**
   * Receives a message between two ranks, from any source and with any tag where these are undefined.
   */
  receiveMessage(
    source: number | undefined,
    tag: number | undefined,
    provide: MessageProvider,
  ): Promise<Uint8Array>;
}

/** The channel of an operation over a messenger. Knows which peers it waits for. */
export class OperationChannel implements BodyChannel {
  readonly rank: number;
  readonly size: number;
  readonly segmentBytes: number;
  readonly scratch: ScratchPool;
  readonly #messenger: Messenger;
  readonly #group: Group;
  readonly #kind: OperationKind;
  readonly #tally: OperationStats;
  /** Messages under way, by rank of the job. */
  readonly #waiting: Map<number, number> = new Map();
  #unflushed: Promise<void>[] = [];

  constructor(group: Group, kind: OperationKind, resources: ChannelResources) {
    this.rank = group.rank;
    this.size = group.ranks.length;
    this.segmentBytes = resources.segmentBytes;
    this.scratch = resources.scratch;
    this.#messenger = resources.messenger;
    this.#group = group;
    this.#kind = kind;
    this.#tally = resources.tally;
  }

  /** Ranks of the job that have not yet taken or sent a message this rank has asked for, ascending. */
  get waitingFor(): number[] {
    const waiting = [...this.#waiting].flatMap(([rank, count]) => (count > 0 ? [rank] : []));
    return waiting.toSorted((a, b) => a - b);
  }

  send(peer: number, step: number, bytes: Uint8Array): Promise<void> {
    return this.#send(peer, step, bytes, true);
  }

  sendAny(peer: number, step: number, bytes: Uint8Array): Promise<void> {
    return this.#send(peer, step, bytes, false);
  }

  receive(peer: number, step: number, into: Uint8Array): Promise<void> {
    const rank = this.#rankOf(peer);
    const message = this.#messenger.receiveExact(rank, this.#address(step), into);
    return this.#counted(
      [rank],
      message.then((bytes) => void this.#received(peer, bytes)),
    );
  }

  receiveAny(
    peer: number,
    step: number,
    provide: (length: number) => Uint8Array,
  ): Promise<Uint8Array> {
    const rank = this.#rankOf(peer);
    const message = this.#messenger.receive(rank, this.#address(step), provide);
    return this.#counted(
      [rank],
      message.then((bytes) => this.#received(peer, bytes)),
    );
  }

  receiveMessage(
    source: number | undefined,
    tag: number | undefined,
    provide: MessageProvider,
  ): Promise<Uint8Array> {
    const { context, ranks } = this.#group;
    const from = source === undefined ? ANY : this.#rankOf(source);
    let sender = this.rank;
    const message = this.#messenger.receiveMessage(
      context,
      from,
      tag ?? ANY,
      (length, rank, step) => {
        const member = ranks.indexOf(rank);
        if (member < 0) throw new ProtocolError(`rank ${rank} is not in this communicator`);
        sender = member;
        return provide(length, member, step);
      },
    );
    return this.#counted(
      source === undefined ? ranks : [from],
      message.then((bytes) => this.#received(sender, bytes)),
    );
  }

  async flush(): Promise<void> {
    const unflushed = this.#unflushed;
    this.#unflushed = [];
    await Promise.all(unflushed);
  }

  #rankOf(peer: number): number {
    const rank = this.#group.ranks[peer];
    if (rank === undefined) throw new RangeError(`there is no rank ${peer} in this communicator`);
    return rank;
  }

  #address(step: number): Address {
    const { number, collective } = this.#kind;
    return { context: this.#group.context, operation: number, collective, step };
  }

  #send(peer: number, step: number, bytes: Uint8Array, exact: boolean): Promise<void> {
    const rank = this.#rankOf(peer);
    const message = this.#sendCounted(rank, step, bytes, exact);
    const sent = this.#counted([rank], message);
    this.#unflushed.push(sent);
    return sent;
  }

  /** Messages to oneself do not travel, and are not counted. */
  #sendCounted(rank: number, step: number, bytes: Uint8Array, exact: boolean): Promise<void> {
    const tally = this.#tally;
    const queued = performance.now();
    let begun = queued;
    const message = this.#messenger.send(rank, this.#address(step), bytes, exact, () => {
      begun = performance.now();
      tally.queueMilliseconds += begun - queued;
      tally.sent.messages++;
      tally.sent.bytes += bytes.length;
    });
    return message.then(() => {
      if (rank !== this.#group.ranks[this.rank])
        tally.transferMilliseconds += performance.now() - begun;
    });
  }

  #received(source: number, bytes: Uint8Array): Uint8Array {
    if (source !== this.rank) {
      this.#tally.received.messages++;
      this.#tally.received.bytes += bytes.length;
    }
    return bytes;
  }

  /** A failure rejects every message; whoever awaits one hears it, the others must not go unhandled. */
  #counted<T>(ranks: readonly number[], message: Promise<T>): Promise<T> {
    this.#count(ranks, 1);
    const counted = message.finally(() => this.#count(ranks, -1));
    counted.catch(ignore);
    return counted;
  }

  #count(ranks: readonly number[], change: number): void {
    const self = this.#group.ranks[this.rank];
    for (const rank of ranks)
      if (rank !== self) this.#waiting.set(rank, (this.#waiting.get(rank) ?? 0) + change);
  }
}
