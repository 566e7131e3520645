/**
 * Messages over frames: whatever a peer sends under an operation and a step is matched with what is
 * received under the same two numbers, in order.
 *
 * Memory stays bounded and nothing can block anything else, because bytes travel only where a place
 * waits for them:
 * - **eager**: a message of at most `eagerBytes` goes at once and is kept by the receiver until it is
 *   asked for. A sender may have `creditBytes` of them unconsumed with each peer; the receiver
 *   gives credit back as it consumes.
 * - **granted**: a longer message waits until the receiver grants it, which it does when the buffer
 *   is there, so that the bytes are received in place. Where both sides know the length (`exact`)
 *   the receiver grants unasked as soon as it waits for the message; otherwise, and for a
 *   short message without credit, the sender first makes an offer that tells the length.
 *
 * Frames of one message: eager = one `data` frame flagged eager and last; granted = `data` frames of at
 * most `frameBytes`, the last one flagged. Every message costs 32 bytes a data frame, and where
 * applicable 40 for the offer and 32 for the grant.
 */
import {
  CollectiveMismatchError,
  MessageTooLongError,
  ProtocolError,
} from '../../proto/comm-errors.ts';
import { FrameFlag, FrameKind, type FrameHeader } from '../../proto/frame.ts';
import type { Transport, TransportHandler } from './transport.ts';

/** Steps (and the tags of users) are integers in [0, 2²⁰). */
export const MAX_STEPS: number = 1 << 20;
const STEP_BITS = 20;
/** What an unconsumed eager message costs besides its bytes: it has to be remembered. */
const EAGER_OVERHEAD = 64;
/** Operations that may be known of before this rank has begun them, and pending offers of a peer. */
const MAX_EARLY = 1 << 16;

export interface MessengerOptions {
  /** Longest message sent without a grant, bytes. */
  readonly eagerBytes: number;
  /** Eager messages a peer may have sent unconsumed, bytes. At least `eagerBytes` + 64. */
  readonly creditBytes: number;
  /** Longest payload of a frame, bytes. At least `eagerBytes`. */
  readonly frameBytes: number;
}

/** Where a message belongs. */
export interface Address {
  /** Number of the operation; 0 for messages outside collectives. */
  readonly operation: number;
  /** Kind of operation, 8 bits: different kinds under one number are refused. */
  readonly collective: number;
  /** Step within the operation. Messages of the same step keep their order. */
  readonly step: number;
}

/** Returns a buffer of at least `length` bytes; a message is received into its beginning. */
export type BufferProvider = (length: number) => Uint8Array;

/** Hears what concerns all operations. */
export interface MessengerEvents {
  aborted(peer: number, body: Uint8Array): void;
  lost(peer: number, cause: Error): void;
  departed(peer: number): void;
}

