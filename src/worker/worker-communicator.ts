/** The communicator of a rank whose engine runs in the communication worker. */
import { CommunicatorClosedError, SyncUnavailableError } from '../../proto/comm-errors.ts';
import type { Channel } from '../collective/channel.ts';
import type { Communicator } from '../collective/communicator.ts';
import { AlgorithmChoice } from '../collective/cost-model.ts';
import { EngineCommunicator } from '../collective/engine-communicator.ts';
import type { NumericArray } from '../collective/numeric-array.ts';
import type {
  AllGatherOptions,
  AllReduceOptions,
  AllToAllOptions,
  BroadcastOptions,
  CommunicatorStats,
  GatherOptions,
  GatherVOptions,
  OperationOptions,
  ReceiveInto,
  ReceiveOptions,
  Received,
  ReduceOptions,
  ReduceScatterOptions,
  ReductionOptions,
  ScatterOptions,
  ScatterVOptions,
  SendOptions,
  SendReceiveOptions,
  ShrinkOptions,
  VectorsOptions,
} from '../collective/options.ts';
import { noTraffic } from '../transport/traffic.ts';
import type { CommunicatorFacts } from './facts.ts';
import * as plans from './plans.ts';
import type { Plan } from './plans.ts';
import { RemoteMember } from './remote-member.ts';
import type { WorkerSession } from './session.ts';
import { isHandle, type Handle } from './wire.ts';

