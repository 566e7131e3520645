/**
 * The ranks of a job and what all their communicators share: one transport, and one fate.
 *
 * Failure is the same everywhere: whatever goes wrong in an operation (a lost peer, a deadline, a
 * signal, an error thrown by the caller's code, lengths that differ) ends the job on all ranks. Every
 * operation under way and every later one rejects, and the peers are told before anything else happens.
 */
import { assertInteger } from '../../proto/assert.ts';
import {
  CollectiveMismatchError,
  CollectiveTimeoutError,
  CommunicatorClosedError,
  OperationAbortedError,
  PeerLostError,
  ShrinkUnavailableError,
} from '../../proto/comm-errors.ts';
import { ArgumentRangeError, ArgumentTypeError } from '../../proto/errors.ts';
import { FrameKind, MAX_CONTEXTS } from '../../proto/frame.ts';
import { Messenger } from '../transport/messenger.ts';
import { record } from '../trace/recorder.ts';
import type { Transport } from '../transport/transport.ts';
import {
  abortOf,
  decodeAbort,
  encodeAbort,
  errorOf,
  TIMEOUT_CODE,
  type AbortMessage,
} from './abort-message.ts';
import { BuffersInUse, type Operand } from './buffers-in-use.ts';
import { OperationChannel, type BodyChannel, type Group, type OperationKind } from './channel.ts';
import { AlgorithmChoice } from './cost-model.ts';
import type { CommunicatorOptions, OperationOptions, ShrinkOptions } from './options.ts';
import { ProgressTimer } from './progress-timer.ts';
import type { Reconnection } from './reconnection.ts';
import { Regroup } from './regroup.ts';
import { ScratchPool } from './scratch.ts';
import type { OperationStats } from './tally.ts';
import { TimeoutInquiry } from './timeout-inquiry.ts';

/** An operation to run. */
export interface Operation<T> {
  /** Name and number, for messages. */
  readonly label: string;
  readonly kind: OperationKind;
  readonly options: OperationOptions;
  /** Buffers of the caller that belong to the operation until it ends. */
  readonly operands: readonly Operand[];
  readonly body: (channel: BodyChannel) => Promise<T>;
  /** Where it is counted. */
  readonly tally: OperationStats;
}

interface ActiveOperation {
  readonly context: number;
  readonly number: number;
  readonly label: string;
  readonly channel: OperationChannel;
}

/** Former rank of a process that was not there before. */
export const NEWCOMER = -1;

