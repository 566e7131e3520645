/**
 * Messages over frames: whatever a peer sends under a context, an operation and a step is matched with
 * what is received under the same three numbers, in order. Messages outside collectives (operation
 * 0, the step is their tag) may also be received from any peer or with any tag: `mailbox.ts` says who
 * gets which. For that to follow the order in which a peer sends, each of them is announced at once,
 * eager or by an offer, whatever became of those before.
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
import type { FrameFields } from './connection.ts';
import { ANY, Mailbox } from './mailbox.ts';
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
  /** Communicator; each has operations of its own. */
  readonly context: number;
  /** Number of the operation; 0 for messages outside collectives. */
  readonly operation: number;
  /** Kind of operation, 12 bits: different kinds under one number are refused. */
  readonly collective: number;
  /** Step within the operation. Messages of the same step keep their order. */
  readonly step: number;
}

/**
 * Returns a buffer of at least `length` bytes; a message is received into its beginning. `peer` and
 * `step` say which message it is.
 */
export type BufferProvider = (length: number, peer: number, step: number) => Uint8Array;

/** Hears what concerns all operations. */
export interface MessengerEvents {
  aborted(peer: number, body: Uint8Array): void;
  lost(peer: number, cause: Error): void;
  departed(peer: number): void;
  /** Nothing more will come from one more peer, for whatever reason (`isGone`). */
  gone(): void;
  /** Survivors of a failure agree on who they are. */
  regroup(peer: number, body: Uint8Array): void;
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
  readonly begun: () => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  offered: boolean;
}

/** Unconsumed: the bytes of an eager message, or the length of an offered one. */
type Arrival = Uint8Array | number;

/** What is under way with one peer in one context, by operation and step. */
class Queues {
  readonly receives: Map<number, Receive[]> = new Map();
  readonly arrivals: Map<number, Arrival[]> = new Map();
  readonly sends: Map<number, Send[]> = new Map();
  /** Grants nobody has used yet. */
  readonly grants: Map<number, number> = new Map();
}

interface KnownCollective {
  readonly collective: number;
  readonly rank: number;
}

/** One communicator. */
class Context {
  readonly peers: Map<number, Queues> = new Map();
  /** Messages outside collectives; a rank's own are kept as the send they come from. */
  readonly mailbox: Mailbox<Receive, Arrival | Send> = new Mailbox();
  /** Kind of each operation under way here or heard of, and who said so. */
  readonly collectives: Map<number, KnownCollective> = new Map();
  /** Number of the last operation begun here; they are begun in order. */
  begun = 0;
}

class PeerState {
  /** An eager message outside collectives whose payload arrives, if its receive was there already. */
  arriving: Receive | undefined;
  /** Such a message that its receive has refused. */
  refused = false;
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
const tagOf = ({ collective, step }: Address): number => ((collective << STEP_BITS) | step) >>> 0;
const eagerCost = (length: number): number => length + EAGER_OVERHEAD;

function fieldsOf(kind: FrameKind, address: Address, flags = 0): FrameFields {
  const { context, operation } = address;
  return { kind, flags, context, operation, tag: tagOf(address) };
}

/** A tag has 12 bits of collective above 20 of step. */
function addressOf({ context, operation, tag }: FrameHeader): Address {
  return { context, operation, collective: tag >>> STEP_BITS, step: tag & (MAX_STEPS - 1) };
}

export class Messenger implements TransportHandler {
  readonly transport: Transport;
  readonly #options: MessengerOptions;
  readonly #events: MessengerEvents;
  readonly #peers: readonly PeerState[];
  readonly #contexts: Map<number, Context> = new Map();
  /** Contexts this rank has left; what still arrives for them is dropped. */
  readonly #closed: Set<number> = new Set();
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
  begin(context: number, operation: number, collective: number): void {
    this.#agree({ context, operation, collective }, this.transport.rank);
    this.#context(context).begun = operation;
  }

  /** This rank has ended an operation. */
  finish(context: number, operation: number): void {
    this.#contexts.get(context)?.collectives.delete(operation);
  }

  /** This rank leaves a context for good. Messages nobody has received are dropped. */
  leave(context: number): void {
    this.#closed.add(context);
    const { mailbox } = this.#context(context);
    this.#contexts.delete(context);
    for (const { source, arrival } of mailbox.arrivals())
      if (arrival instanceof Uint8Array)
        this.#consumed(source, this.#peers[source]!, arrival.length);
  }

