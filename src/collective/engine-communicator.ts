/** The communicator on the thread that owns the connections. */
import { assertInteger } from '../../proto/assert.ts';
import { RegroupingError, REGROUPING_CODE, RemoteAbortError } from '../../proto/comm-errors.ts';
import { addTraffic, noTraffic } from '../transport/traffic.ts';
import type { Transport } from '../transport/transport.ts';
import {
  assertChunks,
  assertCounts,
  assertRank,
  assertSource,
  assertTag,
  intoForAll,
  intoForAllToAll,
  lengthForAll,
} from './arguments.ts';
import { barrier } from './barrier.ts';
import { binomialGather } from './binomial-gather.ts';
import { binomialReduce } from './binomial-reduce.ts';
import { binomialScatter } from './binomial-scatter.ts';
import { broadcast } from './broadcast.ts';
import { bruckAllGather } from './bruck-all-gather.ts';
import { bruckAllToAll } from './bruck-all-to-all.ts';
import type { Operand } from './buffers-in-use.ts';
import { Collective, type BodyChannel, type Channel, type Group } from './channel.ts';
import { chunkRange, chunksOf } from './chunks.ts';
import type { Communicator } from './communicator.ts';
import { allToAllBytes } from './exchange-bytes.ts';
import { halvingAllReduce } from './halving-doubling.ts';
import { IncomingArrays, IncomingMessage } from './incoming.ts';
import { Job } from './job.ts';
import { gatherBytes, linearGather, linearScatter, sendChunks } from './linear.ts';
import type { AlgorithmChoice } from './cost-model.ts';
import { Member, type Call, type JobOfMember, type Membership } from './member.ts';
import {
  assertLike,
  assertNumericArray,
  bytesOf,
  copyInto,
  partOf,
  type NumericArray,
} from './numeric-array.ts';
import type {
  AllGatherOptions,
  AllReduceOptions,
  AllToAllOptions,
  BroadcastOptions,
  CommunicatorOptions,
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
} from './options.ts';
import { pairwiseAllToAll } from './pairwise-all-to-all.ts';
import { doublingAllReduce } from './recursive-doubling.ts';
import type { Reconnection } from './reconnection.ts';
import { reducerOf } from './reducer.ts';
import { ringReduce } from './ring-reduce.ts';
import { ringAllGather, ringAllReduce, ringReduceScatter } from './ring.ts';
import { SoloSync } from './solo.ts';
import { split } from './split.ts';
import { binomialPlace, chainPlace } from './tree.ts';

const reads = (array: NumericArray, title: string): Operand => ({ array, title, writes: false });
const writes = (array: NumericArray, title: string): Operand => ({ array, title, writes: true });

const ALL_REDUCES = {
  ring: [Collective.ringAllReduce, ringAllReduce],
  'recursive-doubling': [Collective.doublingAllReduce, doublingAllReduce],
  'halving-doubling': [Collective.halvingAllReduce, halvingAllReduce],
} as const;

export class EngineCommunicator extends SoloSync implements Communicator {
  readonly #member: Membership;

  /** Takes the transport over. Use `init()` to get one that is connected. */
  constructor(
    place: Transport | Membership,
    options: CommunicatorOptions = {},
    reconnection?: Reconnection,
    formerRanks?: readonly number[],
  ) {
    super();
    this.#member =
      'collective' in place
        ? place
        : Member.ofJob(new Job(place, options, reconnection, formerRanks));
  }

  get rank(): number {
    return this.#member.group.rank;
  }

  get size(): number {
    return this.#member.group.ranks.length;
  }

  get epoch(): number {
    return this.#job.transport.epoch;
  }

