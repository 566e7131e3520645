/**
 * How the survivors of a failure agree on who they are, over the connections that are left.
 *
 *   ready    Every rank that wants to go on tells all others whom it can still reach, and where it listens.
 *   prepare  The lowest rank of those it can reach, itself included, leads: once all of them are ready it
 *            proposes as members those who can all reach each other.
 *   promise  A rank answers the highest round it has heard of, and from then on ignores lower ones.
 *   commit   With the promises of all members the leader decides. Whoever hears of it first passes it on
 *            to all members, so that a leader that dies meanwhile leaves none of them in doubt.
 *   evict    The others are told that they have been left behind.
 *
 * When a member is lost the leader proposes anew; when the leader is lost the next rank leads, in a higher
 * round. It needs the promises of all its members, and one that had heard of an earlier decision answers
 * with that instead: so there are never two. A rank that does not get ready in time counts as lost.
 * This is the two-phase agreement of fault-tolerant MPI's `shrink` (Bland et al. 2013, "Post-failure recovery
 * of MPI communication capability", section 4), with rounds as in Lamport's "Paxos made simple" (2001).
 */
import { randomBytes } from 'node:crypto';
import { CollectiveTimeoutError, EvictedError, ProtocolError } from '../../proto/comm-errors.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';
import type { TcpAddress } from '../transport/tcp.ts';

/** Who goes on. */
export interface Decision {
  readonly round: number;
  /** Ranks as they are numbered so far, ascending; their places here are their new ranks. */
  readonly members: readonly number[];
  /** By new rank: the members', then those of newcomers. */
  readonly addresses: readonly TcpAddress[];
  /** Random bytes that the new connections repeat. */
  readonly meeting: Uint8Array;
}

/** The rank's connections. */
export interface RegroupPeers {
  readonly rank: number;
  readonly size: number;
  tell(peer: number, body: Uint8Array): void;
  /** Nothing more will come from the peer. */
  isGone(peer: number): boolean;
  /** Where new processes listen that want to be let in. Asked of the rank that decides. */
  newcomers(): readonly TcpAddress[];
  /** The others have gone on without this rank, which may not have noticed a failure yet. */
  evicted(error: EvictedError): void;
}

interface Ready {
  readonly members: readonly number[];
  readonly address: TcpAddress;
}

interface Proposal {
  readonly round: number;
  readonly members: readonly number[];
  readonly promises: Set<number>;
}

interface Message extends Partial<Decision> {
  readonly stage: gradwirecomm.Regroup.Stage;
  readonly address?: TcpAddress;
}

const { Stage } = gradwirecomm.Regroup;
/**
 * What a rank that finds itself alone waits, milliseconds: one that was stopped has it in its sockets that the
 * others have gone on without it, and may see their ends first.
 */
const LISTEN_MS = 100;
/** Random bytes that identify a meeting of ranks. */
export const MEETING_BYTES = 16;

export class Regroup {
  readonly #peers: RegroupPeers;
  /** What each rank said last, this one included. */
  readonly #ready: Map<number, Ready> = new Map();
  /** Ranks nobody waits for any more. */
  readonly #absent: Set<number> = new Set();
  readonly #decided: Promise<Decision>;
  #resolve!: (decision: Decision) => void;
  #reject!: (error: Error) => void;
  #promised = -1;
  #proposal: Proposal | undefined;
  #decision: Decision | undefined;
  #own: TcpAddress | undefined;
  #timer: NodeJS.Timeout | undefined;
  #listening: NodeJS.Timeout | undefined;
  /** It has been alone for a while, and heard nothing. */
  #hasListened = false;

  constructor(peers: RegroupPeers) {
    this.#peers = peers;
    this.#decided = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever has not asked hears of an eviction otherwise.
    this.#decided.catch(() => {});
  }

