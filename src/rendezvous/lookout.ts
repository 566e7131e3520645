/**
 * Rank 0's door for new processes while a job runs. Whoever holds the secret, and means this job, is kept
 * waiting until the ranks let it in (`Communicator.admit`); who leaves meanwhile is forgotten.
 */
import { FrameKind } from '../../proto/frame.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';
import type { Lookout } from '../collective/reconnection.ts';
import type { Decision } from '../collective/regroup.ts';
import type { TcpAddress } from '../transport/tcp.ts';
import { silentEvents, type Greeting } from './admission.ts';
import type { Credentials } from './credentials.ts';
import { openMaster } from './door.ts';
import type { Greeter } from './greeter.ts';
import { addressOf, readJoin, sendRoster } from './register.ts';

interface Waiting {
  readonly greeting: Greeting;
  readonly address: TcpAddress;
}

/** New processes kept waiting. */
const MAX_NEWCOMERS = 64;

export class TcpLookout implements Lookout {
  readonly #job: string;
  readonly #address: TcpAddress;
  readonly #credentials: Credentials;
  readonly #waiting: Set<Waiting> = new Set();
  #offered: readonly Waiting[] = [];
  #greeter: Promise<Greeter> | undefined;

  /** @param address the master's, as this rank binds it */
  constructor(job: string, address: TcpAddress, credentials: Credentials) {
    this.#job = job;
    this.#address = address;
    this.#credentials = credentials;
  }

  async look(): Promise<number> {
    this.#greeter ??= this.#open();
    await this.#greeter;
    return this.#waiting.size;
  }

  offer(): readonly TcpAddress[] {
    this.#offered = [...this.#waiting];
    return this.#offered.map(({ address }) => address);
  }

  welcome({ members, addresses, meeting }: Decision, epoch: number): void {
    const isOurs = addresses.length === members.length + this.#offered.length;
    for (const [i, newcomer] of this.#offered.entries()) {
      const rank = members.length + i;
      if (!isOurs || !isSame(addresses[rank], newcomer.address) || !this.#waiting.has(newcomer))
        continue;
      this.#waiting.delete(newcomer);
      const roster = { meeting, addresses: [...addresses], rank, epoch, members: [...members] };
      sendRoster(newcomer.greeting, gradwirecomm.Roster.encode(roster).finish());
    }
    this.#offered = [];
  }

  close(): void {
    void this.#greeter?.then(
      (greeter) => greeter.close(),
      () => {},
    );
    for (const { greeting } of this.#waiting) greeting.connection.pipe.destroy();
    this.#waiting.clear();
  }

  async #open(): Promise<Greeter> {
    const greeter = await openMaster(this.#address);
    const { key, tls } = this.#credentials;
    greeter.open({ key, tls, take: (greeting) => this.#take(greeting, greeter) });
    return greeter;
  }

  #take(greeting: Greeting, greeter: Greeter): void {
    const refuse = (text: string): void =>
      greeter.refuse(greeting, 'GRADWIRE_RENDEZVOUS_REFUSED', text);
    if (greeting.kind !== FrameKind.join) {
      refuse('the ranks of this job have met');
      return;
    }
    const join = readJoin(greeting);
    if (join === undefined) return;
    const address = addressOf(join);
    if (!join.newcomer)
      refuse('this job has begun; a new process joins it by init({ join: true })');
    else if (join.job !== this.#job)
      greeter.refuse(
        greeting,
        'GRADWIRE_RENDEZVOUS_JOB',
        `it wants to join job ${JSON.stringify(join.job.slice(0, 100))}, ` +
          `here runs job ${JSON.stringify(this.#job)}`,
      );
    else if (address === undefined) refuse('it gave no usable address');
    else if (this.#waiting.size >= MAX_NEWCOMERS) refuse(`${MAX_NEWCOMERS} others wait already`);
    else this.#keep({ greeting, address });
  }

  #keep(newcomer: Waiting): void {
    const { connection } = newcomer.greeting;
    if (connection.hasEnded) return;
    this.#waiting.add(newcomer);
    connection.events = silentEvents(() => {
      this.#waiting.delete(newcomer);
      connection.pipe.destroy();
    });
  }
}

function isSame(a: TcpAddress | undefined, b: TcpAddress): boolean {
  return a !== undefined && a.host === b.host && a.port === b.port;
}