interface Receive {
  /** Exact receives know it from the start. */
  into: Uint8Array | undefined;
  readonly exact: boolean;
  readonly provide: BufferProvider | undefined;
  filled: number;
  granted: boolean;
  readonly resolve: (message: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

interface Send {
  readonly address: Address;
  readonly bytes: Uint8Array;
  readonly exact: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  offered: boolean;
}

/** Unconsumed: the bytes of an eager message, or the length of an offered one. */
type Arrival = Uint8Array | number;

class PeerState {
  readonly receives: Map<number, Receive[]> = new Map();
  readonly arrivals: Map<number, Arrival[]> = new Map();
  readonly sends: Map<number, Send[]> = new Map();
  /** Grants nobody has used yet. */
  readonly grants: Map<number, number> = new Map();
  /** Eager bytes this rank may still send. */
  credit: number;
  /** Eager bytes the peer has sent and not been given back; consumed ones of them are `owed`. */
  taken = 0;
  owed = 0;
  offers = 0;
  gone = false;

  constructor(credit: number) {
    this.credit = credit;
  }
}

function push<T>(queues: Map<number, T[]>, key: number, item: T): void {
  const queue = queues.get(key);
  if (queue === undefined) queues.set(key, [item]);
  else queue.push(item);
}

function shift(queues: Map<number, unknown[]>, key: number): void {
  const queue = queues.get(key)!;
  if (queue.length === 1) queues.delete(key);
  else queue.shift();
}

const keyOf = (operation: number, step: number): number => operation * MAX_STEPS + step;
const tagOf = ({ collective, step }: Address): number => (collective << STEP_BITS) | step;
const eagerCost = (length: number): number => length + EAGER_OVERHEAD;

/** A tag has 8 bits of collective above 20 of step. */
function addressOf({ operation, tag }: FrameHeader): Address {
  return { operation, collective: tag >>> STEP_BITS, step: tag & (MAX_STEPS - 1) };
}

export class Messenger implements TransportHandler {
  readonly transport: Transport;
  readonly #options: MessengerOptions;
  readonly #events: MessengerEvents;
  readonly #peers: readonly PeerState[];
  /** Kind of each operation under way here or heard of, and who said so. */
  readonly #collectives: Map<number, { readonly collective: number; readonly rank: number }> =
    new Map();
  readonly #unflushed: Set<Send> = new Set();
  #failure: Error | undefined;

  constructor(transport: Transport, options: MessengerOptions, events: MessengerEvents) {
    this.transport = transport;
    this.#options = options;
    this.#events = events;
    this.#peers = Array.from({ length: transport.size }, () => new PeerState(options.creditBytes));
    transport.handler = this;
  }

  /** This rank begins an operation. @throws CollectiveMismatchError when a peer began another one */
  begin(operation: number, collective: number): void {
    this.#agree(operation, collective, this.transport.rank);
  }

  /** This rank has ended an operation. */
  finish(operation: number): void {
    this.#collectives.delete(operation);
  }

  /**
   * Sends a message. `bytes` belong to the messenger until the promise settles.
   * @param exact the receiver knows the length and receives with `receiveExact`
   */
  send(peer: number, address: Address, bytes: Uint8Array, exact: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const send = { address, bytes, exact, resolve, reject, offered: false };
      this.#unflushed.add(send);
      const key = keyOf(address.operation, address.step);
      const state = this.#peers[peer]!;
      if (state.sends.has(key) || !this.#trySend(peer, key, send)) push(state.sends, key, send);
      if (state.gone) this.#events.departed(peer);
    });
  }

  /** Receives a message of exactly `into.length` bytes, sent as `exact`. */
  receiveExact(peer: number, address: Address, into: Uint8Array): Promise<Uint8Array> {
    return this.#receive(peer, address, into, undefined);
  }

  /** Receives a message of any length, not sent as `exact`, into what `provide` returns. */
  receive(peer: number, address: Address, provide: BufferProvider): Promise<Uint8Array> {
    return this.#receive(peer, address, undefined, provide);
  }

  /** Tells all peers that the job has failed. Overtakes bulk data. */
  broadcastAbort(body: Uint8Array): void {
    for (let peer = 0; peer < this.transport.size; peer++)
      if (peer !== this.transport.rank)
        this.transport.sendControl(peer, { kind: FrameKind.abort }, body);
  }

  /** Rejects everything pending and to come with `error`. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    for (const send of this.#unflushed) send.reject(error);
    this.#unflushed.clear();
    for (const state of this.#peers) {
      for (const queue of state.receives.values())
        for (const receive of queue) receive.reject(error);
      state.receives.clear();
      state.arrivals.clear();
      state.sends.clear();
    }
  }

  // What arrives. Whatever is thrown here is reported by the transport as the loss of the peer.

  destination(peer: number, header: FrameHeader): Uint8Array {
    if (this.#failure !== undefined) return new Uint8Array(header.length);
    const address = addressOf(header);
    this.#agree(address.operation, address.collective, peer);
    const state = this.#peers[peer]!;
    const receive = state.receives.get(keyOf(address.operation, address.step))?.[0];
    if ((header.flags & FrameFlag.eager) !== 0) {
      this.#checkCredit(peer, state, header.length);
      const into = receive && this.#settleLength(peer, address, receive, header.length);
      return into ?? new Uint8Array(header.length);
    }
    if (receive?.into === undefined || !receive.granted) throw ungranted(peer, address);
    const end = receive.filled + header.length;
    if (end > receive.into.length)
      throw mismatch(peer, address, receive.into.length, `over ${end}`);
    return receive.into.subarray(receive.filled, end);
  }

  frame(peer: number, header: FrameHeader, payload: Uint8Array): void {
    if (header.kind === FrameKind.abort) {
      this.#events.aborted(peer, payload);
      return;
    }
    if (this.#failure !== undefined) return;
    if (header.kind === FrameKind.credit) {
      this.#peers[peer]!.credit += header.tag;
      return;
    }
    const address = addressOf(header);
    if (header.kind === FrameKind.grant) this.#granted(peer, address);
    else if (header.kind === FrameKind.offer) this.#offered(peer, address, payload);
    else if ((header.flags & FrameFlag.eager) !== 0) this.#eager(peer, address, payload);
    else this.#part(peer, address, header);
  }

  lost(peer: number, cause: Error): void {
    this.#peers[peer]!.gone = true;
    this.#events.lost(peer, cause);
  }

  departed(peer: number): void {
    const state = this.#peers[peer]!;
    state.gone = true;
    if (state.receives.size > 0 || state.sends.size > 0) this.#events.departed(peer);
  }

  // Sending

  /** Sends now if that is allowed; otherwise sees to it that a grant will come. */
  #trySend(peer: number, key: number, send: Send): boolean {
    const state = this.#peers[peer]!;
    const { length } = send.bytes;
    if (length <= this.#options.eagerBytes) {
      if (state.credit < eagerCost(length)) return this.#offer(peer, send);
      state.credit -= eagerCost(length);
      this.#transmit(peer, send, FrameFlag.eager);
      return true;
    }
    if (!send.exact) return this.#offer(peer, send);
    const grants = state.grants.get(key) ?? 0;
    if (grants === 0) return false;
    if (grants === 1) state.grants.delete(key);
    else state.grants.set(key, grants - 1);
    this.#transmit(peer, send, 0);
    return true;
  }

