/**
 * A transport over pipes: two connections for every pair of ranks, so that each rank receives data on a
 * connection it has dialled itself.
 *
 *   p dialled q:   q ──data──▶ p    frames of messages, offers, goodbye
 *                  p ──control▶ q   grants, credits, abort, regroup: never behind bulk data
 *
 * How the end of a peer is told apart:
 * - goodbye, then end of stream: it left in order.
 * - both connections end without goodbye: it is lost. An abort message that explains why can still
 *   be under way on the second connection when the first ends, so the verdict waits for both, at most
 *   `VERDICT_MS`.
 * - bytes that are no frames, or frames it must not send: lost at once.
 */
import { FrameKind, type FrameHeader } from '../../proto/frame.ts';
import type { Connection, ConnectionEvents, FrameFields } from './connection.ts';
import { Pulse, type PulseOptions, type Watched } from './pulse.ts';
import { addTraffic, noTraffic, type DuplexTraffic } from './traffic.ts';
import type { Transport, TransportHandler } from './transport.ts';

/** Longest wait for the second connection of a peer whose first has ended, milliseconds. */
const VERDICT_MS = 300;
/** Default of `lingerMs`. */
const LINGER_MS = 2000;

/** The two connections with a peer. */
interface Link {
  /** Dialled by this rank: data in, control out. */
  dialled: Connection | undefined;
  /** Accepted by this rank: data out, control in. */
  accepted: Connection | undefined;
  /** Ended connections, 0 to 2. */
  endings: number;
  /** Connections not yet released. */
  open: number;
  cause: Error | undefined;
  /** Lost or departed: nothing is reported any more. */
  settled: boolean;
  halfClosed: boolean;
  verdict: NodeJS.Timeout | undefined;
  /** It has sent a sign of life. */
  hasPulse: boolean;
}

const DATA_DIRECTION: ReadonlySet<FrameKind> = new Set([
  FrameKind.data,
  FrameKind.offer,
  FrameKind.goodbye,
]);
const CONTROL_DIRECTION: ReadonlySet<FrameKind> = new Set([
  FrameKind.grant,
  FrameKind.credit,
  FrameKind.abort,
  FrameKind.alive,
  FrameKind.regroup,
]);

const DEAF: TransportHandler = {
  destination: (_, header) => new Uint8Array(header.length),
  frame: () => {},
  lost: () => {},
  departed: () => {},
};

export class MeshTransport implements Transport {
  readonly name: string;
  readonly rank: number;
  readonly size: number;
  readonly epoch: number;
  handler: TransportHandler = DEAF;
  readonly #links: readonly Link[];
  #closing = false;
  #drained: (() => void) | undefined;
  #whenConnected: (() => void) | undefined;
  #pulse: Pulse | undefined;

