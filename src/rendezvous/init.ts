/**
 * How the ranks of a job become a communicator over TCP.
 *
 * 1. Rank 0 listens at the master address. Every other rank connects to it (trying again until the
 *    deadline), opens a listening socket of its own on the interface that leads there, and sends `join`
 *    with job, rank, size and that address.
 * 2. Once all have joined, rank 0 answers each with the `roster`: all addresses, and random bytes that
 *    identify this meeting.
 * 3. Every rank dials every other one with `hello` and is answered `welcome`. When all 2 (P − 1)
 *    connections of a rank stand, it stops listening and is ready.
 *
 * Before `join` and `hello` each side has the other prove that it holds the secret of the job
 * (proto/handshake.ts), and these messages and their answers are proved too.
 *
 * Sockets are bound to the loopback interface unless the master address (or `host`) says otherwise.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertFinite, assertInteger } from '../../proto/assert.ts';
import { ProtocolError, RendezvousError } from '../../proto/comm-errors.ts';
import { ArgumentRangeError } from '../../proto/errors.ts';
import { FrameKind } from '../../proto/frame.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';
import type { Communicator, CommunicatorOptions } from '../collective/communicator.ts';
import { EngineCommunicator } from '../collective/engine-communicator.ts';
import { MEETING_BYTES } from '../collective/regroup.ts';
import type { Connection } from '../transport/connection.ts';
import { log } from '../transport/log.ts';
import type { MeshTransport } from '../transport/mesh.ts';
import type { PulseOptions } from '../transport/pulse.ts';
import type { TcpAddress } from '../transport/tcp.ts';
import type { Greeting } from './admission.ts';
import {
  findCredentials,
  isLoopback,
  type CredentialOptions,
  type Credentials,
} from './credentials.ts';
import { Connector, unconnected } from './connector.ts';
import { openMaster } from './door.ts';
import { Greeter } from './greeter.ts';
import { introduce, isAbsence, toError, type Destination } from './handshake.ts';
import { joinJob } from './join.ts';
import {
  EPOCH,
  findMasterPlace,
  findPlace,
  type Environment,
  type MasterPlace,
  type Place,
  type PlaceOptions,
} from './launcher.ts';
import { TcpLookout } from './lookout.ts';
import { placeToListen, TcpReconnection, type ReconnectOptions } from './reconnect.ts';
import { Register } from './register.ts';

export interface InitOptions extends PlaceOptions, CredentialOptions, CommunicatorOptions {
  /**
   * Address this rank listens on, where it should not be the interface that leads to rank 0 (on rank 0:
   * the master address itself).
   */
  readonly host?: string;
  /**
   * This is a new process for a job that runs: it waits, for `rendezvousMs` at most, until the ranks let it in
   * (`Communicator.admit`), and is told its rank. Master address, job and secret are those of the job. Default:
   * whether GRADWIRE_JOIN is 1.
   */
  readonly join?: boolean;
  /** Time for all ranks to find each other, milliseconds. Default 60 000. */
  readonly rendezvousMs?: number;
  /** Gives up. */
  readonly signal?: AbortSignal;
  /** Guard all payloads by a checksum; TCP's own is weak on bad links. Default false. */
  readonly checksum?: boolean;
  /** Sends no faster than this, to show what a slow network would do. Default: unlimited. */
  readonly linkBytesPerSecond?: number;
  /**
   * Time between two signs of life that a rank with a communication worker sends to its peers, milliseconds;
   * 0 for none. Default 500.
   */
  readonly heartbeatMs?: number;
  /**
   * A peer that has sent signs of life, and then nothing at all for so many milliseconds, is lost. Default
   * 10 000.
   */
  readonly silenceMs?: number;
  /**
   * The engine has this thread to itself, so that it can promise signs of life.
   * @internal for the communication worker
   */
  readonly dedicatedThread?: boolean;
  /** On rank 0: listens already, see `listenAsMaster`. */
  readonly master?: MasterListener;
  /** Where the variables are taken from. Default `process.env`. */
  readonly env?: Environment;
}

/** A master port that is open before the ranks start, so that the system can choose its number. */
export interface MasterListener {
  readonly host: string;
  readonly port: number;
  /** Only needed where `init` was not called with it. */
  close(): void;
}

/** Time for all ranks to find each other, milliseconds. */
const RENDEZVOUS_MS = 60_000;
/** Time between two attempts to reach rank 0, milliseconds. */
const RETRY_MS = 50;
/** What the other ranks wait longer than rank 0, whose verdict names who is missing; milliseconds. */
const VERDICT_MS = 2000;
/** Half a second is nothing to a network, and short beside any deadline. */
const HEARTBEAT_MS = 500;
/** Longer than a busy machine keeps a thread from running, shorter than the deadline of an operation. */
const SILENCE_MS = 10_000;
/** On one machine a piece costs its system calls, and no link waits for the first one. */
const LOOPBACK_SEGMENT_BYTES = 4 << 20;
/** Longest host name a `join` has room for. */
const MAX_HOST_LENGTH = 255;

