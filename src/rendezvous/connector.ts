/**
 * Connects the ranks of a meeting with each other, once all know where the others listen: every rank dials every
 * other one with `hello`, and is answered `welcome`.
 */
import { RendezvousError } from '../../proto/comm-errors.ts';
import { DEFAULT_FRAME_LIMITS, FrameKind } from '../../proto/frame.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';
import type { Connection } from '../transport/connection.ts';
import { MeshTransport } from '../transport/mesh.ts';
import { PacedTransport } from '../transport/paced.ts';
import type { TcpAddress } from '../transport/tcp.ts';
import type { Transport } from '../transport/transport.ts';
import type { Greeting } from './admission.ts';
import type { Credentials } from './credentials.ts';
import type { Greeter } from './greeter.ts';
import { introduce, toError } from './handshake.ts';

/** This rank among those that meet. */
export interface MeetingPlace {
  readonly rank: number;
  readonly size: number;
  readonly job: string;
  readonly epoch: number;
}

/** How this rank's connections are: encrypted or not, and paced. */
export interface Line {
  readonly credentials: Credentials | undefined;
  readonly linkBytesPerSecond: number | undefined;
}

/** The transport of a rank before it has any connection, and the mesh that takes these. */
export function unconnected(
  { rank, size, epoch }: Omit<MeetingPlace, 'job'>,
  { credentials, linkBytesPerSecond: rate }: Line,
): { readonly mesh: MeshTransport; readonly transport: Transport } {
  const name = credentials?.tls === undefined ? 'tcp' : 'tls';
  const mesh = new MeshTransport(name, rank, size, epoch);
  return { mesh, transport: rate === undefined ? mesh : new PacedTransport(mesh, rate) };
}

export interface ConnectorOptions {
  readonly credentials: Credentials;
  readonly checksum: boolean;
  /** Gives up. */
  readonly signal: AbortSignal;
}

export class Connector {
  readonly #place: MeetingPlace;
  readonly #mesh: MeshTransport;
  readonly #options: ConnectorOptions;
  readonly #early: { readonly greeting: Greeting; readonly greeter: Greeter }[] = [];
  #meeting: Uint8Array | undefined;

  constructor(place: MeetingPlace, mesh: MeshTransport, options: ConnectorOptions) {
    this.#place = place;
    this.#mesh = mesh;
    this.#options = options;
  }

  /** From now on it is clear who belongs: whoever repeats these random bytes. */
  meet(meeting: Uint8Array): void {
    this.#meeting = meeting;
    for (const { greeting, greeter } of this.#early.splice(0)) this.accept(greeting, greeter);
  }

  /** @throws RendezvousError when the peer cannot be reached or does not want this rank */
  async dial(peer: number, address: TcpAddress): Promise<void> {
    const { rank, size, job, epoch } = this.#place;
    const { credentials, signal } = this.#options;
    const who = `rank ${peer} at ${address.host}:${address.port}`;
    const hello = { meeting: this.#meeting!, rank, target: peer, job, size, epoch };
    try {
      await introduce({ address, who, credentials, signal }, async () => ({
        kind: FrameKind.hello,
        body: gradwirecomm.Hello.encode(hello).finish(),
        answer: FrameKind.welcome,
        accepted: (connection: Connection) => {
          connection.checksum = this.#options.checksum;
          this.#mesh.attachDialled(peer, connection);
        },
      }));
    } catch (error) {
      if (error instanceof RendezvousError) throw error;
      throw new RendezvousError(
        'GRADWIRE_RENDEZVOUS_REFUSED',
        `${who} joined but cannot be reached: ${toError(error).message}`,
        { cause: error, missing: [peer] },
      );
    }
  }

  /** A peer has dialled this rank. Some do so before this rank has heard who takes part. */
  accept(greeting: Greeting, greeter: Greeter): void {
    const { connection, body, kind } = greeting;
    if (kind !== FrameKind.hello) {
      greeter.refuse(
        greeting,
        'GRADWIRE_RENDEZVOUS_REFUSED',
        `rank ${this.#place.rank} is not the master`,
      );
      return;
    }
    if (this.#meeting === undefined) {
      if (this.#early.length < this.#place.size) this.#early.push({ greeting, greeter });
      else connection.pipe.destroy();
      return;
    }
    const objection = this.#objection(body);
    if (typeof objection === 'string') {
      greeter.refuse(greeting, 'GRADWIRE_RENDEZVOUS_REFUSED', objection);
      return;
    }
    if (connection.hasEnded) return;
    connection.limits = DEFAULT_FRAME_LIMITS;
    greeting.answer(FrameKind.welcome);
    connection.checksum = this.#options.checksum;
    this.#mesh.attachAccepted(objection, connection);
  }

  /** The rank that says hello, or why it is not let in. */
  #objection(body: Uint8Array): number | string {
    let hello;
    try {
      hello = gradwirecomm.Hello.decode(body);
    } catch {
      return 'its hello is malformed';
    }
    const { rank, target, job, size, epoch } = hello;
    const place = this.#place;
    if (Buffer.compare(hello.meeting, this.#meeting!) !== 0) return 'it belongs to another meeting';
    if (target !== place.rank) return `it is looking for rank ${target}`;
    if (job !== place.job || size !== place.size || epoch !== place.epoch)
      return 'it belongs to another job, size or epoch';
    if (rank >= place.size || rank === place.rank) return `it says it is rank ${rank}`;
    if (this.#mesh.hasAccepted(rank)) return `rank ${rank} is already connected`;
    return rank;
  }
}