  #offer(peer: number, send: Send): false {
    if (send.offered) return false;
    send.offered = true;
    const body = new Uint8Array(8);
    const view = new DataView(body.buffer);
    view.setUint32(0, send.bytes.length >>> 0, true);
    view.setUint32(4, Math.floor(send.bytes.length / 2 ** 32), true);
    const { address } = send;
    this.transport.send(
      peer,
      { kind: FrameKind.offer, operation: address.operation, tag: tagOf(address) },
      body,
    );
    return false;
  }

  #transmit(peer: number, send: Send, flags: number): void {
    const { address, bytes } = send;
    const fields = { kind: FrameKind.data, operation: address.operation, tag: tagOf(address) };
    let offset = 0;
    while (bytes.length - offset > this.#options.frameBytes) {
      const end = offset + this.#options.frameBytes;
      this.transport.send(peer, { ...fields, flags }, bytes.subarray(offset, end));
      offset = end;
    }
    this.transport.send(
      peer,
      { ...fields, flags: flags | FrameFlag.last },
      offset === 0 ? bytes : bytes.subarray(offset),
      () => {
        this.#unflushed.delete(send);
        send.resolve();
      },
    );
  }

  #granted(peer: number, address: Address): void {
    this.#agree(address.operation, address.collective, peer);
    const state = this.#peers[peer]!;
    const key = keyOf(address.operation, address.step);
    const head = state.sends.get(key)?.[0];
    if (head === undefined) {
      if (state.grants.size >= MAX_EARLY) throw tooMany(peer, 'grants');
      state.grants.set(key, (state.grants.get(key) ?? 0) + 1);
      return;
    }
    shift(state.sends, key);
    this.#transmit(peer, head, 0);
    this.#continueSends(peer, key);
  }

  /** After the head of a queue has gone, those behind it that need not wait follow. */
  #continueSends(peer: number, key: number): void {
    const { sends } = this.#peers[peer]!;
    for (let next = sends.get(key)?.[0]; next !== undefined; next = sends.get(key)?.[0]) {
      if (!this.#trySend(peer, key, next)) return;
      shift(sends, key);
    }
  }

  // Receiving

  #receive(
    peer: number,
    address: Address,
    into: Uint8Array | undefined,
    provide: BufferProvider | undefined,
  ): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const exact = into !== undefined;
      const receive = { into, exact, provide, filled: 0, granted: false, resolve, reject };
      this.#match(peer, address, receive);
    });
  }

  #match(peer: number, address: Address, receive: Receive): void {
    const state = this.#peers[peer]!;
    const key = keyOf(address.operation, address.step);
    const arrival = state.arrivals.get(key)?.[0];
    if (arrival === undefined) {
      push(state.receives, key, receive);
      if (receive.exact && receive.into!.length > this.#options.eagerBytes)
        this.#grant(peer, address, receive);
      if (state.gone) this.#events.departed(peer);
      return;
    }
    shift(state.arrivals, key);
    if (typeof arrival === 'number') {
      state.offers--;
      push(state.receives, key, receive);
      if (this.#settleLength(peer, address, receive, arrival) !== undefined)
        this.#grant(peer, address, receive);
    } else {
      const into = this.#settleLength(peer, address, receive, arrival.length);
      if (into === undefined) return;
      into.set(arrival);
      this.#consumed(peer, state, arrival.length);
      receive.resolve(into);
    }
  }

  #grant(peer: number, address: Address, receive: Receive): void {
    receive.granted = true;
    this.transport.sendControl(peer, {
      kind: FrameKind.grant,
      operation: address.operation,
      tag: tagOf(address),
    });
  }

  /**
   * The length of the message for `receive` is known: returns the buffer, of just that length. Where
   * the caller has no buffer for it, the receive is rejected, and that is not the peer's fault.
   */
  #settleLength(
    peer: number,
    address: Address,
    receive: Receive,
    length: number,
  ): Uint8Array | undefined {
    if (receive.exact) {
      if (receive.into!.length !== length || receive.granted)
        throw mismatch(peer, address, receive.into!.length, String(length));
      return receive.into;
    }
    try {
      const buffer = receive.provide!(length);
      if (buffer.length < length) throw new MessageTooLongError(peer, length, buffer.length);
      receive.into = buffer.subarray(0, length);
      return receive.into;
    } catch (error) {
      this.#forget(peer, address, receive);
      receive.reject(error as Error);
      return undefined;
    }
  }

  #forget(peer: number, address: Address, receive: Receive): void {
    const { receives } = this.#peers[peer]!;
    const key = keyOf(address.operation, address.step);
    const rest = receives.get(key)?.filter((other) => other !== receive) ?? [];
    if (rest.length === 0) receives.delete(key);
    else receives.set(key, rest);
  }

  #offered(peer: number, address: Address, body: Uint8Array): void {
    this.#agree(address.operation, address.collective, peer);
    if (body.length !== 8) throw new ProtocolError(`rank ${peer} sent a malformed offer`);
    const view = new DataView(body.buffer, body.byteOffset, 8);
    const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
    const state = this.#peers[peer]!;
    const key = keyOf(address.operation, address.step);
    const receive = state.receives.get(key)?.find(({ granted }) => !granted);
    if (receive === undefined) {
      if (++state.offers > MAX_EARLY) throw tooMany(peer, 'offers');
      push(state.arrivals, key, length);
      return;
    }
    if (this.#settleLength(peer, address, receive, length) !== undefined)
      this.#grant(peer, address, receive);
  }

  #eager(peer: number, address: Address, payload: Uint8Array): void {
    const state = this.#peers[peer]!;
    const key = keyOf(address.operation, address.step);
    if (payload.length === 0) {
      // Nobody has been asked for a destination.
      this.#agree(address.operation, address.collective, peer);
      this.#checkCredit(peer, state, 0);
    }
    state.taken += eagerCost(payload.length);
    const receive = state.receives.get(key)?.[0];
    if (receive === undefined) {
      push(state.arrivals, key, payload);
      return;
    }
    const into = receive.into ?? this.#settleLength(peer, address, receive, payload.length);
    if (into === undefined) return;
    if (into.length !== payload.length || receive.granted)
      throw mismatch(peer, address, into.length, String(payload.length));
    // The receive was asked for while its message was arriving elsewhere.
    if (into !== payload) into.set(payload);
    shift(state.receives, key);
    this.#consumed(peer, state, payload.length);
    receive.resolve(into);
  }

  /** A frame of a granted message. */
  #part(peer: number, address: Address, header: FrameHeader): void {
    const state = this.#peers[peer]!;
    const key = keyOf(address.operation, address.step);
    const receive = state.receives.get(key)?.[0];
    if (receive?.into === undefined || !receive.granted) throw ungranted(peer, address);
    receive.filled += header.length;
    const isLast = (header.flags & FrameFlag.last) !== 0;
    if (isLast !== (receive.filled === receive.into.length))
      throw mismatch(
        peer,
        address,
        receive.into.length,
        isLast ? String(receive.filled) : `over ${receive.filled}`,
      );
    if (!isLast) return;
    shift(state.receives, key);
    receive.resolve(receive.into);
  }

  #checkCredit(peer: number, state: PeerState, length: number): void {
    if (state.taken + eagerCost(length) > this.#options.creditBytes)
      throw new ProtocolError(`rank ${peer} sent more unasked than its credit allows`);
  }

  #consumed(peer: number, state: PeerState, length: number): void {
    state.owed += eagerCost(length);
    if (state.owed * 2 < this.#options.creditBytes) return;
    this.transport.sendControl(peer, { kind: FrameKind.credit, tag: state.owed });
    state.taken -= state.owed;
    state.owed = 0;
  }

  /** All ranks must run the same kind of operation under the same number. */
  #agree(operation: number, collective: number, rank: number): void {
    if (operation === 0) return;
    const known = this.#collectives.get(operation);
    if (known === undefined) {
      if (rank !== this.transport.rank && this.#collectives.size >= MAX_EARLY)
        throw tooMany(rank, 'operations');
      this.#collectives.set(operation, { collective, rank });
    } else if (known.collective !== collective) {
      const peer = rank === this.transport.rank ? known.rank : rank;
      throw new CollectiveMismatchError(
        peer,
        `rank ${peer} called another collective than this rank as operation ${operation}; ` +
          `all ranks must call the same ones in the same order, with the same algorithm`,
      );
    }
  }
}

function mismatch(peer: number, { operation }: Address, expected: number, got: string): Error {
  return new CollectiveMismatchError(
    peer,
    `rank ${peer} sent ${got} bytes in operation ${operation} where this rank expected ` +
      `${expected}; all ranks must pass the same length`,
  );
}

function ungranted(peer: number, { operation }: Address): Error {
  return new ProtocolError(`rank ${peer} sent data of operation ${operation} without a grant`);
}

function tooMany(peer: number, what: string): Error {
  return new ProtocolError(`rank ${peer} sent too many ${what} for operations not begun here`);
}