const greeters: WeakMap<MasterListener, Greeter> = new WeakMap();

/** Opens the master port of a job whose rank 0 will run in this process. @throws PortInUseError */
export async function listenAsMaster(
  options: { readonly host?: string; readonly port?: number } = {},
): Promise<MasterListener> {
  const { host = '127.0.0.1', port = 0 } = options;
  assertInteger(port, 'port', 0, 65_535);
  const greeter = await openMaster({ host, port });
  const listener = { host, port: greeter.address.port, close: () => greeter.close() };
  greeters.set(listener, greeter);
  return listener;
}

/**
 * Meets the other ranks and returns the communicator of all. Without options or a launcher's variables:
 * a communicator of one rank, without a socket.
 * @throws LauncherError when rank, size or address are missing or contradict each other
 * @throws SecretError without a secret where one is needed, TlsError on certificates that cannot be used
 * @throws PortInUseError on rank 0
 * @throws RendezvousError when the ranks do not find each other; `missing` names those that did not come
 */
export async function init(options: InitOptions = {}): Promise<Communicator> {
  const { rendezvousMs = RENDEZVOUS_MS, signal } = options;
  const { heartbeatMs = HEARTBEAT_MS, silenceMs = SILENCE_MS } = options;
  assertInteger(rendezvousMs, 'rendezvousMs', 1, 2 ** 31 - 1);
  assertInteger(heartbeatMs, 'heartbeatMs', 0, 2 ** 31 - 1);
  assertInteger(silenceMs, 'silenceMs', heartbeatMs, 2 ** 31 - 1);
  assertRate(options.linkBytesPerSecond);
  if (options.linkBytesPerSecond !== undefined)
    assertInteger(options.linkBytesPerSecond, 'linkBytesPerSecond', 1);
  if (isNewcomer(options))
    return await giveUpBy(signal, (givenUp) => joinAsNewcomer(options, givenUp.signal));
  const place = findPlace(
    options.master === undefined ? options : { masterPort: options.master.port, ...options },
    options.env ?? process.env,
  );
  log('debug', `rank ${place.rank} of ${place.size}, from ${place.source}`);
  const credentials = await credentialsOf(place, options);
  return await giveUpBy(signal, (givenUp) =>
    new Meeting(place, credentials, options, rendezvousMs, givenUp).run(),
  );
}

/** Whether options or a variable say that this process joins a job that runs. */
export function isNewcomer({ join: asked, env = process.env }: InitOptions): boolean {
  return asked ?? env['GRADWIRE_JOIN'] === '1';
}