  /**
   * This rank wants to go on.
   * @param own where it listens
   * @param waitMs time the others have to want so, too
   * @throws EvictedError when they go on without it
   * @throws CollectiveTimeoutError when they decide nothing within twice that time
   */
  async decide(own: TcpAddress, waitMs: number): Promise<Decision> {
    this.#own = own;
    this.#sayReady();
    this.#timer = setTimeout(() => this.#waitNoMore(waitMs), waitMs);
    this.#proceed();
    try {
      return await this.#decided;
    } finally {
      clearTimeout(this.#timer);
      clearTimeout(this.#listening);
    }
  }

  /** This rank leaves, whatever the others decide. */
  leave(error: Error): void {
    this.#reject(error);
  }

  /** @throws ProtocolError on anything but a message of this kind */
  hear(peer: number, body: Uint8Array): void {
    const message = decode(body, this.#peers.size);
    switch (message.stage) {
      case Stage.READY:
        this.#heardReady(peer, message);
        break;
      case Stage.PREPARE:
        this.#heardPrepare(peer, message.round);
        break;
      case Stage.PROMISE:
        this.#heardPromise(peer, message.round);
        break;
      case Stage.COMMIT:
        this.#heardCommit(message);
        break;
      case Stage.EVICT:
        this.#evict(message.members);
    }
  }

  /** Nothing more will come from a peer. */
  lost(): void {
    if (this.#own === undefined || this.#decision !== undefined) return;
    this.#sayReady();
    this.#proceed();
  }

  /** Ranks that are there, this one included, ascending. */
  get #present(): number[] {
    const { rank, size } = this.#peers;
    return Array.from({ length: size }, (_, peer) => peer).filter(
      (peer) => peer === rank || !(this.#absent.has(peer) || this.#peers.isGone(peer)),
    );
  }

  #sayReady(): void {
    const ready = { members: this.#present, address: this.#own! };
    this.#ready.set(this.#peers.rank, ready);
    for (const peer of ready.members) this.#tell(peer, { stage: Stage.READY, ...ready });
  }

  /** Leads, where it is up to this rank. */
  #proceed(): void {
    if (this.#own === undefined || this.#decision !== undefined) return;
    const present = this.#present;
    if (present[0] !== this.#peers.rank) return;
    if (present.length === 1 && this.#peers.size > 1 && !this.#hasListened) {
      this.#listening ??= setTimeout(() => {
        this.#hasListened = true;
        this.#proceed();
      }, LISTEN_MS);
      return;
    }
    if (!present.every((peer) => this.#ready.has(peer))) return;
    const members = mutuallyReachable(present, (peer) => this.#ready.get(peer)!.members);
    if (!members.includes(this.#peers.rank)) return;
    if (String(this.#proposal?.members) === String(members)) return;
    this.#propose(members);
  }

  #propose(members: readonly number[]): void {
    const { rank, size } = this.#peers;
    // Above all rounds heard of, and no other rank's.
    const round = (Math.floor(this.#promised / size) + 1) * size + rank;
    this.#promised = round;
    this.#proposal = { round, members, promises: new Set([rank]) };
    for (const peer of members) this.#tell(peer, { stage: Stage.PREPARE, round, members });
    this.#commitIfPromised();
  }

  #commitIfPromised(): void {
    const { round, members, promises } = this.#proposal!;
    if (!members.every((peer) => promises.has(peer))) return;
    this.#commit({
      round,
      members,
      addresses: [
        ...members.map((peer) => this.#ready.get(peer)!.address),
        ...this.#peers.newcomers(),
      ],
      meeting: randomBytes(MEETING_BYTES),
    });
  }

  #commit(decision: Decision): void {
    this.#decision = decision;
    for (const peer of decision.members) this.#tellDecision(peer);
    for (let peer = 0; peer < this.#peers.size; peer++)
      if (!decision.members.includes(peer)) this.#tellDecision(peer);
    this.#resolve(decision);
  }

  #tellDecision(peer: number): void {
    const { members } = this.#decision!;
    if (members.includes(peer)) this.#tell(peer, { stage: Stage.COMMIT, ...this.#decision! });
    else this.#tell(peer, { stage: Stage.EVICT, members });
  }

  #heardReady(peer: number, { members, address }: Decoded): void {
    this.#ready.set(peer, { members, address });
    // It was given up too early, or it had not been heard of yet when the others decided.
    if (this.#decision !== undefined) this.#tellDecision(peer);
    else this.#proceed();
  }

  #heardPrepare(peer: number, round: number): void {
    if (this.#decision !== undefined) this.#tellDecision(peer);
    else if (this.#own !== undefined && round > this.#promised) {
      this.#promised = round;
      this.#proposal = undefined;
      this.#tell(peer, { stage: Stage.PROMISE, round });
    }
  }

  #heardPromise(peer: number, round: number): void {
    if (this.#decision !== undefined || this.#proposal?.round !== round) return;
    this.#proposal.promises.add(peer);
    this.#commitIfPromised();
  }

  #heardCommit(decision: Decoded): void {
    if (this.#decision !== undefined || decision.round < this.#promised) return;
    if (decision.members.includes(this.#peers.rank)) this.#commit(decision);
    else this.#evict(decision.members);
  }

  #evict(survivors: readonly number[]): void {
    const error = new EvictedError(this.#peers.rank, survivors);
    this.#reject(error);
    this.#peers.evicted(error);
  }

  #waitNoMore(waitMs: number): void {
    for (const peer of this.#present) if (!this.#ready.has(peer)) this.#absent.add(peer);
    this.#hasListened = true;
    this.#timer = setTimeout(() => this.#giveUp(waitMs), waitMs);
    this.lost();
  }

  #giveUp(waitMs: number): void {
    const others = this.#present.filter((peer) => peer !== this.#peers.rank);
    this.#reject(
      new CollectiveTimeoutError(others, 'shrink', `did not end within ${2 * waitMs} ms`),
    );
  }

  #tell(peer: number, message: Message): void {
    if (peer === this.#peers.rank) return;
    const { members = [], addresses = [], ...rest } = message;
    const lists = { members: [...members], addresses: [...addresses] };
    this.#peers.tell(peer, gradwirecomm.Regroup.encode({ ...rest, ...lists }).finish());
  }
}

/** A message with nothing left out. */
interface Decoded extends Decision {
  readonly stage: gradwirecomm.Regroup.Stage;
  readonly address: TcpAddress;
}

function decode(body: Uint8Array, size: number): Decoded {
  let message;
  try {
    message = gradwirecomm.Regroup.decode(body);
  } catch (cause) {
    throw new ProtocolError('a regroup message is malformed', { cause });
  }
  const { stage, round, members, addresses, meeting, address } = message;
  const isAscending = members.every(
    (rank, i) => rank < size && (i === 0 || rank > members[i - 1]!),
  );
  if (!isAscending) throw new ProtocolError('a regroup message names ranks out of order or range');
  const isDecision = addresses.length >= members.length && meeting.length === MEETING_BYTES;
  if (stage === Stage.COMMIT && !isDecision)
    throw new ProtocolError('a regroup message decides nothing');
  return {
    ...{ stage, round, members, meeting: meeting.slice() },
    address: toAddress(address),
    addresses: addresses.map(toAddress),
  };
}

function toAddress(address: gradwirecomm.IAddress | null | undefined): TcpAddress {
  return { host: address?.host ?? '', port: address?.port ?? 0 };
}

/**
 * The ranks that remain when, as long as two cannot reach each other, the one with the most such peers goes; of
 * several the highest.
 */
function mutuallyReachable(
  ranks: readonly number[],
  reaches: (rank: number) => readonly number[],
): number[] {
  const remaining = new Set(ranks);
  const isCut = (a: number, b: number): boolean =>
    !reaches(a).includes(b) || !reaches(b).includes(a);
  for (;;) {
    let worst: number | undefined;
    let most = 0;
    for (const rank of remaining) {
      const cuts = [...remaining].filter((other) => other !== rank && isCut(rank, other)).length;
      if (cuts > 0 && cuts >= most) [worst, most] = [rank, cuts];
    }
    if (worst === undefined) return [...remaining];
    remaining.delete(worst);
  }
}