/** What peers are given to answer why an operation takes so long, milliseconds. */
const INQUIRY_MS = 500;
/** Longest delay of a Node timer, milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

export class Job {
  readonly transport: Transport;
  /** Which algorithm an operation takes. */
  readonly choice: AlgorithmChoice;
  /** The ranks as the communicator before this one numbered them, by rank here. */
  readonly formerRanks: readonly number[];
  readonly #options: CommunicatorOptions;
  readonly #reconnection: Reconnection | undefined;
  readonly #regroup: Regroup;
  readonly #messenger: Messenger;
  readonly #scratch: ScratchPool = new ScratchPool();
  readonly #deadlineMs: number;
  readonly #progressMs: number;
  readonly #segmentBytes: number;
  readonly #inUse: BuffersInUse = new BuffersInUse();
  readonly #active: Set<ActiveOperation> = new Set();
  #contexts = 0;
  #failure: Error | undefined;
  #inquiry: TimeoutInquiry | undefined;
  #inquiryTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #shrinking: Promise<Job> | undefined;
  /** What it had beside connections is another job's now. */
  #hasSuccessor = false;
  #idle: (() => void) | undefined;
  readonly #failureListeners: ((error: Error) => void)[] = [];

  /**
   * @param reconnection how survivors connect anew; absent: they cannot
   * @param formerRanks absent: nobody was there before
   */
  constructor(
    transport: Transport,
    options: CommunicatorOptions,
    reconnection?: Reconnection,
    formerRanks?: readonly number[],
  ) {
    const { segmentBytes = 1 << 20, deadlineMs = 60_000, progressMs = Infinity } = options;
    const { eagerBytes = 1 << 19, creditBytes = 1 << 22 } = options;
    assertInteger(segmentBytes, 'segmentBytes', 8, 1 << 24);
    assertInteger(eagerBytes, 'eagerBytes', 0, 1 << 24);
    assertInteger(creditBytes, 'creditBytes', eagerBytes + 64);
    assertDeadline(deadlineMs);
    assertDeadline(progressMs, 'progressMs');
    this.transport = transport;
    this.#options = options;
    this.#reconnection = reconnection;
    this.formerRanks = formerRanks ?? Array.from({ length: transport.size }, (_, rank) => rank);
    this.#regroup = this.#newRegroup();
    this.choice = new AlgorithmChoice(segmentBytes, options.costModel);
    this.#deadlineMs = deadlineMs;
    this.#progressMs = progressMs;
    this.#segmentBytes = segmentBytes;
    this.#messenger = new Messenger(
      transport,
      { eagerBytes, creditBytes, frameBytes: Math.max(segmentBytes, eagerBytes) },
      {
        aborted: (peer, body) => this.#aborted(peer, body),
        lost: (peer, cause) => this.#lost(peer, cause),
        departed: (peer) => this.#lost(peer, 'it has closed its communicator'),
        gone: () => this.#regroup.lost(),
        regroup: (peer, body) => this.#regroup.hear(peer, body),
      },
    );
  }

  /** The error that has ended the job, if one has. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** `close` has been called. */
  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** Calls `listener` once when the job fails, at once if it has. */
  onFailure(listener: (error: Error) => void): void {
    if (this.#failure === undefined) this.#failureListeners.push(listener);
    else listener(this.#failure);
  }

  /**
   * A context no other rank gives out: this rank's share of them is every `size`-th.
   * @throws ArgumentRangeError when they are used up
   */
  newContext(): number {
    const { rank, size } = this.transport;
    const context = 1 + rank + size * this.#contexts;
    if (context >= MAX_CONTEXTS)
      throw new ArgumentRangeError(`this job has run out of communicators (${this.#contexts})`);
    this.#contexts++;
    return context;
  }

  /** This rank takes no more part in a communicator. */
  leave(context: number): void {
    this.#messenger.leave(context);
  }

  /**
   * Refuses an operation before anything of it has happened.
   * @throws ArgumentTypeError, ArgumentRangeError on wrong options
   * @throws BufferInUseError when a buffer belongs to an operation under way
   * @returns gives the buffers back
   */
  admit({ label, options, operands }: Omit<Operation<unknown>, 'kind' | 'tally'>): () => void {
    const { signal, deadlineMs = this.#deadlineMs, progressMs = this.#progressMs } = options;
    assertDeadline(deadlineMs);
    assertDeadline(progressMs, 'progressMs');
    if (signal !== undefined && !(signal instanceof AbortSignal))
      throw new ArgumentTypeError(`"signal" must be an AbortSignal, got ${typeof signal}`);
    return this.#inUse.hold(operands, label);
  }

  /** Runs an admitted operation. Its number is taken; whatever goes wrong from here on ends the job. */
  async run<T>(group: Group, operation: Operation<T>, release: () => void): Promise<T> {
    const { label, kind, options, body, tally } = operation;
    const { signal, deadlineMs = this.#deadlineMs, progressMs = this.#progressMs } = options;
    const channel = new OperationChannel(group, kind, {
      messenger: this.#messenger,
      segmentBytes: this.#segmentBytes,
      scratch: this.#scratch,
      tally,
    });
    const active = { context: group.context, number: kind.number, label, channel };
    this.#active.add(active);
    const start = performance.now();
    const timer =
      deadlineMs > MAX_TIMER
        ? undefined
        : setTimeout(() => this.#expire(active, deadlineMs), deadlineMs);
    const progress = new ProgressTimer(
      progressMs,
      () => this.#progressOf(channel),
      () => this.#inquireOf(active, `made no progress within ${progressMs} ms`),
    );
    const giveUp = (): void => this.#fail(new OperationAbortedError(label, signal?.reason), label);
    signal?.addEventListener('abort', giveUp);
    try {
      if (signal?.aborted === true) throw new OperationAbortedError(label, signal.reason);
      if (kind.number !== 0) this.#messenger.begin(group.context, kind.number, kind.collective);
      const result = await body(channel);
      await channel.flush();
      return result;
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)), label);
      throw this.#failure ?? error;
    } finally {
      signal?.removeEventListener('abort', giveUp);
      clearTimeout(timer);
      progress.stop();
      release();
      this.#messenger.finish(group.context, kind.number);
      record('operation', label, start);
      tally.operations++;
      tally.milliseconds += performance.now() - start;
      this.#active.delete(active);
      if (this.#active.size === 0) this.#idle?.();
    }
  }

  /** Ends the job with `error`; the peers hear of it first. */
  abort(error: Error): void {
    this.#fail(error);
  }

  /**
   * The job of the survivors, once this one has failed; it is made to fail where it has not.
   * @throws EvictedError, CollectiveTimeoutError, ShrinkUnavailableError
   */
  shrink(
    { deadlineMs = this.#deadlineMs }: ShrinkOptions,
    reason: Error = new OperationAbortedError('the communicator', 'it is to be shrunk'),
  ): Promise<Job> {
    assertDeadline(deadlineMs);
    if (this.#reconnection === undefined)
      throw new ShrinkUnavailableError('its transport was made by hand');
    if (this.isClosing && this.#shrinking === undefined)
      throw new CommunicatorClosedError('shrink');
    if (this.#failure === undefined) this.#fail(reason);
    this.#shrinking ??= this.#goOn(this.#reconnection, Math.min(deadlineMs, MAX_TIMER));
    return this.#shrinking;
  }

  /** How many new processes want to be let in. @throws PortInUseError, RendezvousError */
  async newcomers(): Promise<number> {
    return (await this.#reconnection?.lookout?.look()) ?? 0;
  }

  async #goOn(reconnection: Reconnection, waitMs: number): Promise<Job> {
    const door = await reconnection.open();
    try {
      const decision = await this.#regroup.decide(door.address, waitMs);
      const { members, addresses } = decision;
      const next = door.enter(decision, members.indexOf(this.transport.rank));
      const former = addresses.map((_, rank) => members[rank] ?? NEWCOMER);
      const job = new Job(next.transport, this.#options, next.reconnection, former);
      reconnection.lookout?.welcome(decision, next.transport.epoch);
      this.#hasSuccessor = true;
      await next.connect();
      void this.close();
      return job;
    } finally {
      door.close();
    }
  }

  #newRegroup(): Regroup {
    const { rank, size } = this.transport;
    return new Regroup({
      rank,
      size,
      tell: (peer, body) => this.transport.sendControl(peer, { kind: FrameKind.regroup }, body),
      isGone: (peer) => this.#messenger.isGone(peer),
      newcomers: () => this.#reconnection?.lookout?.offer() ?? [],
      evicted: (error) => {
        if (this.#failure === undefined) this.#conclude(error);
      },
    });
  }

  /** Waits for the operations under way, tells the peers and releases every socket and timer. */
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
    if (!this.#hasSuccessor) {
      this.#regroup.leave(new CommunicatorClosedError('shrink'));
      this.#reconnection?.lookout?.close();
    }
    await this.transport.close({ silent: this.#failure !== undefined });
  }

  /** The operation that has been under way longest. */
  get #label(): string | undefined {
    const [oldest] = this.#active;
    return oldest?.label;
  }

  /** Ends the job on this rank; the peers are told first. `news` is what they are told. */
  #fail(error: Error, label = this.#label ?? '', news?: Uint8Array): void {
    if (this.#failure !== undefined) return;
    this.#messenger.broadcastAbort(news ?? encodeAbort(abortOf(error, this.transport.rank, label)));
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
    const message = decodeAbort(body, this.transport.size);
    if (this.#failure !== undefined) return;
    if (message.code === TIMEOUT_CODE) this.#peerTimedOut(peer, message);
    // Passed on as it came: the rank that sent it may not have reached everybody.
    else this.#fail(errorOf(message, this.transport.rank), undefined, body);
  }

  #expire(active: ActiveOperation, deadlineMs: number): void {
    this.#inquireOf(active, `did not end within ${deadlineMs} ms`);
  }

  #inquireOf(active: ActiveOperation, details: string): void {
    if (this.#failure !== undefined || this.#inquiry !== undefined) return;
    this.#inquire(active, details, { waitingFor: active.channel.waitingFor, inside: true });
  }

  /** Bytes of messages that have moved between this rank and those an operation waits for. */
  #progressOf(channel: OperationChannel): number {
    const { waitingFor } = channel;
    // Work of this rank's own takes as long as it takes: no number, so never the same as before.
    if (waitingFor.length === 0) return Number.NaN;
    let bytes = 0;
    for (const peer of waitingFor) {
      const { sent, received } = this.transport.traffic(peer);
      // Of what has come, signs of life and the like are no progress; half a message is.
      bytes += sent.payloadBytes + received.socketBytes - received.framingBytes;
    }
    return bytes;
  }

  #peerTimedOut(peer: number, message: AbortMessage): void {
    if (this.#inquiry === undefined) {
      const { context, operation: number, label } = message;
      const mine =
        number === 0
          ? undefined
          : [...this.#active].find(
              (active) => active.number === number && active.context === context,
            );
      this.#inquire({ context, number, label }, `timed out on rank ${peer}`, {
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
    { context, number, label }: Omit<ActiveOperation, 'channel'>,
    details: string,
    own: { readonly waitingFor: readonly number[]; readonly inside: boolean },
  ): void {
    const { rank, size } = this.transport;
    this.#inquiry = new TimeoutInquiry(size, label, details);
    this.#inquiryTimer = setTimeout(() => this.#concludeInquiry(), INQUIRY_MS);
    this.#messenger.broadcastAbort(
      encodeAbort({
        code: TIMEOUT_CODE,
        text: details,
        origin: rank,
        ranks: own.waitingFor,
        context,
        operation: number,
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

function assertDeadline(
  milliseconds: unknown,
  title = 'deadlineMs',
): asserts milliseconds is number {
  if (typeof milliseconds !== 'number')
    throw new ArgumentTypeError(`"${title}" must be a number, got ${typeof milliseconds}`);
  if (!(milliseconds > 0))
    throw new ArgumentRangeError(`"${title}" must be greater than 0, got ${milliseconds}`);
}
