/** Opens the socket that rank 0 is found at. */
import { PortInUseError, RendezvousError } from '../../proto/comm-errors.ts';
import type { TcpAddress } from '../transport/tcp.ts';
import { Greeter } from './greeter.ts';
import { toError } from './handshake.ts';

/** @throws PortInUseError, RendezvousError */
export async function openMaster(address: TcpAddress): Promise<Greeter> {
  const { host, port } = address;
  try {
    return await Greeter.listen(address);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new PortInUseError(host, port, { cause });
    throw new RendezvousError(
      'GRADWIRE_RENDEZVOUS_ADDRESS',
      `rank 0 cannot listen on ${host}:${port} (${toError(cause).message}); ` +
        `the master address must belong to the machine of rank 0, or pass "host" there`,
      { cause },
    );
  }
}