/** Runs `meet` with a controller that `signal` aborts by an error of ours. */
async function giveUpBy(
  signal: AbortSignal | undefined,
  meet: (givenUp: AbortController) => Promise<Communicator>,
): Promise<Communicator> {
  const givenUp = new AbortController();
  const giveUp = (): void =>
    givenUp.abort(
      new RendezvousError('GRADWIRE_RENDEZVOUS_ABORTED', 'init was given up by its signal', {
        cause: signal?.reason,
      }),
    );
  signal?.addEventListener('abort', giveUp);
  if (signal?.aborted === true) giveUp();
  try {
    return await meet(givenUp);
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

/** One rank alone shows itself to nobody. */
async function credentialsOf(place: Place, options: InitOptions): Promise<Credentials | undefined> {
  const { host, master, env = process.env } = options;
  if (host !== undefined && host.length > MAX_HOST_LENGTH)
    throw new ArgumentRangeError(`"host" must have at most ${MAX_HOST_LENGTH} characters`);
  if (place.size === 1) return undefined;
  try {
    return await findCredentials(options, env, [host, master?.host, place.masterAddress]);
  } catch (error) {
    master?.close();
    throw error;
  }
}

function assertRate(rate: number | undefined): void {
  if (rate === undefined) return;
  assertFinite(rate, 'linkBytesPerSecond');
  if (rate <= 0)
    throw new ArgumentRangeError(`"linkBytesPerSecond" must be greater than 0, got ${rate}`);
}

/** Signs of life are promised by an engine that has its thread to itself. */
function pulseOf(options: InitOptions): PulseOptions | undefined {
  const { dedicatedThread = false } = options;
  const { heartbeatMs = HEARTBEAT_MS, silenceMs = SILENCE_MS } = options;
  return dedicatedThread && heartbeatMs > 0 ? { heartbeatMs, silenceMs } : undefined;
}

/** What reconnecting needs of the options. */
function reconnectOptions(
  place: MasterPlace,
  credentials: Credentials,
  options: InitOptions,
): ReconnectOptions {
  const { checksum = false, linkBytesPerSecond, host } = options;
  const address = { host: host ?? place.masterAddress, port: place.masterPort };
  const lookout = new TcpLookout(place.job, address, credentials);
  return { credentials, checksum, linkBytesPerSecond, pulse: pulseOf(options), lookout };
}

/** Segments are longer on one machine. */
function engineOptions({ masterAddress }: MasterPlace, options: InitOptions): InitOptions {
  const segmentBytes = isLoopback(masterAddress) ? LOOPBACK_SEGMENT_BYTES : undefined;
  return { ...(segmentBytes !== undefined && { segmentBytes }), ...options };
}

/** `init` of a new process. */
async function joinAsNewcomer(options: InitOptions, signal: AbortSignal): Promise<Communicator> {
  const { rendezvousMs: patienceMs = RENDEZVOUS_MS, host, env = process.env } = options;
  const place = findMasterPlace(options, env);
  const credentials = await findCredentials(options, env, [host, place.masterAddress]);
  return await joinJob({
    ...{ place, credentials, host, patienceMs, signal },
    reconnect: reconnectOptions(place, credentials, options),
    engine: engineOptions(place, options),
  });
}

/** One rank's way into the job. */
class Meeting {
  readonly #place: Place;
  readonly #credentials: Credentials | undefined;
  readonly #options: InitOptions;
  readonly #rendezvousMs: number;
  readonly #mesh: MeshTransport;
  readonly #pulse: PulseOptions | undefined;
  readonly #communicator: Communicator;
  readonly #givenUp: AbortController;
  readonly #connector: Connector | undefined;
  readonly #reconnection: TcpReconnection | undefined;
  #greeter: Greeter | undefined;

  constructor(
    place: Place,
    credentials: Credentials | undefined,
    options: InitOptions,
    rendezvousMs: number,
    givenUp: AbortController,
  ) {
    this.#givenUp = givenUp;
    this.#place = place;
    this.#credentials = credentials;
    this.#options = options;
    this.#rendezvousMs = rendezvousMs;
    this.#pulse = pulseOf(options);
    const { checksum = false, linkBytesPerSecond } = options;
    const { mesh, transport } = unconnected(
      { ...place, epoch: EPOCH },
      { credentials, linkBytesPerSecond },
    );
    this.#mesh = mesh;
    if (credentials !== undefined) {
      const { signal } = this.#givenUp;
      this.#connector = new Connector({ ...place, epoch: EPOCH }, this.#mesh, {
        ...{ credentials, checksum, signal },
      });
      this.#reconnection = new TcpReconnection(
        place,
        EPOCH,
        reconnectOptions(place, credentials, options),
      );
    }
    this.#communicator = new EngineCommunicator(
      transport,
      engineOptions(place, options),
      this.#reconnection,
    );
  }

  async run(): Promise<Communicator> {
    const { rank, size } = this.#place;
    const { master } = this.#options;
    if (size === 1) {
      master?.close();
      return this.#communicator;
    }
    try {
      const addresses = rank === 0 ? await this.#gather() : await this.#join();
      await this.#connectAll(addresses);
      if (this.#pulse !== undefined) this.#mesh.watch(this.#pulse);
      return this.#communicator;
    } catch (error) {
      this.#givenUp.abort(error);
      this.#communicator.abort(toError(error));
      await this.#communicator.close();
      throw error;
    } finally {
      this.#greeter?.close();
    }
  }

  /** Step 1 and 2 on rank 0. */
  async #gather(): Promise<TcpAddress[]> {
    const { masterAddress, masterPort } = this.#place;
    const { master, host = masterAddress } = this.#options;
    this.#greeter =
      (master && greeters.get(master)) ?? (await openMaster({ host, port: masterPort }));
    const register = new Register(this.#place, this.#greeter);
    const meeting = randomBytes(MEETING_BYTES);
    this.#connector!.meet(meeting);
    this.#reconnection!.listensAt({ bound: host, advertised: masterAddress });
    this.#open(this.#greeter, (greeting) => {
      if (greeting.kind === FrameKind.join) register.join(greeting);
      else this.#connector!.accept(greeting, this.#greeter!);
    });
    try {
      await this.#within(this.#rendezvousMs, register.complete(), () =>
        register.timeout(this.#rendezvousMs),
      );
    } catch (error) {
      if (error instanceof RendezvousError) register.giveUp(error);
      throw error;
    }
    return register.publish(meeting);
  }

  /** Step 1 and 2 on the other ranks. */
  async #join(): Promise<TcpAddress[]> {
    const { masterAddress: host, masterPort: port } = this.#place;
    const deadline = performance.now() + this.#rendezvousMs;
    for (;;) {
      try {
        return await this.#joinOnce(Math.max(1, deadline - performance.now()));
      } catch (error) {
        if (!isAbsence(error)) throw error;
        if (performance.now() + RETRY_MS > deadline)
          throw new RendezvousError(
            'GRADWIRE_RENDEZVOUS_TIMEOUT',
            `rank 0 could not be reached at ${host}:${port} within ${this.#rendezvousMs} ms ` +
              `(${toError(error).message})`,
            { cause: error, missing: [0] },
          );
        await sleep(RETRY_MS, undefined, { signal: this.#givenUp.signal }).catch(() => {
          throw toError(this.#givenUp.signal.reason);
        });
      }
    }
  }

  async #joinOnce(timeLeftMs: number): Promise<TcpAddress[]> {
    const { masterAddress, masterPort, job, rank, size } = this.#place;
    const who = `rank 0 at ${masterAddress}:${masterPort}`;
    const destination = this.#destination({ host: masterAddress, port: masterPort }, who);
    const join = introduce(destination, async (localAddress) => {
      const address = await this.#openDoor(localAddress);
      return {
        kind: FrameKind.join,
        body: gradwirecomm.Join.encode({ job, rank, size, address, epoch: EPOCH }).finish(),
        answer: FrameKind.roster,
        accepted: (connection: Connection, body: Uint8Array) => {
          connection.pipe.end();
          return this.#readRoster(body);
        },
      };
    });
    return await this.#within(
      timeLeftMs + VERDICT_MS,
      join,
      () =>
        new RendezvousError(
          'GRADWIRE_RENDEZVOUS_TIMEOUT',
          `${who} did not gather all ${size} ranks within ${this.#rendezvousMs} ms`,
        ),
    );
  }

  /** Opens this rank's listening socket. @returns where peers reach it */
  async #openDoor(localAddress: string): Promise<TcpAddress> {
    const place = placeToListen(localAddress, this.#options.host);
    this.#greeter?.close();
    this.#greeter = await Greeter.listen({ host: place.bound, port: 0 });
    this.#open(this.#greeter, (greeting) => this.#connector!.accept(greeting, this.#greeter!));
    this.#reconnection!.listensAt(place);
    return { host: place.advertised, port: this.#greeter.address.port };
  }

  #open(greeter: Greeter, take: (greeting: Greeting) => void): void {
    const { key, tls } = this.#credentials!;
    greeter.open({ key, tls, take });
  }

  #destination(address: TcpAddress, who: string): Destination {
    return { address, who, credentials: this.#credentials!, signal: this.#givenUp.signal };
  }

  #readRoster(body: Uint8Array): TcpAddress[] {
    const { masterAddress, masterPort, size } = this.#place;
    const { meeting, addresses } = gradwirecomm.Roster.decode(body);
    if (meeting.length !== MEETING_BYTES || addresses.length !== size)
      throw new ProtocolError('rank 0 sent a malformed roster');
    this.#connector!.meet(meeting.slice());
    return addresses.map(({ host = '', port = 0 }, rank) =>
      rank === 0
        ? { host: masterAddress, port: masterPort }
        : { host: host ?? '', port: port ?? 0 },
    );
  }

  /** Step 3, both sides. */
  async #connectAll(addresses: readonly TcpAddress[]): Promise<void> {
    const failed = new Promise<never>((_, reject) => {
      this.#communicator.onFailure(reject);
    });
    const dials = addresses.flatMap((address, peer) =>
      peer === this.#place.rank ? [] : [this.#connector!.dial(peer, address)],
    );
    const connected = Promise.race([Promise.all([...dials, this.#mesh.connected()]), failed]);
    await this.#within(this.#rendezvousMs, connected, () => {
      const missing = this.#mesh.unconnected;
      return new RendezvousError(
        'GRADWIRE_RENDEZVOUS_TIMEOUT',
        `${missing.length === 1 ? 'rank' : 'ranks'} ${missing.join(', ')} joined ` +
          `but did not connect within ${this.#rendezvousMs} ms`,
        { missing },
      );
    });
  }

  /** `task`, or an error after `milliseconds`, or at once when `giveUp` is called. */
  async #within<T>(milliseconds: number, task: Promise<T>, timeout: () => Error): Promise<T> {
    const { signal } = this.#givenUp;
    let timer: NodeJS.Timeout | undefined;
    let giveUp: (() => void) | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        giveUp = () => reject(toError(signal.reason));
        signal.addEventListener('abort', giveUp);
        if (signal.aborted) giveUp();
        timer = setTimeout(() => reject(timeout()), milliseconds);
        task.then(resolve, reject);
      });
    } finally {
      clearTimeout(timer);
      if (giveUp !== undefined) signal.removeEventListener('abort', giveUp);
    }
  }
}