  /**
   * Sends a message. `bytes` belong to the messenger until the promise settles.
   * @param exact the receiver knows the length and receives with `receiveExact`
   * @param begun called when the first byte may go to another rank
   */
  send(
    peer: number,
    address: Address,
    bytes: Uint8Array,
    exact: boolean,
    begun: () => void = () => {},
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const send = { address, bytes, exact, begun, resolve, reject, offered: false };
      this.#unflushed.add(send);
      if (peer === this.transport.rank) {
        this.#sendToSelf(send);
        return;
      }
      const key = keyOf(address.operation, address.step);
      const { sends } = this.#queues(peer, address);
      const mustWait = address.operation !== 0 && sends.has(key);
      if (mustWait || !this.#trySend(peer, key, send)) push(sends, key, send);
      if (this.#peers[peer]!.gone) this.#events.departed(peer);
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

  /**
   * Receives a message sent outside collectives.
   * @param peer its sender, which may be this rank itself, or `ANY`
   * @param tag its step, or `ANY`
   */
  receiveMessage(
    context: number,
    peer: number,
    tag: number,
    provide: BufferProvider,
  ): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const base = { into: undefined, exact: false, filled: 0, granted: false };
      this.#post(context, peer, tag, { ...base, provide, resolve, reject });
    });
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
    for (const { peers, mailbox } of this.#contexts.values()) {
      for (const { receives } of peers.values())
        for (const queue of receives.values()) for (const receive of queue) receive.reject(error);
      for (const receive of mailbox.receives()) receive.reject(error);
    }
    for (const { arriving } of this.#peers) arriving?.reject(error);
    this.#contexts.clear();
  }

  // What arrives. Whatever is thrown here is reported by the transport as the loss of the peer.

  destination(peer: number, header: FrameHeader): Uint8Array {
    if (this.#failure !== undefined) return new Uint8Array(header.length);
    const address = addressOf(header);
    const isEager = (header.flags & FrameFlag.eager) !== 0;
    const state = this.#peers[peer]!;
    if (isEager) this.#checkCredit(peer, state, header.length);
    if (this.#closed.has(address.context)) return new Uint8Array(header.length);
    this.#agree(address, peer);
    if (isEager && address.operation === 0)
      return this.#messageArrives(peer, address, header.length);
    const receive = this.#queues(peer, address).receives.get(
      keyOf(address.operation, address.step),
    )?.[0];
    if (isEager) {
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
    if (header.kind === FrameKind.regroup) {
      this.#events.regroup(peer, payload);
      return;
    }
    if (this.#failure !== undefined) return;
    if (header.kind === FrameKind.credit) {
      this.#peers[peer]!.credit += header.tag;
      return;
    }
    const address = addressOf(header);
    if (this.#closed.has(address.context)) {
      if ((header.flags & FrameFlag.eager) !== 0) this.#discard(peer, payload.length);
      return;
    }
    if (header.kind === FrameKind.grant) this.#granted(peer, address);
    else if (header.kind === FrameKind.offer) this.#offered(peer, address, payload);
    else if ((header.flags & FrameFlag.eager) !== 0) this.#eager(peer, address, payload);
    else this.#part(peer, address, header);
  }

  lost(peer: number, cause: Error): void {
    this.#peers[peer]!.gone = true;
    this.#events.lost(peer, cause);
    this.#events.gone();
  }

  departed(peer: number): void {
    this.#peers[peer]!.gone = true;
    this.#events.gone();
    for (const { peers, mailbox } of this.#contexts.values()) {
      const queues = peers.get(peer);
      const isUnderWay = queues !== undefined && queues.receives.size + queues.sends.size > 0;
      const isAwaited = mailbox.waitsFor(peer) || (mailbox.waitsFor(ANY) && this.#isAlone);
      if (isUnderWay || isAwaited) {
        this.#events.departed(peer);
        return;
      }
    }
  }

  /** Nothing more will come from the peer, for whatever reason. */
  isGone(peer: number): boolean {
    return this.#peers[peer]!.gone;
  }

  /** All peers are gone. */
  get #isAlone(): boolean {
    return this.#peers.every(({ gone }, peer) => gone || peer === this.transport.rank);
  }

  #context(context: number): Context {
    let known = this.#contexts.get(context);
    if (known === undefined) this.#contexts.set(context, (known = new Context()));
    return known;
  }

  #queues(peer: number, { context }: Pick<Address, 'context'>): Queues {
    const { peers } = this.#context(context);
    let queues = peers.get(peer);
    if (queues === undefined) peers.set(peer, (queues = new Queues()));
    return queues;
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
    const { grants } = this.#queues(peer, send.address);
    const available = grants.get(key) ?? 0;
    if (available === 0) return false;
    if (available === 1) grants.delete(key);
    else grants.set(key, available - 1);
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
    this.transport.send(peer, fieldsOf(FrameKind.offer, address), body);
    return false;
  }

  #transmit(peer: number, send: Send, flags: number): void {
    const { address, bytes } = send;
    send.begun();
    const frameBytes = this.#options.frameBytes;
    let offset = 0;
    for (; bytes.length - offset > frameBytes; offset += frameBytes)
      this.transport.send(
        peer,
        fieldsOf(FrameKind.data, address, flags),
        bytes.subarray(offset, offset + frameBytes),
      );
    this.transport.send(
      peer,
      fieldsOf(FrameKind.data, address, flags | FrameFlag.last),
      offset === 0 ? bytes : bytes.subarray(offset),
      () => {
        this.#unflushed.delete(send);
        send.resolve();
      },
    );
  }

  #granted(peer: number, address: Address): void {
    this.#agree(address, peer);
    const { sends, grants } = this.#queues(peer, address);
    const key = keyOf(address.operation, address.step);
    const head = sends.get(key)?.[0];
    if (head === undefined) {
      if (grants.size >= MAX_EARLY) throw tooMany(peer, 'grants');
      grants.set(key, (grants.get(key) ?? 0) + 1);
      return;
    }
    shift(sends, key);
    this.#transmit(peer, head, 0);
    // Outside collectives those behind it have made their offers.
    if (address.operation !== 0) this.#continueSends(peer, address, key);
  }