  get formerRanks(): readonly number[] {
    const { ranks } = this.#member.group;
    return ranks.map((rank) => this.#job.formerRanks[rank]!);
  }

  get transport(): string {
    return this.#job.transport.name;
  }

  get failure(): Error | undefined {
    return this.#job.failure;
  }

  onFailure(listener: (error: Error) => void): void {
    this.#job.onFailure(listener);
  }

  get stats(): CommunicatorStats {
    const peers = this.#member.group.ranks.map((rank) => this.#job.transport.traffic(rank));
    const total = { sent: noTraffic(), received: noTraffic() };
    for (const { sent, received } of peers) {
      addTraffic(total.sent, sent);
      addTraffic(total.received, received);
    }
    return { ...total, peers, operations: this.#member.operations };
  }

  async send(destination: number, data: NumericArray, options: SendOptions = {}): Promise<void> {
    const { tag = 0 } = options;
    assertRank(destination, 'destination', this.size);
    assertTag(tag, 'tag');
    assertNumericArray(data, 'data');
    await this.#member.message({
      name: `send to rank ${destination}`,
      options,
      operands: [reads(data, 'data')],
      body: (channel) => channel.sendAny(destination, tag, bytesOf(data)),
    });
  }

  async receive<T extends NumericArray>(
    source: number | 'any',
    into: ReceiveInto<T>,
    options: ReceiveOptions = {},
  ): Promise<Received<T>> {
    const { tag = 0 } = options;
    assertSource(source, this.size);
    if (tag !== 'any') assertTag(tag, 'tag');
    const incoming = new IncomingMessage(into, this.#member.group.ranks);
    return await this.#member.message({
      name: source === 'any' ? 'receive from any rank' : `receive from rank ${source}`,
      options,
      operands: incoming.operands,
      body: (channel) => receiveMessage(channel, source, tag, incoming),
    });
  }

  async sendReceive<T extends NumericArray>(
    destination: number,
    data: NumericArray,
    source: number | 'any',
    into: ReceiveInto<T>,
    options: SendReceiveOptions = {},
  ): Promise<Received<T>> {
    const { tag = 0, receiveTag = tag } = options;
    assertRank(destination, 'destination', this.size);
    assertSource(source, this.size);
    assertTag(tag, 'tag');
    if (receiveTag !== 'any') assertTag(receiveTag, 'receiveTag');
    assertNumericArray(data, 'data');
    const incoming = new IncomingMessage(into, this.#member.group.ranks);
    return await this.#member.message({
      name: `sendReceive with ranks ${destination} and ${source}`,
      options,
      operands: [reads(data, 'data'), ...incoming.operands],
      body: (channel) => {
        void channel.sendAny(destination, tag, bytesOf(data));
        return receiveMessage(channel, source, receiveTag, incoming);
      },
    });
  }

  async barrier(options: OperationOptions = {}): Promise<void> {
    await this.#member.collective(Collective.barrier, { name: 'barrier', options, body: barrier });
  }

  async broadcast(vector: NumericArray, options: BroadcastOptions = {}): Promise<void> {
    const { root = 0, algorithm = 'auto' } = options;
    assertNumericArray(vector, 'vector');
    assertRank(root, 'root', this.size);
    const { byteLength } = vector;
    const { choice } = this.#job;
    const isChain = choice.choose('broadcast', algorithm, this.size, byteLength) === 'pipeline';
    const collective = isChain ? Collective.pipelineBroadcast : Collective.broadcast;
    await this.#member.collective(collective, {
      name: 'broadcast',
      options,
      agreed: { type: vector, root },
      operands: [this.rank === root ? reads(vector, 'vector') : writes(vector, 'vector')],
      body: (channel) => {
        const place = (isChain ? chainPlace : binomialPlace)(this.rank, this.size, root);
        const segmentBytes = isChain
          ? choice.pipelineSegment(this.size, byteLength)
          : channel.segmentBytes;
        return broadcast(channel, bytesOf(vector), place, segmentBytes);
      },
    });
  }

  async reduce(vector: NumericArray, options: ReduceOptions = {}): Promise<void> {
    const { root = 0, algorithm = 'auto', op = 'sum' } = options;
    assertNumericArray(vector, 'vector');
    assertRank(root, 'root', this.size);
    const reducer = reducerOf(op);
    const chosen = this.#job.choice.choose('reduce', algorithm, this.size, vector.byteLength);
    const isTree = chosen === 'binomial';
    await this.#member.collective(isTree ? Collective.binomialReduce : Collective.ringReduce, {
      name: 'reduce',
      options,
      agreed: { type: vector, reducer, root },
      operands: [this.rank === root ? writes(vector, 'vector') : reads(vector, 'vector')],
      body: (channel) => (isTree ? binomialReduce : ringReduce)(channel, vector, root, reducer),
    });
  }

  async allReduce(vector: NumericArray, options: AllReduceOptions = {}): Promise<void> {
    const { algorithm = 'auto', op = 'sum' } = options;
    assertNumericArray(vector, 'vector');
    const reducer = reducerOf(op);
    const chosen = this.#job.choice.choose('allReduce', algorithm, this.size, vector.byteLength);
    const [collective, run] = ALL_REDUCES[chosen];
    await this.#member.collective(collective, {
      name: 'allReduce',
      options,
      agreed: { type: vector, reducer },
      operands: [writes(vector, 'vector')],
      body: (channel) => run(channel, vector, reducer),
    });
  }

  async reduceScatter<T extends NumericArray>(
    vector: T,
    options: ReduceScatterOptions = {},
  ): Promise<T> {
    const { algorithm = 'auto', op = 'sum' } = options;
    assertNumericArray(vector, 'vector');
    const reducer = reducerOf(op);
    const { choice } = this.#job;
    const isRing =
      choice.choose('reduceScatter', algorithm, this.size, vector.byteLength) === 'ring';
    const collective = isRing ? Collective.reduceScatter : Collective.doublingReduceScatter;
    await this.#member.collective(collective, {
      name: 'reduceScatter',
      options,
      agreed: { type: vector, reducer },
      operands: [writes(vector, 'vector')],
      body: (channel) =>
        // Short vectors: everybody gets everything, in fewer steps than round the ring.
        isRing
          ? ringReduceScatter(channel, vector, reducer)
          : doublingAllReduce(channel, vector, reducer),
    });
    const { start, end } = chunkRange(vector.length, this.size, this.rank);
    return partOf(vector, start, end);
  }

  async reduceScatterV<T extends NumericArray>(
    vector: T,
    counts: readonly number[],
    options: ReductionOptions = {},
  ): Promise<T> {
    assertNumericArray(vector, 'vector');
    assertCounts(counts, vector.length, this.size);
    const reducer = reducerOf(options.op ?? 'sum');
    const chunks = chunksOf([...counts]);
    await this.#member.collective(Collective.reduceScatterV, {
      name: 'reduceScatterV',
      options,
      agreed: { type: vector, reducer },
      operands: [writes(vector, 'vector')],
      body: (channel) => ringReduceScatter(channel, vector, reducer, chunks),
    });
    const { start, end } = chunks(this.rank);
    return partOf(vector, start, end);
  }

  async gather<T extends NumericArray>(
    part: T,
    options: GatherOptions<T> = {},
  ): Promise<T | undefined> {
    const { root = 0, algorithm = 'auto' } = options;
    assertNumericArray(part, 'part');
    assertRank(root, 'root', this.size);
    const into = this.rank === root ? intoForAll(part, this.size, options.into) : undefined;
    const chosen = this.#job.choice.choose('gather', algorithm, this.size, part.byteLength);
    const isTree = chosen === 'binomial';
    await this.#member.collective(isTree ? Collective.binomialGather : Collective.linearGather, {
      name: 'gather',
      options,
      agreed: { type: part, root },
      // The root copies its own part before anything else.
      operands: [into === undefined ? reads(part, 'part') : writes(into, 'into')],
      body: (channel) =>
        (isTree ? binomialGather : linearGather)(
          channel,
          bytesOf(part),
          root,
          into && bytesOf(into),
        ),
    });
    return into;
  }

  async gatherV<T extends NumericArray>(
    part: T,
    options: GatherVOptions<T> = {},
  ): Promise<T[] | undefined> {
    const { root = 0 } = options;
    assertNumericArray(part, 'part');
    assertRank(root, 'root', this.size);
    const incoming = new IncomingArrays(this.rank, part, this.#member.group.ranks, options);
    await this.#member.collective(Collective.gatherV, {
      name: 'gatherV',
      options,
      agreed: { type: part, root },
      operands: [reads(part, 'part')],
      body: (channel) =>
        gatherBytes(channel, bytesOf(part), root, incoming.buffer, incoming.arrived),
    });
    return this.rank === root ? incoming.arrays : undefined;
  }

  async scatter<T extends NumericArray>(part: T, options: ScatterOptions<T> = {}): Promise<T> {
    const { root = 0, algorithm = 'auto' } = options;
    assertNumericArray(part, 'part');
    assertRank(root, 'root', this.size);
    const from = this.rank === root ? options.from : undefined;
    if (this.rank === root) assertLike(from, 'from', part, ...lengthForAll(part, this.size));
    const own = from && partOf(from, root * part.length, (root + 1) * part.length);
    const isInPlace = own?.buffer === part.buffer && own.byteOffset === part.byteOffset;
    const chosen = this.#job.choice.choose('scatter', algorithm, this.size, part.byteLength);
    const isTree = chosen === 'binomial';
    await this.#member.collective(isTree ? Collective.binomialScatter : Collective.linearScatter, {
      name: 'scatter',
      options,
      agreed: { type: part, root },
      operands: [
        ...(from === undefined ? [] : [reads(from, 'from')]),
        ...(isInPlace ? [] : [writes(part, 'part')]),
      ],
      body: (channel) => {
        if (own !== undefined) copyInto(part, own, 0);
        const scatter = isTree ? binomialScatter : linearScatter;
        return scatter(channel, bytesOf(part), root, from && bytesOf(from));
      },
    });
    return part;
  }

  async scatterV<T extends NumericArray>(
    into: ReceiveInto<T>,
    options: ScatterVOptions<T> = {},
  ): Promise<T> {
    const { root = 0, chunks } = options;
    assertRank(root, 'root', this.size);
    const incoming = new IncomingMessage(into, this.#member.group.ranks);
    if (this.rank === root) assertChunks(chunks, this.size);
    const own = this.rank === root ? chunks?.[root] : undefined;
    if (own !== undefined) incoming.assertFits(own, 'chunks');
    return await this.#member.collective(Collective.scatterV, {
      name: 'scatterV',
      options,
      agreed: { root },
      operands: [
        ...(own === undefined ? [] : (chunks ?? []).map((chunk) => reads(chunk, 'chunks'))),
        ...incoming.operands,
      ],
      body: async (channel) => {
        if (own === undefined) {
          await channel.receiveAny(root, 0, (length) => incoming.provide(length, root, 0));
          return incoming.received.data;
        }
        sendChunks(channel, (rank) => bytesOf(chunks![rank]!));
        return incoming.take(own, root);
      },
    });
  }

  async allGather<T extends NumericArray>(part: T, options: AllGatherOptions<T> = {}): Promise<T> {
    const { algorithm = 'auto' } = options;
    assertNumericArray(part, 'part');
    const into = intoForAll(part, this.size, options.into);
    const chosen = this.#job.choice.choose('allGather', algorithm, this.size, part.byteLength);
    const isRing = chosen === 'ring';
    await this.#member.collective(isRing ? Collective.allGather : Collective.bruckAllGather, {
      name: 'allGather',
      options,
      agreed: { type: part },
      // The own part is copied before anything else.
      operands: [writes(into, 'into')],
      body: (channel) => {
        if (!isRing) return bruckAllGather(channel, bytesOf(part), bytesOf(into));
        copyInto(into, part, this.rank * part.length);
        return ringAllGather(channel, into);
      },
    });
    return into;
  }

  async allGatherV<T extends NumericArray>(part: T, options: VectorsOptions<T> = {}): Promise<T[]> {
    assertNumericArray(part, 'part');
    const incoming = new IncomingArrays(this.rank, part, this.#member.group.ranks, options);
    await this.#member.collective(Collective.allGatherV, {
      name: 'allGatherV',
      options,
      agreed: { type: part },
      operands: [reads(part, 'part')],
      body: (channel) =>
        allToAllBytes(channel, () => bytesOf(part), incoming.buffer, incoming.arrived),
    });
    return incoming.arrays;
  }

  async allToAll<T extends NumericArray>(vector: T, options: AllToAllOptions<T> = {}): Promise<T> {
    const { algorithm = 'auto' } = options;
    assertNumericArray(vector, 'vector');
    const into = intoForAllToAll(vector, this.size, options.into);
    const chosen = this.#job.choice.choose('allToAll', algorithm, this.size, vector.byteLength);
    const isDirect = chosen === 'pairwise';
    await this.#member.collective(
      isDirect ? Collective.pairwiseAllToAll : Collective.bruckAllToAll,
      {
        name: 'allToAll',
        options,
        agreed: { type: vector },
        operands: [reads(vector, 'vector'), writes(into, 'into')],
        body: (channel) =>
          (isDirect ? pairwiseAllToAll : bruckAllToAll)(channel, bytesOf(vector), bytesOf(into)),
      },
    );
    return into;
  }

  async allToAllV<T extends NumericArray>(
    chunks: readonly T[],
    options: VectorsOptions<T> = {},
  ): Promise<T[]> {
    assertChunks(chunks, this.size);
    const own = chunks[this.rank]!;
    const incoming = new IncomingArrays(this.rank, own, this.#member.group.ranks, options);
    await this.#member.collective(Collective.allToAllV, {
      name: 'allToAllV',
      options,
      agreed: { type: own },
      operands: chunks.map((chunk) => reads(chunk, 'chunks')),
      body: (channel) =>
        allToAllBytes(channel, (peer) => bytesOf(chunks[peer]!), incoming.buffer, incoming.arrived),
    });
    return incoming.arrays;
  }

  async operate<T>(
    name: string,
    body: (channel: Channel) => Promise<T>,
    options: OperationOptions = {},
  ): Promise<T> {
    return await this.#member.collective(Collective.custom, { name, options, body });
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
    if (color !== undefined) assertInteger(color, 'color', 0);
    assertInteger(key, 'key', Number.MIN_SAFE_INTEGER);
    const { group } = this.#member;
    const wish = { color, key, context: this.#job.newContext() };
    const own = await this.#member.collective(Collective.split, {
      name: 'split',
      options,
      body: (channel) => split(channel, wish, group),
    });
    return own && new EngineCommunicator(this.#member.member(own));
  }

  /** The place of this rank among those of the job. */
  get group(): Group {
    return this.#member.group;
  }

  /** Which algorithms `auto` stands for. */
  get choice(): AlgorithmChoice {
    return this.#job.choice;
  }

  /** Runs an operation whose kind and agreed arguments have been settled elsewhere. */
  runBody(
    collective: number,
    call: Omit<Call<void>, 'body'>,
    body: (channel: BodyChannel) => Promise<void>,
  ): Promise<void> {
    const run = { ...call, body };
    return collective === Collective.message
      ? this.#member.message(run)
      : this.#member.collective(collective, run);
  }

  async shrink(options: ShrinkOptions = {}): Promise<Communicator> {
    return new EngineCommunicator(await this.#member.shrink(options));
  }

  async admit(options: ShrinkOptions = {}): Promise<Communicator> {
    return (await this.admitted(options)) ?? this;
  }

  /** `admit`; undefined where nobody waits. */
  async admitted(options: ShrinkOptions = {}): Promise<EngineCommunicator | undefined> {
    const waiting = new Uint32Array(1);
    try {
      if (this.rank === 0) waiting[0] = await this.#member.newcomers();
      await this.broadcast(waiting, options);
    } catch (error) {
      // Another rank has heard the number, and has gone ahead.
      if (!(error instanceof RemoteAbortError) || error.code !== REGROUPING_CODE) {
        this.abort(error instanceof Error ? error : new Error(String(error)));
        throw error;
      }
      waiting[0] = 1;
    }
    if (waiting[0] === 0) return undefined;
    return new EngineCommunicator(await this.#member.shrink(options, new RegroupingError()));
  }

  abort(error: Error): void {
    this.#job.abort(error);
  }

  close(): Promise<void> {
    this.isClosed = true;
    return this.#member.close();
  }

  get #job(): JobOfMember {
    return this.#member.job;
  }
}

function receiveMessage<T extends NumericArray>(
  channel: BodyChannel,
  source: number | 'any',
  tag: number | 'any',
  incoming: IncomingMessage<T>,
): Promise<Received<T>> {
  const message = channel.receiveMessage(
    source === 'any' ? undefined : source,
    tag === 'any' ? undefined : tag,
    (length, from, kind) => incoming.provide(length, from, kind),
  );
  return message.then(() => incoming.received);
}
