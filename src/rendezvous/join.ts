/**
 * How a new process becomes a rank of a job that runs: it proves itself to rank 0 at the master address, says
 * where it listens, and waits until the ranks let it in (`Communicator.admit`). It is then told its rank and
 * where the others are, and connects with them like the survivors of a failure do.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProtocolError, RendezvousError } from '../../proto/comm-errors.ts';
import { FrameKind } from '../../proto/frame.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';
import type { Communicator } from '../collective/communicator.ts';
import { EngineCommunicator } from '../collective/engine-communicator.ts';
import { NEWCOMER } from '../collective/job.ts';
import { MEETING_BYTES } from '../collective/regroup.ts';
import type { Connection } from '../transport/connection.ts';
import type { TcpAddress } from '../transport/tcp.ts';
import type { Credentials } from './credentials.ts';
import { Greeter } from './greeter.ts';
import { introduce, isAbsence, toError } from './handshake.ts';
import type { MasterPlace } from './launcher.ts';
import { placeToListen, TcpReconnection, type ReconnectOptions } from './reconnect.ts';

/** What `init` has worked out. */
export interface Joining {
  readonly place: MasterPlace;
  readonly credentials: Credentials;
  readonly reconnect: ReconnectOptions;
  readonly host: string | undefined;
  /** Time to be let in, milliseconds. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** Makes the communicator's options known to it. */
  readonly engine: ConstructorParameters<typeof EngineCommunicator>[1];
}

/** Time between two attempts to reach rank 0, milliseconds. */
const RETRY_MS = 100;

interface Welcome {
  readonly rank: number;
  readonly epoch: number;
  readonly meeting: Uint8Array;
  readonly addresses: readonly TcpAddress[];
  readonly members: readonly number[];
}

/** @throws RendezvousError when it is not let in in time, or refused */
export async function joinJob(joining: Joining): Promise<Communicator> {
  const { patienceMs, signal } = joining;
  const deadline = AbortSignal.timeout(patienceMs);
  const attempt = new Attempt(joining, AbortSignal.any([signal, deadline]));
  for (;;) {
    try {
      return await attempt.join();
    } catch (error) {
      attempt.close();
      if (signal.aborted) throw toError(signal.reason);
      if (deadline.aborted) throw tooLate(joining, error);
      if (!isTooEarly(error)) throw error;
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
  }
}

/** Nobody looks out for newcomers yet, or just not any more. */
function isTooEarly(error: unknown): boolean {
  const isBusy = error instanceof RendezvousError && error.code === 'GRADWIRE_RENDEZVOUS_BUSY';
  return isBusy || isAbsence(error);
}

function tooLate({ place, patienceMs }: Joining, cause: unknown): RendezvousError {
  const { masterAddress, masterPort } = place;
  return new RendezvousError(
    'GRADWIRE_RENDEZVOUS_TIMEOUT',
    `no job at ${masterAddress}:${masterPort} has let this process in within ${patienceMs} ms; ` +
      `its ranks must call admit()`,
    { cause, missing: [0] },
  );
}

class Attempt {
  readonly #joining: Joining;
  readonly #signal: AbortSignal;
  #greeter: Greeter | undefined;

  constructor(joining: Joining, signal: AbortSignal) {
    this.#joining = joining;
    this.#signal = signal;
  }

  close(): void {
    this.#greeter?.close();
    this.#greeter = undefined;
  }

  async join(): Promise<Communicator> {
    const { place, credentials, reconnect, host, engine } = this.#joining;
    const { masterAddress, masterPort, job } = place;
    const { welcome, reconnection } = await introduce(
      {
        address: { host: masterAddress, port: masterPort },
        who: `rank 0 at ${masterAddress}:${masterPort}`,
        credentials,
        signal: this.#signal,
      },
      async (localAddress) => {
        const listening = placeToListen(localAddress, host);
        this.#greeter = await Greeter.listen({ host: listening.bound, port: 0 });
        const address = { host: listening.advertised, port: this.#greeter.address.port };
        return {
          kind: FrameKind.join,
          body: gradwirecomm.Join.encode({ job, address, newcomer: true }).finish(),
          answer: FrameKind.roster,
          accepted: (connection: Connection, body: Uint8Array) => {
            connection.pipe.end();
            const read = readWelcome(body);
            const before = new TcpReconnection(place, read.epoch - 1, reconnect);
            before.listensAt(listening);
            return { welcome: read, reconnection: before };
          },
        };
      },
    );
    const { rank, addresses, meeting, members } = welcome;
    const decision = { round: 0, members, addresses, meeting };
    const {
      transport,
      reconnection: next,
      connect,
    } = reconnection.enter(this.#greeter!, decision, rank);
    const former = addresses.map((_, i) => members[i] ?? NEWCOMER);
    const communicator = new EngineCommunicator(transport, engine, next, former);
    await connect();
    this.close();
    if (communicator.failure === undefined) return communicator;
    await communicator.close();
    throw communicator.failure;
  }
}

function readWelcome(body: Uint8Array): Welcome {
  const { rank, epoch, meeting, addresses, members } = gradwirecomm.Roster.decode(body);
  const isSound =
    meeting.length === MEETING_BYTES &&
    epoch > 0 &&
    members.length <= rank &&
    rank < addresses.length;
  if (!isSound) throw new ProtocolError('rank 0 sent a malformed roster');
  return {
    ...{ rank, epoch, members },
    meeting: meeting.slice(),
    addresses: addresses.map(({ host, port }) => ({ host: host ?? '', port: port ?? 0 })),
  };
}