  /** After the head of a queue has gone, those behind it that need not wait follow. */
  #continueSends(peer: number, address: Address, key: number): void {
    const { sends } = this.#queues(peer, address);
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
    const { receives, arrivals } = this.#queues(peer, address);
    const key = keyOf(address.operation, address.step);
    const arrival = arrivals.get(key)?.[0];
    if (arrival === undefined) {
      push(receives, key, receive);
      if (receive.exact && receive.into!.length > this.#options.eagerBytes)
        this.#grant(peer, address, receive);
      if (state.gone) this.#events.departed(peer);
      return;
    }
    shift(arrivals, key);
    if (typeof arrival === 'number') {
      state.offers--;
      push(receives, key, receive);
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
    this.transport.sendControl(peer, fieldsOf(FrameKind.grant, address));
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
      const buffer = receive.provide!(length, peer, address.step);
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
    const { receives } = this.#queues(peer, address);
    const key = keyOf(address.operation, address.step);
    const rest = receives.get(key)?.filter((other) => other !== receive) ?? [];
    if (rest.length === 0) receives.delete(key);
    else receives.set(key, rest);
  }

  #offered(peer: number, address: Address, body: Uint8Array): void {
    this.#agree(address, peer);
    if (body.length !== 8) throw new ProtocolError(`rank ${peer} sent a malformed offer`);
    const view = new DataView(body.buffer, body.byteOffset, 8);
    const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
    const state = this.#peers[peer]!;
    if (address.operation === 0) {
      this.#messageOffered(peer, address, length);
      return;
    }
    const { receives, arrivals } = this.#queues(peer, address);
    const key = keyOf(address.operation, address.step);
    const receive = receives.get(key)?.find(({ granted }) => !granted);
    if (receive === undefined) {
      if (++state.offers > MAX_EARLY) throw tooMany(peer, 'offers');
      push(arrivals, key, length);
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
      this.#agree(address, peer);
      this.#checkCredit(peer, state, 0);
    }
    state.taken += eagerCost(payload.length);
    if (address.operation === 0) {
      this.#messageArrived(peer, address, payload);
      return;
    }
    const { receives, arrivals } = this.#queues(peer, address);
    const receive = receives.get(key)?.[0];
    if (receive === undefined) {
      push(arrivals, key, payload);
      return;
    }
    const into = receive.into ?? this.#settleLength(peer, address, receive, payload.length);
    if (into === undefined) return;
    if (into.length !== payload.length || receive.granted)
      throw mismatch(peer, address, into.length, String(payload.length));
    // The receive was asked for while its message was arriving elsewhere.
    if (into !== payload) into.set(payload);
    shift(receives, key);
    this.#consumed(peer, state, payload.length);
    receive.resolve(into);
  }

  /** A frame of a granted message. */
  #part(peer: number, address: Address, header: FrameHeader): void {
    const { receives } = this.#queues(peer, address);
    const key = keyOf(address.operation, address.step);
    const receive = receives.get(key)?.[0];
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
    shift(receives, key);
    receive.resolve(receive.into);
  }

  // Messages outside collectives

