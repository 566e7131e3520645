/** Communicators of all ranks in one process, without sockets: for tests and for trying things out. */
import type { Communicator, CommunicatorOptions } from '../collective/communicator.ts';
import { EngineCommunicator } from '../collective/engine-communicator.ts';
import { MemoryNetwork, type MemoryNetworkOptions } from '../transport/memory.ts';

export interface MemoryCommunicators {
  /** By rank. */
  readonly communicators: readonly Communicator[];
  /** Delays are set when it is made; faults can be injected at any time. */
  readonly network: MemoryNetwork;
  /** Closes all of them. */
  close(): Promise<void>;
}

/** @param size number of ranks */
export function createMemoryCommunicators(
  size: number,
  options: CommunicatorOptions & MemoryNetworkOptions = {},
): MemoryCommunicators {
  const network = new MemoryNetwork(size, options);
  const communicators = network.transports.map(
    (transport) => new EngineCommunicator(transport, options),
  );
  return {
    communicators,
    network,
    async close() {
      await Promise.all(communicators.map((communicator) => communicator.close()));
    },
  };
}
