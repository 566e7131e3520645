/**
 * This rank's place in one communicator: who the others are, and the numbers of the operations they run
 * together. A context of its own keeps its messages apart from those of any other communicator.
 */
import { CommunicatorClosedError, ShrinkUnavailableError } from '../../proto/comm-errors.ts';
import { ArgumentRangeError } from '../../proto/errors.ts';
import type { Operand } from './buffers-in-use.ts';
import { Collective, type Group, type BodyChannel } from './channel.ts';
import type { AlgorithmChoice } from './cost-model.ts';
import type { Job } from './job.ts';
import type { OperationOptions, ShrinkOptions } from './options.ts';
import { signatureOf, type Agreed } from './signature.ts';
import { Tallies, type OperationStats } from './tally.ts';
import type { Transport } from '../transport/transport.ts';

/** An operation before it has a number. */
export interface Call<T> {
  /** Of the method, and of which rank where there are two. */
  readonly name: string;
  readonly options: OperationOptions;
  /** Buffers of the caller that belong to the operation until it ends. */
  readonly operands?: readonly Operand[];
  /** What all ranks must pass alike. */
  readonly agreed?: Agreed;
  /** The same, as `signatureOf` gives it, where the arrays themselves are elsewhere. */
  readonly signature?: number;
  readonly body: (channel: BodyChannel) => Promise<T>;
}

/** What a communicator needs of its job. */
export interface JobOfMember {
  readonly transport: Pick<Transport, 'name' | 'traffic' | 'epoch'>;
  readonly formerRanks: readonly number[];
  readonly choice: AlgorithmChoice;
  readonly failure: Error | undefined;
  onFailure(listener: (error: Error) => void): void;
  newContext(): number;
  abort(error: Error): void;
}

/** What a communicator is made of: a place in a group, and how its operations are run. */
export interface Membership {
  readonly job: JobOfMember;
  readonly group: Group;
  /** What operations have done so far, by name; a copy. */
  readonly operations: Readonly<Record<string, OperationStats>>;
  /** A message between two ranks. */
  message<T>(call: Call<T>): Promise<T>;
  /** A collective; calls are numbered in their order. */
  collective<T>(collective: number, call: Call<T>): Promise<T>;
  /** The communicator of another group of the same job. */
  member(group: Group): Membership;
  /** The communicator of the survivors of a failure, and of new processes that wait. */
  shrink(options: ShrinkOptions, reason?: Error): Promise<Membership>;
  /** How many new processes wait to be let in; on rank 0. */
  newcomers(): Promise<number>;
  close(): Promise<void>;
}

/** The context of the communicator of all ranks of the job. */
const JOB_CONTEXT = 0;
const MAX_OPERATIONS = 2 ** 32;
/** Kinds of collective are below this; a signature is above them. */
const KINDS = 256;

export class Member implements Membership {
  readonly job: Job;
  readonly group: Group;
  readonly #tallies: Tallies = new Tallies();
  #nextOperation = 1;
  #underWay = 0;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  constructor(job: Job, group: Group) {
    this.job = job;
    this.group = group;
  }

  /** The place in the communicator of all ranks. */
  static ofJob(job: Job): Member {
    const { rank, size } = job.transport;
    const ranks = Array.from({ length: size }, (_, other) => other);
    return new Member(job, { context: JOB_CONTEXT, rank, ranks });
  }

  get operations(): Readonly<Record<string, OperationStats>> {
    return this.#tallies.snapshot();
  }

  /** A message between two ranks. */
  message<T>(call: Call<T>): Promise<T> {
    return this.#run(call, call.name, 0, Collective.message);
  }

  /**
   * A collective. Its number is taken before the first turn of the event loop, so that calls are
   * numbered in their order.
   */
  collective<T>(collective: number, call: Call<T>): Promise<T> {
    const number = this.#nextOperation;
    if (number >= MAX_OPERATIONS)
      throw new ArgumentRangeError('this communicator has run out of operation numbers (2³²)');
    const kind = collective + KINDS * (call.signature ?? signatureOf(call.agreed ?? {}));
    return this.#run(call, `${call.name} #${number}`, number, kind);
  }

  member(group: Group): Member {
    return new Member(this.job, group);
  }

  newcomers(): Promise<number> {
    return this.job.newcomers();
  }

  async shrink(options: ShrinkOptions, reason?: Error): Promise<Membership> {
    if (this.group.context !== JOB_CONTEXT)
      throw new ShrinkUnavailableError(
        'only the communicator of the job has a successor; split that',
      );
    return Member.ofJob(await this.job.shrink(options, reason));
  }

  /** Leaves this communicator alone, or with that of the job the job. */
  close(): Promise<void> {
    this.#closing ??= this.group.context === JOB_CONTEXT ? this.job.close() : this.#leave();
    return this.#closing;
  }

  async #run<T>(call: Call<T>, title: string, number: number, collective: number): Promise<T> {
    const { context } = this.group;
    const { options, operands = [], body } = call;
    const label = context === JOB_CONTEXT ? title : `${title} of communicator ${context}`;
    if (this.job.failure !== undefined) throw this.job.failure;
    if (this.#closing !== undefined || this.job.isClosing) throw new CommunicatorClosedError(label);
    const release = this.job.admit({ label, options, operands, body });
    if (number !== 0) this.#nextOperation++;
    this.#underWay++;
    try {
      const kind = { number, collective };
      const tally = this.#tallies.of(call.name);
      const operation = { label, kind, options, operands, body, tally };
      return await this.job.run(this.group, operation, release);
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) this.#idle?.();
    }
  }

  async #leave(): Promise<void> {
    if (this.#underWay > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    this.job.leave(this.group.context);
  }
}
