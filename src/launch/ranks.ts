/** The environment of ranks on this machine. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

const SECRET_BYTES = 32;

/** A TCP port of the loopback interface that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((found, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => found(typeof address === 'object' && address ? address.port : 0));
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
  /** Variables by which a rank proves that it belongs to the job: the same for all. */
  readonly credentials: Readonly<Record<string, string>>;
}

/** What a job may be given instead of what is made for it. */
export interface JobOptions {
  readonly port?: number | undefined;
  /** File with a secret. */
  readonly secretFile?: string | undefined;
  /** Paths of PEM files: connections are encrypted. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string } | undefined;
}

/** A job at a port that is free, or at the given one, with a secret of its own or that of a file. */
export async function newJob(size: number, options: JobOptions = {}): Promise<Job> {
  const { port = await freePort(), secretFile, tls } = options;
  // Paths hold for the ranks too, wherever their program goes.
  const paths = {
    ...(secretFile !== undefined && { GRADWIRE_SECRET_FILE: resolve(secretFile) }),
    ...(tls && {
      GRADWIRE_TLS_CERT: resolve(tls.cert),
      GRADWIRE_TLS_KEY: resolve(tls.key),
      GRADWIRE_TLS_CA: resolve(tls.ca),
    }),
  };
  // An empty variable takes one of our own environment back.
  const secret = secretFile === undefined ? randomBytes(SECRET_BYTES).toString('hex') : '';
  const credentials = { GRADWIRE_SECRET: secret, ...paths };
  return { size, host: '127.0.0.1', port, name: randomUUID(), credentials };
}

/**
 * Variables of one rank: gradwire's own, which take precedence over those of a launcher around us, and
 * those that launchers of PyTorch set, for programs that read them.
 */
export function rankVariables(
  rank: number,
  { size, host, port, name, credentials }: Job,
): Record<string, string> {
  return {
    GRADWIRE_RANK: String(rank),
    GRADWIRE_SIZE: String(size),
    GRADWIRE_JOB: name,
    ...credentials,
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