export class WorkerCommunicator implements Communicator {
  readonly rank: number;
  readonly size: number;
  readonly transport: string;
  readonly epoch: number;
  readonly formerRanks: readonly number[];
  readonly #session: WorkerSession;
  readonly #target: number;
  /** Runs operations with functions of the caller's. */
  readonly #local: EngineCommunicator;
  /** The worker ends with it. */
  #isJob: boolean;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(session: WorkerSession, handle: Handle) {
    const facts = handle.facts as CommunicatorFacts;
    this.rank = facts.rank;
    this.size = facts.size;
    this.transport = facts.transport;
    this.epoch = facts.epoch;
    this.formerRanks = facts.formerRanks;
    this.#session = session;
    this.#target = handle.id;
    this.#isJob = facts.group.context === 0;
    this.#local = new EngineCommunicator(
      new RemoteMember({
        link: session.link,
        target: handle.id,
        group: facts.group,
        inUse: session.inUse,
        job: {
          transport: {
            name: facts.transport,
            epoch: facts.epoch,
            traffic: () => ({ sent: noTraffic(), received: noTraffic() }),
          },
          formerRanks: facts.formerRanks,
          choice: new AlgorithmChoice(facts.segment, facts.model),
          failure: undefined,
          onFailure: () => {},
          newContext: () => 0,
          abort: (error) => this.abort(error),
        },
      }),
    );
  }

  get failure(): Error | undefined {
    return this.#session.failureOf(this.#target);
  }

  onFailure(listener: (error: Error) => void): void {
    this.#session.onFailure(this.#target, listener);
  }

  get stats(): CommunicatorStats {
    return this.#session.get(this.#target, 'stats') as CommunicatorStats;
  }

  async shrink(options: ShrinkOptions = {}): Promise<Communicator> {
    if (this.#closing !== undefined) throw new CommunicatorClosedError('shrink');
    const call = { target: this.#target, method: 'shrink', args: [options] };
    const next = this.#session.communicator((await this.#session.link.call(call)) as Handle);
    this.#isJob = false;
    return next;
  }

  async admit(options: ShrinkOptions = {}): Promise<Communicator> {
    if (this.#closing !== undefined) throw new CommunicatorClosedError('admit');
    const call = { target: this.#target, method: 'admitted', args: [options] };
    const next = (await this.#session.link.call(call)) as Handle | undefined;
    if (next === undefined) return this;
    this.#isJob = false;
    return this.#session.communicator(next);
  }

  abort(error: Error): void {
    this.#session.abort(this.#target, error);
  }

  send(destination: number, data: NumericArray, options: SendOptions = {}): Promise<void> {
    return this.#run(() => plans.send(destination, data, options));
  }

  sendSync(destination: number, data: NumericArray, options: SendOptions = {}): void {
    this.#runSync(plans.send(destination, data, options));
  }

  receive<T extends NumericArray>(
    source: number | 'any',
    into: ReceiveInto<T>,
    options: ReceiveOptions = {},
  ): Promise<Received<T>> {
    if (typeof into === 'function')
      return this.#here((local) => local.receive(source, into, options));
    return this.#run(() => plans.receive(source, into, options));
  }

  receiveSync<T extends NumericArray>(
    source: number | 'any',
    into: ReceiveInto<T>,
    options: ReceiveOptions = {},
  ): Received<T> {
    return this.#runSync(plans.receive(source, arrayOf(into, 'receiveSync'), options));
  }

  sendReceive<T extends NumericArray>(
    destination: number,
    data: NumericArray,
    source: number | 'any',
    into: ReceiveInto<T>,
    options: SendReceiveOptions = {},
  ): Promise<Received<T>> {
    if (typeof into === 'function')
      return this.#here((local) => local.sendReceive(destination, data, source, into, options));
    return this.#run(() => plans.sendReceive([destination, data, source, into], options));
  }

  sendReceiveSync<T extends NumericArray>(
    destination: number,
    data: NumericArray,
    source: number | 'any',
    into: ReceiveInto<T>,
    options: SendReceiveOptions = {},
  ): Received<T> {
    const array = arrayOf(into, 'sendReceiveSync');
    return this.#runSync(plans.sendReceive([destination, data, source, array], options));
  }

  barrier(options: OperationOptions = {}): Promise<void> {
    return this.#run(() => plans.barrier(options));
  }

  barrierSync(options: OperationOptions = {}): void {
    this.#runSync(plans.barrier(options));
  }

  broadcast(vector: NumericArray, options: BroadcastOptions = {}): Promise<void> {
    return this.#run(() => plans.broadcast(this, vector, options));
  }

  broadcastSync(vector: NumericArray, options: BroadcastOptions = {}): void {
    this.#runSync(plans.broadcast(this, vector, options));
  }

  reduce(vector: NumericArray, options: ReduceOptions = {}): Promise<void> {
    if (hasFunctions(options)) return this.#here((local) => local.reduce(vector, options));
    return this.#run(() => plans.reduce(this, vector, options));
  }

  reduceSync(vector: NumericArray, options: ReduceOptions = {}): void {
    this.#runSync(plans.reduce(this, vector, nameOnly(options, 'reduceSync')));
  }

  allReduce(vector: NumericArray, options: AllReduceOptions = {}): Promise<void> {
    if (hasFunctions(options)) return this.#here((local) => local.allReduce(vector, options));
    return this.#run(() => plans.allReduce(vector, options));
  }

  allReduceSync(vector: NumericArray, options: AllReduceOptions = {}): void {
    this.#runSync(plans.allReduce(vector, nameOnly(options, 'allReduceSync')));
  }

  reduceScatter<T extends NumericArray>(vector: T, options: ReduceScatterOptions = {}): Promise<T> {
    if (hasFunctions(options)) return this.#here((local) => local.reduceScatter(vector, options));
    return this.#run(() => plans.reduceScatter(this, vector, options));
  }

  reduceScatterSync<T extends NumericArray>(vector: T, options: ReduceScatterOptions = {}): T {
    const named = nameOnly(options, 'reduceScatterSync');
    return this.#runSync(plans.reduceScatter(this, vector, named));
  }

  reduceScatterV<T extends NumericArray>(
    vector: T,
    counts: readonly number[],
    options: ReductionOptions = {},
  ): Promise<T> {
    if (hasFunctions(options))
      return this.#here((local) => local.reduceScatterV(vector, counts, options));
    return this.#run(() => plans.reduceScatterV(this, vector, counts, options));
  }

  reduceScatterVSync<T extends NumericArray>(
    vector: T,
    counts: readonly number[],
    options: ReductionOptions = {},
  ): T {
    const named = nameOnly(options, 'reduceScatterVSync');
    return this.#runSync(plans.reduceScatterV(this, vector, counts, named));
  }

  gather<T extends NumericArray>(part: T, options: GatherOptions<T> = {}): Promise<T | undefined> {
    return this.#run(() => plans.gather(this, part, options));
  }

  gatherSync<T extends NumericArray>(part: T, options: GatherOptions<T> = {}): T | undefined {
    return this.#runSync(plans.gather(this, part, options));
  }

  gatherV<T extends NumericArray>(
    part: T,
    options: GatherVOptions<T> = {},
  ): Promise<T[] | undefined> {
    if (options.buffer !== undefined || options.onReceive !== undefined)
      return this.#here((local) => local.gatherV(part, options));
    return this.#run(() => plans.vectors<T, T[] | undefined>('gatherV', this, part, options));
  }

  gatherVSync<T extends NumericArray>(part: T, options: GatherVOptions<T> = {}): T[] | undefined {
    return this.#runSync(plans.vectors<T, T[] | undefined>('gatherV', this, part, options));
  }

  scatter<T extends NumericArray>(part: T, options: ScatterOptions<T> = {}): Promise<T> {
    return this.#run(() => plans.scatter(this, part, options));
  }

  scatterSync<T extends NumericArray>(part: T, options: ScatterOptions<T> = {}): T {
    return this.#runSync(plans.scatter(this, part, options));
  }

  scatterV<T extends NumericArray>(
    into: ReceiveInto<T>,
    options: ScatterVOptions<T> = {},
  ): Promise<T> {
    if (typeof into === 'function') return this.#here((local) => local.scatterV(into, options));
    return this.#run(() => plans.scatterV(this, into, options));
  }

  scatterVSync<T extends NumericArray>(into: ReceiveInto<T>, options: ScatterVOptions<T> = {}): T {
    return this.#runSync(plans.scatterV(this, arrayOf(into, 'scatterVSync'), options));
  }

  allGather<T extends NumericArray>(part: T, options: AllGatherOptions<T> = {}): Promise<T> {
    return this.#run(() => plans.allGather(this, part, options));
  }

  allGatherSync<T extends NumericArray>(part: T, options: AllGatherOptions<T> = {}): T {
    return this.#runSync(plans.allGather(this, part, options));
  }

  allGatherV<T extends NumericArray>(part: T, options: VectorsOptions<T> = {}): Promise<T[]> {
    if (options.buffer !== undefined || options.onReceive !== undefined)
      return this.#here((local) => local.allGatherV(part, options));
    return this.#run(() => plans.vectors<T, T[]>('allGatherV', this, part, options));
  }

  allGatherVSync<T extends NumericArray>(part: T, options: VectorsOptions<T> = {}): T[] {
    return this.#runSync(plans.vectors<T, T[]>('allGatherV', this, part, options));
  }

  allToAll<T extends NumericArray>(vector: T, options: AllToAllOptions<T> = {}): Promise<T> {
    return this.#run(() => plans.allToAll(this, vector, options));
  }

  allToAllSync<T extends NumericArray>(vector: T, options: AllToAllOptions<T> = {}): T {
    return this.#runSync(plans.allToAll(this, vector, options));
  }

  allToAllV<T extends NumericArray>(
    chunks: readonly T[],
    options: VectorsOptions<T> = {},
  ): Promise<T[]> {
    if (options.buffer !== undefined || options.onReceive !== undefined)
      return this.#here((local) => local.allToAllV(chunks, options));
    return this.#run(() => plans.vectors<T, T[]>('allToAllV', this, chunks, options));
  }

  allToAllVSync<T extends NumericArray>(
    chunks: readonly T[],
    options: VectorsOptions<T> = {},
  ): T[] {
    return this.#runSync(plans.vectors<T, T[]>('allToAllV', this, chunks, options));
  }

  operate<T>(
    name: string,
    body: (channel: Channel) => Promise<T>,
    options: OperationOptions = {},
  ): Promise<T> {
    return this.#here((local) => local.operate(name, body, options));
  }

  split(color: number, key?: number, options?: OperationOptions): Promise<Communicator>;
  split(
    color: number | undefined,
    key?: number,
    options?: OperationOptions,
  ): Promise<Communicator | undefined>;
  async split(
    color: number | undefined,
    key = 0,
    options: OperationOptions = {},
  ): Promise<Communicator | undefined> {
    const made = await this.#run(() => ({
      method: 'split',
      args: [color, key, options],
      options,
      operands: [],
      result: (returned) => returned,
    }));
    return isHandle(made, 'communicator') ? this.#session.communicator(made) : undefined;
  }

  close(): Promise<void> {
    this.#closing ??= this.#session.close(this.#target, this.#isJob);
    return this.#closing;
  }

  /** @throws as a rejection whatever is wrong with the arguments */
  async #run<T>(make: () => Plan<T>): Promise<T> {
    this.#assertOpen('operation');
    return await this.#session.run(this.#target, make());
  }

  #runSync<T>(plan: Plan<T>): T {
    this.#assertOpen(plan.method);
    return this.#session.runSync(this.#target, plan);
  }

  async #here<T>(work: (local: EngineCommunicator) => Promise<T>): Promise<T> {
    this.#assertOpen('operation');
    return await work(this.#local);
  }

  #assertOpen(method: string): void {
    const { failure } = this;
    if (failure !== undefined) throw failure;
    if (this.#closing !== undefined || this.#session.link.hasEnded)
      throw new CommunicatorClosedError(method);
  }
}

/** A reducer of the caller's own runs on the calling thread. */
function hasFunctions({ op }: ReductionOptions): boolean {
  return typeof op === 'object' && op !== null;
}

function nameOnly<T extends ReductionOptions>(options: T, method: string): T {
  if (hasFunctions(options))
    throw new SyncUnavailableError(method, 'a reducer of your own runs on the calling thread');
  return options;
}

function arrayOf<T extends NumericArray>(into: ReceiveInto<T>, method: string): T {
  if (typeof into !== 'function') return into;
  throw new SyncUnavailableError(
    method,
    'a function that returns the array runs on the calling thread',
  );
}