  /** A receive is posted: takes what has arrived for it, or waits. */
  #post(context: number, peer: number, tag: number, receive: Receive): void {
    const { mailbox } = this.#context(context);
    const found = mailbox.post(peer, tag, receive);
    if (found === undefined) {
      const isAwaitedInVain = peer === ANY ? this.#isAlone : this.#peers[peer]!.gone;
      const blamed = peer === ANY ? this.#peers.findIndex(({ gone }) => gone) : peer;
      if (isAwaitedInVain && blamed >= 0) this.#events.departed(blamed);
      return;
    }
    const { source, arrival } = found;
    const address = { context, operation: 0, collective: 0, step: found.tag };
    if (typeof arrival === 'number') {
      this.#peers[source]!.offers--;
      this.#grantMessage(source, address, receive, arrival);
    } else if (arrival instanceof Uint8Array) {
      this.#deliver(source, address, receive, arrival);
      this.#consumed(source, this.#peers[source]!, arrival.length);
    } else this.#deliverOwn(arrival, receive);
  }

  /** The payload of an eager message comes next: says where it goes. */
  #messageArrives(peer: number, address: Address, length: number): Uint8Array {
    const state = this.#peers[peer]!;
    const receive = this.#context(address.context).mailbox.match(peer, address.step);
    const into = receive && this.#settleLength(peer, address, receive, length);
    state.arriving = into && receive;
    state.refused = receive !== undefined && into === undefined;
    return into ?? new Uint8Array(length);
  }

  /** An eager message is complete. Its receive may have been posted while it arrived. */
  #messageArrived(peer: number, address: Address, payload: Uint8Array): void {
    const state = this.#peers[peer]!;
    const { arriving, refused } = state;
    state.arriving = undefined;
    state.refused = false;
    const { mailbox } = this.#context(address.context);
    if (arriving !== undefined) arriving.resolve(payload);
    else if (!refused) {
      const receive = mailbox.match(peer, address.step);
      if (receive === undefined) {
        mailbox.keep(peer, address.step, payload);
        return;
      }
      this.#deliver(peer, address, receive, payload);
    }
    this.#consumed(peer, state, payload.length);
  }

  #messageOffered(peer: number, address: Address, length: number): void {
    const state = this.#peers[peer]!;
    const { mailbox } = this.#context(address.context);
    const receive = mailbox.match(peer, address.step);
    if (receive !== undefined) this.#grantMessage(peer, address, receive, length);
    else if (++state.offers > MAX_EARLY) throw tooMany(peer, 'offers');
    else mailbox.keep(peer, address.step, length);
  }

  #grantMessage(peer: number, address: Address, receive: Receive, length: number): void {
    if (this.#settleLength(peer, address, receive, length) === undefined) return;
    push(this.#queues(peer, address).receives, keyOf(0, address.step), receive);
    this.#grant(peer, address, receive);
  }

  #sendToSelf(send: Send): void {
    const { context, step } = send.address;
    const { mailbox } = this.#context(context);
    const receive = mailbox.match(this.transport.rank, step);
    if (receive === undefined) mailbox.keep(this.transport.rank, step, send);
    else this.#deliverOwn(send, receive);
  }

  #deliverOwn(send: Send, receive: Receive): void {
    this.#unflushed.delete(send);
    this.#deliver(this.transport.rank, send.address, receive, send.bytes);
    send.resolve();
  }

  #deliver(peer: number, address: Address, receive: Receive, bytes: Uint8Array): void {
    const into = this.#settleLength(peer, address, receive, bytes.length);
    if (into === undefined) return;
    into.set(bytes);
    receive.resolve(into);
  }

  /** An eager message of a context this rank has left. */
  #discard(peer: number, length: number): void {
    const state = this.#peers[peer]!;
    if (length === 0) this.#checkCredit(peer, state, 0);
    state.taken += eagerCost(length);
    this.#consumed(peer, state, length);
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
  #agree({ context, operation, collective }: Omit<Address, 'step'>, rank: number): void {
    if (!this.#contexts.has(context) && this.#contexts.size >= MAX_EARLY)
      throw tooMany(rank, 'contexts');
    if (operation === 0) return;
    const { collectives, begun } = this.#context(context);
    const known = collectives.get(operation);
    if (known === undefined) {
      if (operation <= begun) throw tooLate(rank, operation);
      if (rank !== this.transport.rank && collectives.size >= MAX_EARLY)
        throw tooMany(rank, 'operations');
      collectives.set(operation, { collective, rank });
    } else if (known.collective !== collective) {
      const peer = rank === this.transport.rank ? known.rank : rank;
      throw new CollectiveMismatchError(
        peer,
        `rank ${peer} called another collective than this rank as operation ${operation}; ` +
          MUST_AGREE,
      );
    }
  }
}

const MUST_AGREE =
  'all ranks must call the same ones in the same order, with the same type, op, root and algorithm';

function tooLate(peer: number, operation: number): Error {
  return new CollectiveMismatchError(
    peer,
    `rank ${peer} sent a message of operation ${operation}, which this rank has ended without it; ${MUST_AGREE}`,
  );
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
