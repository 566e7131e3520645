/**
 * Transport inside one process, for tests and for trying things out: frames are encoded, copied and
 * decoded as on a network, and counted alike. Delivery happens in turns of the event loop; a seeded
 * number of turns of delay makes messages of different links overtake each other in ways that can
 * be repeated. Faults can be injected at any time.
 *
 * Bytes are read from the sender's buffer at delivery and not before: who changes a buffer too early is
 * found out.
 */
import { Connection } from './connection.ts';
import { MeshTransport } from './mesh.ts';
import type { Pipe, PipeReader } from './pipe.ts';

export interface MemoryNetworkOptions {
  /** Seed of delays and corruption. Default 1. */
  readonly seed?: number;
  /** Longest delay of a write, in turns of the event loop. Default 0: delivered in the next turn. */
  readonly maxDelayTurns?: number;
  /** Guard payloads by a checksum. Default false. */
  readonly checksum?: boolean;
}

/** One queued write; no parts means end of stream. */
interface Write {
  readonly parts: readonly Uint8Array[] | undefined;
  readonly flushed: (() => void) | undefined;
  readonly due: number;
}

/** mulberry32: a small generator is enough for delays. Returns integers in [0, limit). */
function seededIntegers(seed: number): (limit: number) => number {
  let state = seed | 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

/** One end of a pipe. */
class MemoryPipe implements Pipe {
  readonly remote: string;
  readonly owner: number;
  bytesWritten = 0;
  bytesRead = 0;
  /** Bits to flip in the next write that has a payload. */
  corruptNext = false;
  far!: MemoryPipe;
  readonly queue: Write[] = [];
  readonly #network: MemoryNetwork;
  #reader: PipeReader | undefined;
  #ending = false;
  #hasEnded = false;
  #hasClosed = false;

  constructor(network: MemoryNetwork, owner: number, remote: number) {
    this.#network = network;
    this.owner = owner;
    this.remote = `rank ${remote} in memory`;
  }

  start(reader: PipeReader): void {
    this.#reader = reader;
  }

  write(parts: readonly Uint8Array[], flushed?: () => void): void {
    if (this.#ending || this.#hasClosed) return;
    for (const part of parts) this.bytesWritten += part.length;
    this.#enqueue(parts, flushed);
  }

  end(): void {
    if (this.#ending || this.#hasClosed) return;
    this.#ending = true;
    this.#enqueue(undefined, undefined);
  }

  destroy(): void {
    this.break(new Error('the connection was destroyed'));
  }

  /** Ends both directions at once; what is queued is lost. */
  break(cause: Error): void {
    for (const end of [this, this.far]) {
      end.queue.length = 0;
      queueMicrotask(() => end.#close(cause));
    }
  }

  /** Delivers the oldest write to the far end. */
  deliver(): void {
    const { parts, flushed } = this.queue.shift()!;
    if (parts === undefined) this.far.#end();
    else this.far.#take(this.#damaged(parts));
    flushed?.();
  }

  #enqueue(parts: readonly Uint8Array[] | undefined, flushed: (() => void) | undefined): void {
    this.queue.push({ parts, flushed, due: this.#network.dueTurn(this.queue.at(-1)?.due) });
    this.#network.wake();
  }

  #damaged(parts: readonly Uint8Array[]): readonly Uint8Array[] {
    if (!this.corruptNext || parts.length < 2) return parts;
    this.corruptNext = false;
    const payload = parts[1]!.slice();
    const bit = this.#network.integer(payload.length * 8);
    payload[bit >>> 3]! ^= 1 << (bit & 7);
    return [parts[0]!, payload];
  }

  #take(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      for (let offset = 0; offset < part.length;) {
        const buffer = this.#reader!.nextBuffer();
        const count = Math.min(buffer.length, part.length - offset);
        buffer.set(part.subarray(offset, offset + count));
        this.bytesRead += count;
        offset += count;
        this.#reader!.advance(count);
      }
    }
  }

  #end(cause?: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#reader!.ended(cause);
    // Both directions have ended: this end's own marker has been delivered, and the far end's.
    if (this.far.#hasEnded) for (const end of [this, this.far]) queueMicrotask(() => end.#close());
  }

  #close(cause?: Error): void {
    this.#end(cause);
    if (this.#hasClosed) return;
    this.#hasClosed = true;
    this.queue.length = 0;
    this.#reader!.closed();
  }
}

/** All ranks of a job in one process. */
export class MemoryNetwork {
  readonly size: number;
  /** By rank. */
  readonly transports: readonly MeshTransport[];
  /** Returns a seeded integer in [0, limit). */
  readonly integer: (limit: number) => number;
  readonly #maxDelayTurns: number;
  readonly #pipes: MemoryPipe[] = [];
  readonly #stalled = new Set<number>();
  #turn = 0;
  #awake = false;

  constructor(size: number, options: MemoryNetworkOptions = {}, epoch = 0) {
    this.size = size;
    this.integer = seededIntegers(options.seed ?? 1);
    this.#maxDelayTurns = options.maxDelayTurns ?? 0;
    this.transports = Array.from(
      { length: size },
      (_, rank) => new MeshTransport('memory', rank, size, epoch),
    );
    for (let rank = 0; rank < size; rank++)
      for (let peer = 0; peer < size; peer++)
        if (rank !== peer) this.#connect(rank, peer, options.checksum ?? false);
  }

  /** The rank is gone at once: its connections break, and what was under way is lost. */
  kill(rank: number): void {
    for (const pipe of this.#pipes)
      if (pipe.owner === rank) pipe.break(new Error(`connection reset by rank ${rank} (killed)`));
  }

  /** The connections between two ranks break. */
  dropLink(a: number, b: number): void {
    for (const pipe of this.#between(a, b))
      pipe.break(new Error(`the link between ranks ${a} and ${b} was dropped`));
  }

  /** The rank neither sends nor receives from here on, and its connections stay. */
  stall(rank: number): void {
    this.#stalled.add(rank);
  }

  /** Ends `stall`. */
  resume(rank: number): void {
    this.#stalled.delete(rank);
    this.wake();
  }

  /** Flips one bit in the next payload that `from` sends to `to`. */
  corrupt(from: number, to: number): void {
    for (const pipe of this.#between(from, to)) if (pipe.owner === from) pipe.corruptNext = true;
  }

  /** Turn in which a new write is delivered: not before the one ahead of it. For pipes. */
  dueTurn(previous = 0): number {
    const delay = this.#maxDelayTurns === 0 ? 0 : this.integer(this.#maxDelayTurns + 1);
    return Math.max(previous, this.#turn + 1 + delay);
  }

  /** Something can be delivered. For pipes. */
  wake(): void {
    if (this.#awake) return;
    this.#awake = true;
    setImmediate(() => this.#takeTurn());
  }

  #takeTurn(): void {
    this.#awake = false;
    this.#turn++;
    for (const pipe of this.#pipes) {
      if (this.#stalled.has(pipe.owner) || this.#stalled.has(pipe.far.owner)) continue;
      while (pipe.queue.length > 0 && pipe.queue[0]!.due <= this.#turn) pipe.deliver();
      if (pipe.queue.length > 0) this.wake();
    }
  }

  *#between(a: number, b: number): Iterable<MemoryPipe> {
    for (const pipe of this.#pipes) {
      const far = pipe.far.owner;
      if ((pipe.owner === a && far === b) || (pipe.owner === b && far === a)) yield pipe;
    }
  }

  /** The connection that `rank` dials to `peer`. */
  #connect(rank: number, peer: number, checksum: boolean): void {
    const near = new MemoryPipe(this, rank, peer);
    const far = new MemoryPipe(this, peer, rank);
    near.far = far;
    far.far = near;
    this.#pipes.push(near, far);
    this.transports[rank]!.attachDialled(peer, openConnection(near, checksum));
    this.transports[peer]!.attachAccepted(rank, openConnection(far, checksum));
  }
}

/** The mesh replaces the events when it takes the connection over, before anything can arrive. */
function openConnection(pipe: MemoryPipe, checksum: boolean): Connection {
  const events = {
    destination: (): Uint8Array => new Uint8Array(0),
    frame: (): void => {},
    broken: (): void => {},
    ended: (): void => {},
    closed: (): void => {},
  };
  return new Connection(pipe, events, { checksum });
}
