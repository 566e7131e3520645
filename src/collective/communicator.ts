/**
 * The communicator: the ranks of a job and the operations they run together.
 *
 * All ranks call the same collectives in the same order; each call takes the next operation number, so
 * several may be in flight at once. A buffer belongs to the operation until its promise settles.
 *
 * Failure is the same everywhere: whatever goes wrong in an operation (a lost peer, a deadline, a
 * signal, an error thrown by the caller's code, lengths that differ) ends the communicator on all
 * ranks. Every operation under way and every later one rejects, the peers are told before anything
 * else happens, and all that is left to do is `close()`. Buffers of failed operations hold garbage.
 * Wrong arguments are refused before anything is sent and do no harm.
 */
import {
  CollectiveMismatchError,
  CollectiveTimeoutError,
  CommunicatorClosedError,
  OperationAbortedError,
  PeerLostError,
} from '../../proto/comm-errors.ts';
import { assertBytes, assertInteger } from '../../proto/assert.ts';
import { ArgumentRangeError, ArgumentTypeError } from '../../proto/errors.ts';
import { MAX_STEPS, Messenger } from '../transport/messenger.ts';
import { addTraffic, noTraffic, type DuplexTraffic } from '../transport/traffic.ts';
import type { Transport } from '../transport/transport.ts';
import {
  abortOf,
  decodeAbort,
  encodeAbort,
  errorOf,
  TIMEOUT_CODE,
  type AbortMessage,
} from './abort-message.ts';
import { barrier } from './barrier.ts';
import { broadcast } from './broadcast.ts';
import { Collective, OperationChannel, type Channel } from './channel.ts';
import { chunkRange } from './chunks.ts';
import { allToAllBytes, type ReceiveBuffer, type ReceiveListener } from './exchange-bytes.ts';
import { doublingAllReduce } from './recursive-doubling.ts';
import {
  assertNumericArray,
  bytesOf,
  reducerOf,
  type NumericArray,
  type ReduceName,
  type Reducer,
} from './reducer.ts';
import { ringAllGather, ringAllReduce, ringReduceScatter } from './ring.ts';
import { ScratchPool } from './scratch.ts';
import { TimeoutInquiry } from './timeout-inquiry.ts';

export interface CommunicatorOptions {
  /** Default deadline of every operation, milliseconds; `Infinity` for none. Default 60 000. */
  readonly deadlineMs?: number;
  /**
   * All-reduces up to this many bytes use recursive doubling, longer ones the ring. Must be equal on all
   * ranks. Default 65 536.
   */
  readonly doublingBytes?: number;
  /** Longest piece a vector is cut into on its way, bytes. Equal on all ranks. Default 1 MiB. */
  readonly segmentBytes?: number;
  /**
   * Longest message that is sent without asking the receiver, bytes. Equal on all ranks.
   * Default 65 536.
   * @internal for tests
   */
  readonly eagerBytes?: number;
  /**
   * Bytes of such messages a receiver holds for each peer. Equal on all ranks. Default 1 MiB.
   * @internal for tests
   */
  readonly creditBytes?: number;
}

/** Options of every operation. */
export interface OperationOptions {
  /** Gives the operation up, and with it the job: all ranks end with an error. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the job is given up; `Infinity` for never. */
  readonly deadlineMs?: number;
}

export interface MessageOptions extends OperationOptions {
  /** Tells messages between two ranks apart: an integer in [0, 2²⁰). Default 0. */
  readonly tag?: number;
}

export interface BroadcastOptions extends OperationOptions {
  /** The rank whose elements all ranks get. Default 0. */
  readonly root?: number;
}

export interface ReduceOptions extends OperationOptions {
  /** Default `sum`. */
  readonly op?: ReduceName | Reducer;
}

/** How an all-reduce is done. `auto` decides by length. */
export type AllReduceAlgorithm = 'auto' | 'ring' | 'recursive-doubling';

export interface AllReduceOptions extends ReduceOptions {
  readonly algorithm?: AllReduceAlgorithm;
}

export interface AllGatherOptions<T extends NumericArray> extends OperationOptions {
  /** Receives the result: `size` times the length of the part. Default: a new array. */
  readonly into?: T;
}

