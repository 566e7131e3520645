/**
 * The register rank 0 keeps while the ranks of a job arrive. Whoever does not belong is turned away and
 * changes nothing; who leaves before all are there may come again.
 */
import { RendezvousError, type RendezvousErrorCode } from '../../proto/comm-errors.ts';
import { FrameKind } from '../../proto/frame.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';
import type { TcpAddress } from '../transport/tcp.ts';
import { silentEvents, type Greeting } from './admission.ts';
import type { Greeter } from './greeter.ts';
import { EPOCH, type Place } from './launcher.ts';

interface Arrival {
  readonly greeting: Greeting;
  readonly address: TcpAddress;
}

export class Register {
  readonly #place: Place;
  readonly #greeter: Greeter;
  readonly #arrivals: Map<number, Arrival> = new Map();
  #whenComplete: (() => void) | undefined;

  constructor(place: Place, greeter: Greeter) {
    this.#place = place;
    this.#greeter = greeter;
  }

  get missing(): number[] {
    return Array.from({ length: this.#place.size - 1 }, (_, i) => i + 1).filter(
      (rank) => !this.#arrivals.has(rank),
    );
  }

  /** Takes a `join`. */
  join(greeting: Greeting): void {
    const { connection } = greeting;
    const join = readJoin(greeting);
    if (join === undefined) return;
    const objection = this.#objection(join);
    if (objection !== undefined) {
      const [code, text] = objection;
      this.#greeter.refuse(greeting, code, text);
      return;
    }
    const { rank, address } = join;
    const leave = (): void => {
      this.#arrivals.delete(rank);
      connection.pipe.destroy();
    };
    connection.events = silentEvents(leave);
    this.#arrivals.set(rank, { greeting, address: address as TcpAddress });
    if (this.missing.length === 0) this.#whenComplete?.();
  }

  /** Resolves once all ranks are there. */
  async complete(): Promise<void> {
    if (this.missing.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenComplete = resolve;
    });
  }

  /** Tells all ranks where the others are. @returns the addresses by rank; rank 0's is empty */
  publish(meeting: Uint8Array): TcpAddress[] {
    const addresses = Array.from({ length: this.#place.size }, (_, rank) =>
      rank === 0 ? { host: '', port: 0 } : this.#arrivals.get(rank)!.address,
    );
    const roster = gradwirecomm.Roster.encode({ meeting, addresses }).finish();
    for (const { greeting } of this.#arrivals.values()) sendRoster(greeting, roster);
    return addresses;
  }

  /** Ends the wait: everybody who is there is told the same. */
  giveUp(error: RendezvousError): void {
    const missing = [...error.missing];
    for (const { greeting } of this.#arrivals.values())
      this.#greeter.refuse(greeting, error.code, error.message, missing);
  }

  /** The error of a deadline: who is missing, and who was turned away. */
  timeout(waitedMs: number): RendezvousError {
    const { missing } = this;
    const { masterAddress, masterPort, size } = this.#place;
    const who = `${missing.length === 1 ? 'rank' : 'ranks'} ${missing.join(', ')} of ${size}`;
    const { turnedAway } = this.#greeter;
    const refused = turnedAway.length === 0 ? '' : `; turned away: ${turnedAway.join('; ')}`;
    return new RendezvousError(
      'GRADWIRE_RENDEZVOUS_TIMEOUT',
      `${who} did not arrive at ${masterAddress}:${masterPort} within ${waitedMs} ms${refused}`,
      { missing },
    );
  }

  /** Why a join is refused; undefined where it is not. */
  #objection(join: gradwirecomm.Join): readonly [RendezvousErrorCode, string] | undefined {
    const { size, job } = this.#place;
    if (join.newcomer)
      return ['GRADWIRE_RENDEZVOUS_BUSY', 'the ranks of this job are still meeting'];
    if (join.job !== job)
      return [
        'GRADWIRE_RENDEZVOUS_JOB',
        `it belongs to job ${JSON.stringify(join.job.slice(0, 100))}, ` +
          `here meets job ${JSON.stringify(job)}`,
      ];
    if (join.epoch !== EPOCH)
      return [
        'GRADWIRE_RENDEZVOUS_EPOCH',
        `it is of epoch ${join.epoch}, here meets epoch ${EPOCH}`,
      ];
    if (join.size !== size)
      return [
        'GRADWIRE_RENDEZVOUS_SIZE',
        `rank ${join.rank} believes in ${join.size} ranks, rank 0 in ${size}`,
      ];
    if (join.rank >= size)
      return ['GRADWIRE_RENDEZVOUS_SIZE', `rank ${join.rank} is not below the size ${size}`];
    if (join.rank === 0 || this.#arrivals.has(join.rank))
      return ['GRADWIRE_RENDEZVOUS_DUPLICATE_RANK', `rank ${join.rank} is already there`];
    if (addressOf(join) === undefined)
      return ['GRADWIRE_RENDEZVOUS_ADDRESS', `rank ${join.rank} gave no usable address`];
    return undefined;
  }
}

/** A `join`; undefined for one that is malformed, whose connection is dropped. */
export function readJoin({ connection, body }: Greeting): gradwirecomm.Join | undefined {
  try {
    return gradwirecomm.Join.decode(body);
  } catch {
    connection.pipe.destroy();
    return undefined;
  }
}

/** Answers a `join`, and ends its connection. */
export function sendRoster(greeting: Greeting, roster: Uint8Array): void {
  const { connection } = greeting;
  connection.events = silentEvents(() => connection.pipe.destroy());
  greeting.answer(FrameKind.roster, roster);
  connection.pipe.end();
}

/** Where a rank says it listens; undefined where that cannot be. */
export function addressOf({ address }: gradwirecomm.Join): TcpAddress | undefined {
  const host = address?.host ?? '';
  const port = address?.port ?? 0;
  if (host === '' || host.length > 255 || port < 1 || port > 65_535) return undefined;
  return { host, port };
}
