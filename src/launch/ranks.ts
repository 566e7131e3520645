/** The environment of ranks on this machine. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';

/** A TCP port of the loopback interface that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** A job of ranks on this machine. */
export interface Job {
  /** Ranks. */
  readonly size: number;
  /** Where rank 0 will listen. */
  readonly host: string;
  readonly port: number;
  /** Ranks of another job that came upon the same port are turned away by it. */
  readonly name: string;
}

/** A job at a port that is free, or at the given one. */
export async function newJob(size: number, port?: number): Promise<Job> {
  return { size, host: '127.0.0.1', port: port ?? (await freePort()), name: randomUUID() };
}

/**
 * Variables of one rank: gradwire's own, which take precedence over those of a launcher around us, and
 * those that launchers of PyTorch set, for programs that read them.
 */
export function rankVariables(
  rank: number,
  { size, host, port, name }: Job,
): Record<string, string> {
  return {
    GRADWIRE_RANK: String(rank),
    GRADWIRE_SIZE: String(size),
    GRADWIRE_JOB: name,
    GRADWIRE_MASTER_ADDR: host,
    GRADWIRE_MASTER_PORT: String(port),
    RANK: String(rank),
    WORLD_SIZE: String(size),
    LOCAL_RANK: String(rank),
    LOCAL_WORLD_SIZE: String(size),
    MASTER_ADDR: host,
    MASTER_PORT: String(port),
  };
}