export interface BytesOptions extends OperationOptions {
  /**
   * Gives the buffer for what comes from a rank, so that nothing need be allocated in steady state. May
   * throw to refuse a length, which ends the job. Default: a new buffer each time.
   */
  readonly buffer?: ReceiveBuffer;
  /** Called with each byte string as soon as it is there, the own one first. */
  readonly onReceive?: ReceiveListener;
}

/** Bytes and frames so far: all peers together, and each by rank (zeros for the own rank). */
export interface CommunicatorStats extends DuplexTraffic {
  readonly peers: readonly DuplexTraffic[];
}

interface ActiveOperation {
  readonly number: number;
  /** Name and number, for messages. */
  readonly label: string;
  readonly channel: OperationChannel;
}

/** What peers are given to answer why an operation takes so long, milliseconds. */
const INQUIRY_MS = 500;
const MAX_OPERATIONS = 2 ** 32;
/** Longest delay of a Node timer, milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

const allocate = (_source: number, length: number): Uint8Array => new Uint8Array(length);

export class Communicator {
  readonly #transport: Transport;
  readonly #messenger: Messenger;
  readonly #scratch: ScratchPool = new ScratchPool();
  readonly #deadlineMs: number;
  readonly #doublingBytes: number;
  readonly #segmentBytes: number;
  readonly #active: Set<ActiveOperation> = new Set();
  #nextOperation = 1;
  #failure: Error | undefined;
  #inquiry: TimeoutInquiry | undefined;
  #inquiryTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;
  readonly #failureListeners: ((error: Error) => void)[] = [];

  /** Takes the transport over. Use `init()` to get one that is connected. */
  constructor(transport: Transport, options: CommunicatorOptions = {}) {
    const { segmentBytes = 1 << 20, doublingBytes = 1 << 16, deadlineMs = 60_000 } = options;
    const { eagerBytes = 1 << 16, creditBytes = 1 << 20 } = options;
    assertInteger(segmentBytes, 'segmentBytes', 8, 1 << 24);
    assertInteger(doublingBytes, 'doublingBytes', 0);
    assertInteger(eagerBytes, 'eagerBytes', 0, 1 << 24);
    assertInteger(creditBytes, 'creditBytes', eagerBytes + 64);
    assertDeadline(deadlineMs);
    this.#transport = transport;
    this.#deadlineMs = deadlineMs;
    this.#segmentBytes = segmentBytes;
    this.#doublingBytes = doublingBytes;
    this.#messenger = new Messenger(
      transport,
      { eagerBytes, creditBytes, frameBytes: Math.max(segmentBytes, eagerBytes) },
      {
        aborted: (peer, body) => this.#aborted(peer, body),
        lost: (peer, cause) => this.#lost(peer, cause),
        departed: (peer) => this.#lost(peer, 'it has closed its communicator'),
      },
    );
  }

  /** Index of this process, 0 to `size` − 1. */
  get rank(): number {
    return this.#transport.rank;
  }

  /** Number of ranks. */
  get size(): number {
    return this.#transport.size;
  }

  /** `tcp` or `memory`. */
  get transport(): string {
    return this.#transport.name;
  }

  /** The error that has ended the job, if one has. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Calls `listener` once when the job fails, at once if it has. */
  onFailure(listener: (error: Error) => void): void {
    if (this.#failure === undefined) this.#failureListeners.push(listener);
    else listener(this.#failure);
  }

  /** Bytes and frames so far. */
  get stats(): CommunicatorStats {
    const peers = Array.from({ length: this.size }, (_, peer) => this.#transport.traffic(peer));
    const total = { sent: noTraffic(), received: noTraffic() };
    for (const { sent, received } of peers) {
      addTraffic(total.sent, sent);
      addTraffic(total.received, received);
    }
    return { ...total, peers };
  }

  /**
   * Sends the bytes of `data` to one rank, which calls `receive`. Messages to the same rank with the
   * same tag arrive in order.
   */
  async send(destination: number, data: NumericArray, options: MessageOptions = {}): Promise<void> {
    const tag = this.#checkMessage(destination, 'destination', options);
    assertNumericArray(data, 'data');
    await this.#message(`send to rank ${destination}`, options, (channel) =>
      channel.sendAny(destination, tag, bytesOf(data)),
    );
  }

  /**
   * Receives a message into the beginning of `into`.
   * @returns the number of elements received
   * @throws MessageTooLongError when it does not fit; that ends the job
   */
  async receive(source: number, into: NumericArray, options: MessageOptions = {}): Promise<number> {
    const tag = this.#checkMessage(source, 'source', options);
    assertNumericArray(into, 'into');
    const buffer = bytesOf(into);
    return await this.#message(`receive from rank ${source}`, options, async (channel) => {
      const { length } = await channel.receiveAny(source, tag, () => buffer);
      return wholeElements(length, into, source);
    });
  }

  /** Sends to one rank and receives from another (or the same) at the same time. */
  async sendReceive(
    destination: number,
    data: NumericArray,
    source: number,
    into: NumericArray,
    options: MessageOptions = {},
  ): Promise<number> {
    const [received] = await Promise.all([
      this.receive(source, into, options),
      this.send(destination, data, options),
    ]);
    return received;
  }

  /** Resolves once all ranks have called it. */
  async barrier(options: OperationOptions = {}): Promise<void> {
    await this.#collective('barrier', Collective.barrier, options, barrier);
  }

  /** Copies the elements of rank `root` to all ranks, in place. */
  async broadcast(vector: NumericArray, options: BroadcastOptions = {}): Promise<void> {
    const { root = 0 } = options;
    assertNumericArray(vector, 'vector');
    assertInteger(root, 'root', 0, this.size - 1);
    await this.#collective('broadcast', Collective.broadcast, options, (channel) =>
      broadcast(channel, bytesOf(vector), root),
    );
  }

  /**
   * Gathers parts of equal length from all ranks, in rank order.
   * @returns `options.into` or a new array
   */
  async allGather<T extends NumericArray>(part: T, options: AllGatherOptions<T> = {}): Promise<T> {
    assertNumericArray(part, 'part');
    const length = part.length * this.size;
    const into = options.into ?? new (part.constructor as new (length: number) => T)(length);
    if (into.constructor !== part.constructor)
      throw new ArgumentTypeError('"into" must be of the type of "part"');
    if (into.length !== length)
      throw new ArgumentRangeError(
        `"into" must have ${length} elements (${this.size} ranks times ${part.length}), ` +
          `got ${into.length}`,
      );
    await this.#collective('allGather', Collective.allGather, options, (channel) => {
      into.set(part, this.rank * part.length);
      return ringAllGather(channel, into);
    });
    return into;
  }

  /**
   * Gathers byte strings of any lengths from all ranks.
   * @returns by rank; the own one is `bytes` itself
   */
  async allGatherV(bytes: Uint8Array, options: BytesOptions = {}): Promise<Uint8Array[]> {
    assertBytes(bytes, 'bytes');
    const { buffer = allocate, onReceive } = options;
    return await this.#collective('allGatherV', Collective.allGatherV, options, (channel) =>
      allToAllBytes(channel, () => bytes, buffer, onReceive),
    );
  }

  /**
   * Sends byte string `chunks[r]` to each rank r.
   * @returns what came from each rank; the own chunk is `chunks[rank]` itself
   */
  async allToAllV(
    chunks: readonly Uint8Array[],
    options: BytesOptions = {},
  ): Promise<Uint8Array[]> {
    if (chunks.length !== this.size)
      throw new ArgumentRangeError(
        `"chunks" must have one entry a rank (${this.size}), got ${chunks.length}`,
      );
    for (const [peer, chunk] of chunks.entries()) assertBytes(chunk, `chunks[${peer}]`);
    const { buffer = allocate, onReceive } = options;
    return await this.#collective('allToAllV', Collective.allToAllV, options, (channel) =>
      allToAllBytes(channel, (peer) => chunks[peer]!, buffer, onReceive),
    );
  }

  /**
   * Reduces `vector` over all ranks and leaves each rank its chunk of the result.
   * @returns a view of chunk `rank` of `vector` (see `chunkRange`); the rest of `vector` is used up
   */
  async reduceScatter<T extends NumericArray>(vector: T, options: ReduceOptions = {}): Promise<T> {
    assertNumericArray(vector, 'vector');
    const reducer = reducerOf(options.op ?? 'sum');
    await this.#collective('reduceScatter', Collective.reduceScatter, options, (channel) =>
      ringReduceScatter(channel, vector, reducer),
    );
    const { start, end } = chunkRange(vector.length, this.size, this.rank);
    return vector.subarray(start, end) as T;
  }

  /**
   * Reduces `vector` over all ranks, in place. All ranks end with the same bits. The two algorithms add
   * in different orders, so their results may differ in rounding.
   */
  async allReduce(vector: NumericArray, options: AllReduceOptions = {}): Promise<void> {
    assertNumericArray(vector, 'vector');
    const reducer = reducerOf(options.op ?? 'sum');
    if (this.#allReduceAlgorithm(vector, options) === 'ring')
      await this.#collective('allReduce', Collective.ringAllReduce, options, (channel) =>
        ringAllReduce(channel, vector, reducer),
      );
    else
      await this.#collective('allReduce', Collective.doublingAllReduce, options, (channel) =>
        doublingAllReduce(channel, vector, reducer),
      );
  }

  /**
   * Runs a collective of the caller's own: `body` exchanges messages over the channel it is given. All
   * ranks call it at the same place, under the same rules as any other. What `body` throws ends the job.
   */
  async operate<T>(
    name: string,
    body: (channel: Channel) => Promise<T>,
    options: OperationOptions = {},
  ): Promise<T> {
    return await this.#collective(name, Collective.custom, options, body);
  }

  /**
   * Ends the job: the peers hear of it first and throw `RemoteAbortError` with this rank and the code of
   * `error`; here everything under way and to come rejects with `error`. Then call `close`.
   */
  abort(error: Error): void {
    this.#fail(error);
  }

  /**
   * Leaves in order: waits for the operations under way, tells the peers and releases every socket and
   * timer. Never rejects; may be called again.
   */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    if (this.#active.size > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    clearTimeout(this.#inquiryTimer);
    await this.#transport.close({ silent: this.#failure !== undefined });
  }

  #allReduceAlgorithm(vector: NumericArray, options: AllReduceOptions): AllReduceAlgorithm {
    const { algorithm = 'auto' } = options;
    if (algorithm === 'ring' || algorithm === 'recursive-doubling') return algorithm;
    if (algorithm === 'auto')
      return vector.byteLength > this.#doublingBytes ? 'ring' : 'recursive-doubling';
    throw new ArgumentRangeError(
      `"algorithm" must be auto, ring or recursive-doubling, got ${JSON.stringify(algorithm)}`,
    );
  }

  #checkMessage(peer: number, title: string, { tag = 0 }: MessageOptions): number {
    assertInteger(peer, title, 0, this.size - 1);
    if (peer === this.rank)
      throw new ArgumentRangeError(`"${title}" is this rank itself (${peer})`);
    assertInteger(tag, 'tag', 0, MAX_STEPS - 1);
    return tag;
  }

  #message<T>(
    name: string,
    options: OperationOptions,
    body: (channel: Channel) => Promise<T>,
  ): Promise<T> {
    return this.#run(name, 0, Collective.message, options, body);
  }

  #collective<T>(
    name: string,
    collective: number,
    options: OperationOptions,
    body: (channel: Channel) => Promise<T>,
  ): Promise<T> {
    const number = this.#nextOperation;
    if (number >= MAX_OPERATIONS)
      throw new ArgumentRangeError('this communicator has run out of operation numbers (2³²)');
    return this.#run(`${name} #${number}`, number, collective, options, body);
  }

  async #run<T>(
    label: string,
    number: number,
    collective: number,
    options: OperationOptions,
    body: (channel: Channel) => Promise<T>,
  ): Promise<T> {
    const { signal, deadlineMs = this.#deadlineMs } = options;
    assertDeadline(deadlineMs);
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closing !== undefined) throw new CommunicatorClosedError(label);
    if (number !== 0) this.#nextOperation++;
    const channel = new OperationChannel(this.#messenger, number, collective, {
      segmentBytes: this.#segmentBytes,
      scratch: this.#scratch,
    });
    const active = { number, label, channel };
    this.#active.add(active);
    const timer =
      deadlineMs > MAX_TIMER
        ? undefined
        : setTimeout(() => this.#expire(active, deadlineMs), deadlineMs);
    const giveUp = (): void => this.#fail(new OperationAbortedError(label, signal?.reason), label);
    signal?.addEventListener('abort', giveUp);
    try {
      if (signal?.aborted === true) throw new OperationAbortedError(label, signal.reason);
      if (number !== 0) this.#messenger.begin(number, collective);
      const result = await body(channel);
      await channel.flush();
      return result;
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)), label);
      throw this.#failure ?? error;
    } finally {
      signal?.removeEventListener('abort', giveUp);
      clearTimeout(timer);
      this.#messenger.finish(number);
      this.#active.delete(active);
      if (this.#active.size === 0) this.#idle?.();
    }
  }

  /** The operation that has been under way longest. */
  get #label(): string | undefined {
    const [oldest] = this.#active;
    return oldest?.label;
  }

  /** Ends the job on this rank; the peers are told first. `news` is what they are told. */
  #fail(error: Error, label = this.#label ?? '', news?: Uint8Array): void {
    if (this.#failure !== undefined) return;
    this.#messenger.broadcastAbort(news ?? encodeAbort(abortOf(error, this.rank, label)));
    this.#conclude(error);
  }

  #conclude(error: Error): void {
    this.#failure = error;
    clearTimeout(this.#inquiryTimer);
    this.#messenger.fail(error);
    for (const listener of this.#failureListeners.splice(0)) listener(error);
  }

  #lost(peer: number, cause: unknown): void {
    if (this.#inquiry?.hasHeard(peer) === true) return;
    if (cause instanceof CollectiveMismatchError) this.#fail(cause);
    else this.#fail(new PeerLostError(peer, cause, this.#label));
  }

  /** Throws on malformed messages; the transport then reports the peer as lost. */
  #aborted(peer: number, body: Uint8Array): void {
    const message = decodeAbort(body, this.size);
    if (this.#failure !== undefined) return;
    if (message.code === TIMEOUT_CODE) this.#peerTimedOut(peer, message);
    // Passed on as it came: the rank that sent it may not have reached everybody.
    else this.#fail(errorOf(message, this.rank), undefined, body);
  }

  #expire({ number, label, channel }: ActiveOperation, deadlineMs: number): void {
    if (this.#failure !== undefined || this.#inquiry !== undefined) return;
    const details = `did not end within ${deadlineMs} ms`;
    this.#inquire(number, label, details, { waitingFor: channel.waitingFor, inside: true });
  }

  #peerTimedOut(peer: number, message: AbortMessage): void {
    if (this.#inquiry === undefined) {
      const { operation, label } = message;
      const mine =
        operation === 0
          ? undefined
          : [...this.#active].find((active) => active.number === operation);
      this.#inquire(operation, label, `timed out on rank ${peer}`, {
        waitingFor: mine?.channel.waitingFor ?? [],
        inside: mine !== undefined,
      });
    }
    const complete = this.#inquiry?.add(peer, {
      waitingFor: message.ranks,
      inside: message.inside,
    });
    if (complete === true) this.#concludeInquiry();
  }

  /** Asks everybody why the operation takes so long, and says what this rank knows. */
  #inquire(
    operation: number,
    label: string,
    details: string,
    own: { readonly waitingFor: readonly number[]; readonly inside: boolean },
  ): void {
    const { rank, size } = this;
    this.#inquiry = new TimeoutInquiry(size, operation, label, details);
    this.#inquiryTimer = setTimeout(() => this.#concludeInquiry(), INQUIRY_MS);
    this.#messenger.broadcastAbort(
      encodeAbort({
        code: TIMEOUT_CODE,
        text: details,
        origin: rank,
        ranks: own.waitingFor,
        operation,
        label,
        inside: own.inside,
      }),
    );
    if (this.#inquiry.add(rank, own)) this.#concludeInquiry();
  }

  #concludeInquiry(): void {
    if (this.#failure !== undefined || this.#inquiry === undefined) return;
    const { culprits, label, details } = this.#inquiry;
    // Every rank has been told; each concludes for itself.
    this.#conclude(new CollectiveTimeoutError(culprits, label, details));
  }
}

function assertDeadline(deadlineMs: unknown): asserts deadlineMs is number {
  if (typeof deadlineMs !== 'number')
    throw new ArgumentTypeError(`"deadlineMs" must be a number, got ${typeof deadlineMs}`);
  if (!(deadlineMs > 0))
    throw new ArgumentRangeError(`"deadlineMs" must be greater than 0, got ${deadlineMs}`);
}

function wholeElements(bytes: number, into: NumericArray, source: number): number {
  const elements = bytes / into.BYTES_PER_ELEMENT;
  if (Number.isInteger(elements)) return elements;
  throw new CollectiveMismatchError(
    source,
    `rank ${source} sent ${bytes} bytes, no whole number of ${into.constructor.name} elements`,
  );
}
