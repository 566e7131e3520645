/** How survivors of a failure connect anew over TCP: each listens again, and tells the others where. */
import type { Door, Lookout, Reconnection, Succession } from '../collective/reconnection.ts';
import type { Decision } from '../collective/regroup.ts';
import type { MeshTransport } from '../transport/mesh.ts';
import type { PulseOptions } from '../transport/pulse.ts';
import { Connector, unconnected, type Line } from './connector.ts';
import { isLoopback, type Credentials } from './credentials.ts';
import { Greeter } from './greeter.ts';
import { toError } from './handshake.ts';

/** What is kept from `init`. */
export interface ReconnectOptions extends Line {
  readonly credentials: Credentials;
  readonly checksum: boolean;
  readonly pulse: PulseOptions | undefined;
  /** Where new processes knock, should this rank be rank 0. */
  readonly lookout: Lookout;
}

/** The interface a rank listens on, and the name others reach it by. */
export interface ListeningPlace {
  readonly bound: string;
  readonly advertised: string;
}

/** The interface that leads to rank 0, unless another is asked for. */
export function placeToListen(localAddress: string, asked: string | undefined): ListeningPlace {
  const host = isLoopback(localAddress) ? '127.0.0.1' : localAddress;
  const bound = asked ?? host;
  const isAny = bound === '0.0.0.0' || bound === '::';
  return { bound, advertised: isAny ? host : bound };
}

/** Time for all survivors to connect once they have agreed, milliseconds. */
const CONNECT_MS = 10_000;

export class TcpReconnection implements Reconnection {
  readonly #job: string;
  readonly #epoch: number;
  readonly #options: ReconnectOptions;
  #place: ListeningPlace = { bound: '127.0.0.1', advertised: '127.0.0.1' };

  /** @param epoch of the group that may fail */
  constructor({ job }: { readonly job: string }, epoch: number, options: ReconnectOptions) {
    this.#job = job;
    this.#epoch = epoch;
    this.#options = options;
  }

  get lookout(): Lookout {
    return this.#options.lookout;
  }

  listensAt(place: ListeningPlace): void {
    this.#place = place;
  }

  async open(): Promise<Door> {
    const { bound, advertised } = this.#place;
    const greeter = await Greeter.listen({ host: bound, port: 0 });
    return {
      address: { host: advertised, port: greeter.address.port },
      enter: (decision, rank) => this.enter(greeter, decision, rank),
      close: () => greeter.close(),
    };
  }

  /** @param greeter where this rank has said that it listens */
  enter(greeter: Greeter, decision: Decision, rank: number): Succession {
    const { pulse } = this.#options;
    const epoch = this.#epoch + 1;
    const size = decision.addresses.length;
    const { mesh, transport } = unconnected({ rank, size, epoch }, this.#options);
    const reconnection = new TcpReconnection({ job: this.#job }, epoch, this.#options);
    reconnection.listensAt(this.#place);
    return {
      transport,
      reconnection,
      connect: async () => {
        await this.#connect(mesh, greeter, decision);
        if (pulse !== undefined) mesh.watch(pulse);
      },
    };
  }

  async #connect(mesh: MeshTransport, greeter: Greeter, decision: Decision): Promise<void> {
    const { rank, size, epoch } = mesh;
    const { credentials, checksum } = this.#options;
    const { key, tls } = credentials;
    const tooLate = new AbortController();
    const timer = setTimeout(() => {
      const error = new Error(`it did not connect within ${CONNECT_MS} ms`);
      tooLate.abort(error);
      for (const peer of mesh.unconnected) mesh.giveUp(peer, error);
    }, CONNECT_MS);
    const connector = new Connector({ rank, size, job: this.#job, epoch }, mesh, {
      ...{ credentials, checksum, signal: tooLate.signal },
    });
    connector.meet(decision.meeting);
    greeter.open({ key, tls, take: (greeting) => connector.accept(greeting, greeter) });
    for (const [peer, address] of decision.addresses.entries())
      if (peer !== rank)
        connector.dial(peer, address).catch((error: unknown) => mesh.giveUp(peer, toError(error)));
    await mesh.connected();
    clearTimeout(timer);
  }
}
