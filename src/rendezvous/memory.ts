/** Communicators of all ranks in one process, without sockets: for tests and for trying things out. */
import type { Communicator, CommunicatorOptions } from '../collective/communicator.ts';
import { EngineCommunicator } from '../collective/engine-communicator.ts';
import type { Door, Reconnection, Succession } from '../collective/reconnection.ts';
import type { Decision } from '../collective/regroup.ts';
import { MemoryNetwork, type MemoryNetworkOptions } from '../transport/memory.ts';

export interface MemoryCommunicators {
  /** By rank. */
  readonly communicators: readonly Communicator[];
  /** Delays are set when it is made; faults can be injected at any time. */
  readonly network: MemoryNetwork;
  /** Networks of survivors that have gone on, in the order of their meetings. */
  readonly successors: readonly MemoryNetwork[];
  /** Closes all of them; those of survivors are their owners'. */
  close(): Promise<void>;
}

/** @param size number of ranks */
export function createMemoryCommunicators(
  size: number,
  options: CommunicatorOptions & MemoryNetworkOptions = {},
): MemoryCommunicators {
  const network = new MemoryNetwork(size, options);
  const meetings = new MemoryMeetings(options);
  const communicators = network.transports.map(
    (transport) => new EngineCommunicator(transport, options, meetings.after(transport.epoch)),
  );
  return {
    communicators,
    network,
    get successors() {
      return meetings.networks;
    },
    async close() {
      await Promise.all(communicators.map((communicator) => communicator.close()));
    },
  };
}

/** Time for all survivors to be there, milliseconds. */
const ENTER_MS = 10_000;

/** Where survivors meet: the first that knows of a decision makes the network, the others find it. */
class MemoryMeeting {
  readonly network: MemoryNetwork;
  readonly #awaited: Set<number>;
  readonly #complete: Promise<void>;
  #resolve!: () => void;

  constructor(network: MemoryNetwork) {
    this.network = network;
    this.#awaited = new Set(network.transports.keys());
    this.#complete = new Promise((resolve) => (this.#resolve = resolve));
  }

  enter(rank: number): void {
    this.#awaited.delete(rank);
    if (this.#awaited.size === 0) this.#resolve();
  }

  /** Nothing may be sent to a rank that does not listen yet. */
  async connect(rank: number): Promise<void> {
    const timer = setTimeout(() => {
      for (const peer of this.#awaited)
        this.network.transports[rank]!.giveUp(peer, new Error('it did not connect'));
      this.#resolve();
    }, ENTER_MS);
    await this.#complete;
    clearTimeout(timer);
  }
}

class MemoryMeetings {
  readonly #options: MemoryNetworkOptions;
  readonly #meetings: Map<string, MemoryMeeting> = new Map();

  constructor(options: MemoryNetworkOptions) {
    this.#options = options;
  }

  get networks(): MemoryNetwork[] {
    return [...this.#meetings.values()].map(({ network }) => network);
  }

  after(epoch: number): Reconnection {
    const door: Door = {
      address: { host: 'memory', port: 0 },
      enter: (decision, rank) => this.#enter(decision, rank, epoch + 1),
      close: () => {},
    };
    return { open: () => Promise.resolve(door) };
  }

  #enter({ meeting: name, members }: Decision, rank: number, epoch: number): Succession {
    const key = name.join(' ');
    const meeting =
      this.#meetings.get(key) ??
      new MemoryMeeting(new MemoryNetwork(members.length, this.#options, epoch));
    this.#meetings.set(key, meeting);
    return {
      transport: meeting.network.transports[rank]!,
      reconnection: this.after(epoch),
      connect: () => {
        meeting.enter(rank);
        return meeting.connect(rank);
      },
    };
  }
}