  constructor(name: string, rank: number, size: number, epoch = 0) {
    this.name = name;
    this.rank = rank;
    this.size = size;
    this.epoch = epoch;
    this.#links = Array.from({ length: size }, () => ({
      dialled: undefined,
      accepted: undefined,
      endings: 0,
      open: 0,
      cause: undefined,
      settled: false,
      halfClosed: false,
      verdict: undefined,
      hasPulse: false,
    }));
  }

  /** Takes over a connection to `peer` that this rank has dialled. */
  attachDialled(peer: number, connection: Connection): void {
    this.#link(peer).dialled = connection;
    this.#attach(peer, connection, DATA_DIRECTION);
  }

  /** Takes over a connection that `peer` has dialled. */
  attachAccepted(peer: number, connection: Connection): void {
    this.#link(peer).accepted = connection;
    this.#attach(peer, connection, CONTROL_DIRECTION);
  }

  /** Whether a connection dialled by `peer` is already there. */
  hasAccepted(peer: number): boolean {
    return this.#link(peer).accepted !== undefined;
  }

  /** Peers to or from which a connection is missing. */
  get unconnected(): number[] {
    return this.#peers().filter((peer) => {
      const { dialled, accepted } = this.#link(peer);
      return dialled === undefined || accepted === undefined;
    });
  }

  /** Resolves once all connections are there, those with lost peers apart. */
  async connected(): Promise<void> {
    if (this.#isConnected) return;
    await new Promise<void>((resolve) => {
      this.#whenConnected = resolve;
    });
  }

  get #isConnected(): boolean {
    return this.unconnected.every((peer) => this.#link(peer).settled);
  }

  send(peer: number, fields: FrameFields, payload?: Uint8Array, flushed?: () => void): void {
    const { accepted, halfClosed } = this.#link(peer);
    if (!halfClosed) accepted?.send(fields, payload, flushed);
  }

  sendControl(peer: number, fields: FrameFields, payload?: Uint8Array): void {
    const { dialled, halfClosed } = this.#link(peer);
    if (!halfClosed) dialled?.send(fields, payload);
  }

  giveUp(peer: number, cause: Error): void {
    this.#lose(peer, this.#link(peer), cause);
  }

  /** Sends signs of life from here on, and loses peers whose signs stay away. */
  watch(options: PulseOptions): void {
    this.#pulse ??= new Pulse(this.#watched(), options);
  }

  #watched(): Watched {
    const peers = (): number[] => this.#peers().filter((peer) => !this.#link(peer).settled);
    return {
      get peers() {
        return peers();
      },
      beat: (peer) => this.sendControl(peer, { kind: FrameKind.alive }),
      hasPulse: (peer) => this.#link(peer).hasPulse,
      heard: (peer) => this.traffic(peer).received.socketBytes,
      silent: (peer, milliseconds) =>
        this.giveUp(peer, new Error(`no sign of life for ${milliseconds} ms`)),
    };
  }

  traffic(peer: number): DuplexTraffic {
    const total = { sent: noTraffic(), received: noTraffic() };
    const { dialled, accepted } = this.#link(peer);
    for (const connection of [dialled, accepted]) {
      if (connection === undefined) continue;
      addTraffic(total.sent, connection.traffic.sent);
      addTraffic(total.received, connection.traffic.received);
    }
    return total;
  }

  async close(
    options: { readonly silent?: boolean; readonly lingerMs?: number } = {},
  ): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#pulse?.stop();
    for (const peer of this.#peers()) this.#leave(peer, options.silent ?? false);
    await this.#drain(options.lingerMs ?? LINGER_MS);
  }

  #leave(peer: number, silent: boolean): void {
    const link = this.#link(peer);
    clearTimeout(link.verdict);
    if (!silent && !link.settled) link.accepted?.send({ kind: FrameKind.goodbye });
    link.settled = true;
    this.#halfClose(link);
  }

  /** Waits until every connection is released, by force after `lingerMs`. */
  async #drain(lingerMs: number): Promise<void> {
    if (this.#openConnections() === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      timer = setTimeout(() => {
        this.#destroyAll();
        resolve();
      }, lingerMs);
    });
    clearTimeout(timer);
  }

  #openConnections(): number {
    return this.#links.reduce((sum, link) => sum + link.open, 0);
  }

  #destroyAll(): void {
    for (const { dialled, accepted } of this.#links) {
      dialled?.pipe.destroy();
      accepted?.pipe.destroy();
    }
  }

  #halfClose(link: Link): void {
    if (link.halfClosed) return;
    link.halfClosed = true;
    link.dialled?.pipe.end();
    link.accepted?.pipe.end();
  }

  #link(peer: number): Link {
    const link = this.#links[peer];
    if (link === undefined) throw new RangeError(`no rank ${peer} among ${this.size}`);
    return link;
  }

  #peers(): number[] {
    return this.#links.map((_, peer) => peer).filter((peer) => peer !== this.rank);
  }

  #attach(peer: number, connection: Connection, allowed: ReadonlySet<FrameKind>): void {
    this.#link(peer).open++;
    connection.epoch = this.epoch;
    connection.events = this.#events(peer, connection, allowed);
    if (this.#isConnected) this.#whenConnected?.();
  }

  #events(peer: number, connection: Connection, allowed: ReadonlySet<FrameKind>): ConnectionEvents {
    const link = this.#link(peer);
    return {
      destination: (header) => {
        if (!allowed.has(header.kind)) throw unexpectedKind(peer, header);
        return this.#closing
          ? new Uint8Array(header.length)
          : this.handler.destination(peer, header);
      },
      frame: (header, payload) => {
        if (!allowed.has(header.kind)) throw unexpectedKind(peer, header);
        if (header.kind === FrameKind.alive) link.hasPulse = true;
        else if (header.kind === FrameKind.goodbye) this.#depart(peer, link);
        else if (!this.#closing) this.handler.frame(peer, header, payload);
      },
      broken: (error) => this.#lose(peer, link, error),
      ended: (cause) => this.#end(peer, link, connection, cause),
      closed: () => this.#release(link),
    };
  }

  #depart(peer: number, link: Link): void {
    if (!link.settled) {
      link.settled = true;
      clearTimeout(link.verdict);
      this.handler.departed(peer);
    }
    this.#halfClose(link);
  }

  #lose(peer: number, link: Link, cause: Error): void {
    if (link.settled) return;
    link.settled = true;
    clearTimeout(link.verdict);
    this.handler.lost(peer, cause);
    if (this.#isConnected) this.#whenConnected?.();
  }

  #end(peer: number, link: Link, connection: Connection, cause: Error | undefined): void {
    link.endings++;
    link.cause ??= cause;
    if (link.settled) {
      this.#halfClose(link);
      return;
    }
    const verdict = (): void => {
      this.#lose(
        peer,
        link,
        link.cause ?? new Error(`the connection to ${connection.pipe.remote} was closed`),
      );
      this.#halfClose(link);
    };
    if (link.endings === 2) verdict();
    else link.verdict = setTimeout(verdict, VERDICT_MS);
  }

  #release(link: Link): void {
    link.open--;
    if (this.#openConnections() === 0) this.#drained?.();
  }
}

function unexpectedKind(peer: number, header: FrameHeader): Error {
  const name = Object.entries(FrameKind).find(([, kind]) => kind === header.kind)?.[0];
  return new Error(`rank ${peer} sent a frame of kind ${name} where it must not`);
}
