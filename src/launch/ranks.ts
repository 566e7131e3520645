/** The environment of ranks on this machine. */
import { createServer } from 'node:net';

/** A TCP port of the loopback interface that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/**
 * Variables of one rank: gradwire's own, which take precedence over those of a launcher around us, and
 * those that launchers of PyTorch set, for programs that read them.
 */
export function rankVariables(
  rank: number,
  size: number,
  master: { readonly host: string; readonly port: number },
): Record<string, string> {
  return {
    GRADWIRE_RANK: String(rank),
    GRADWIRE_SIZE: String(size),
    RANK: String(rank),
    WORLD_SIZE: String(size),
    LOCAL_RANK: String(rank),
    LOCAL_WORLD_SIZE: String(size),
    MASTER_ADDR: master.host,
    MASTER_PORT: String(master.port),
  };
}
