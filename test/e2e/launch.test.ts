/** `gradwire launch` with users' programs that import the package by its name. */
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, it } from 'vitest';
import { tlsFiles } from '../support/certificates.ts';
import { gradwire, installed, survivors, type Ended } from './program.ts';

/** A folder where gradwire is installed and rank.mjs is the user's program. */
let folder: string;

beforeAll(() => {
  folder = installed('rank.mjs');
});

const launch = (
  ranks: number,
  program: readonly string[],
  options: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> =>
  gradwire(['launch', '-n', String(ranks), ...options, '--', ...program], env, folder);
const node = (mode: string, ...args: string[]): string[] => [
  process.execPath,
  'rank.mjs',
  mode,
  ...args,
];

type Said = Readonly<Record<string, unknown>>;

/** What each rank said, in its order. */
function saidBy({ stdout }: Ended, rank: number): Said[] {
  const prefix = `[${rank}] `;
  return stdout
    .split('\n')
    .filter((line) => line.startsWith(prefix))
    .map((line) => JSON.parse(line.slice(prefix.length)) as Said);
}

function pidsOf({ stdout }: Ended): number[] {
  return [...stdout.matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid));
}

describe.concurrent('gradwire launch', { timeout: 120_000 }, () => {
  it('tells each process its place, and prefixes what it says', async ({ expect: check }) => {
    const ended = await launch(2, node('environment'));
    for (const rank of [0, 1])
      check(saidBy(ended, rank)).toEqual([
        {
          RANK: String(rank),
          WORLD_SIZE: '2',
          LOCAL_RANK: String(rank),
          LOCAL_WORLD_SIZE: '2',
          MASTER_ADDR: '127.0.0.1',
        },
      ]);
    check(ended.stderr.split('\n').toSorted()).toEqual([
      '',
      '[0] to standard error',
      '[0] without an end',
      '[1] to standard error',
      '[1] without an end',
    ]);
    check(ended.code).toBe(0);
  });

  it.for([1, 3])('%i ranks find each other and compute a mean', async (size, { expect: check }) => {
    // Variables of a launcher around this one, which would lead them astray.
    const env = {
      OMPI_COMM_WORLD_RANK: '0',
      OMPI_COMM_WORLD_SIZE: '1',
      GRADWIRE_MASTER_ADDR: '192.0.2.1',
      GRADWIRE_MASTER_PORT: '1',
      TORCHELASTIC_USE_AGENT_STORE: 'True',
    };
    const ended = await launch(size, node('mean'), [], env);
    check(ended).toMatchObject({ code: 0, stderr: '' });
    const said = Array.from({ length: size }, (_, rank) => saidBy(ended, rank)[0]!);
    check(said).toEqual(said.map((_, rank) => ({ rank, size, hash: said[0]!['hash'] })));
  });

  it('ends all when one fails', async ({ expect: check }) => {
    const ended = await launch(3, node('fail'));
    check(ended.code).toBe(1);
    check(ended.stderr).toBe('gradwire: rank 1 exited with code 5 (GRADWIRE_RANK_PROCESS)\n');
    check(pidsOf(ended)).toHaveLength(3);
    check(await survivors(pidsOf(ended))).toEqual([]);
  });

  it('ends what a wrapper has started, too', async ({ expect: check }) => {
    const program = `"${process.execPath}" rank.mjs fail; exit $?`;
    const ended = await launch(2, ['sh', '-c', program]);
    check(ended.code).toBe(1);
    check(ended.stderr).toBe('gradwire: rank 1 exited with code 5 (GRADWIRE_RANK_PROCESS)\n');
    check(pidsOf(ended)).toHaveLength(2);
    check(await survivors(pidsOf(ended))).toEqual([]);
  });

  it.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends all, with %i', async ([signal, code], { expect: check }) => {
    const ended = await launch(2, node('signal', signal));
    check(ended.code).toBe(code);
    check(ended.stderr).toBe(`gradwire: interrupted by ${signal} (GRADWIRE_INTERRUPTED)\n`);
    check(pidsOf(ended)).toHaveLength(2);
    check(await survivors(pidsOf(ended))).toEqual([]);
  });

  it('a program that listens to SIGINT ends in order', async ({ expect: check }) => {
    const ended = await launch(2, node('orderly'));
    check(ended.code).toBe(130);
    for (const rank of [0, 1]) check(saidBy(ended, rank).at(-1)).toEqual({ saved: true });
    check(await survivors(pidsOf(ended))).toEqual([]);
  });

  it('a second SIGINT leaves nobody behind either', async ({ expect: check }) => {
    const ended = await launch(2, node('stubborn'));
    check(ended.code).toBe(130);
    check(pidsOf(ended)).toHaveLength(2);
    check(await survivors(pidsOf(ended))).toEqual([]);
  });

  it('a program that cannot be started', async ({ expect: check }) => {
    const ended = await launch(2, ['/nowhere/trainer']);
    check(ended.code).toBe(1);
    check(ended.stderr).toMatch(
      /^gradwire: rank \d could not be started: spawn \/nowhere\/trainer ENOENT \(GRADWIRE_RANK_PROCESS\)\n$/,
    );
  });

  it('a master port that is taken', async ({ expect: check }) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ended = await launch(1, node('mean'), ['--master-port', String(port)]);
    // One rank needs no port.
    check(ended.code).toBe(0);
    const two = await launch(2, node('mean'), ['--master-port', String(port)]);
    server.close();
    check(two.code).toBe(1);
    check(saidBy(two, 0)).toMatchObject([
      {
        name: 'PortInUseError',
        code: 'GRADWIRE_PORT_IN_USE',
        message: check.stringContaining(`:${port}`) as string,
      },
    ]);
  });

  it('gives each job a secret of its own', async ({ expect: check }) => {
    const secrets = [];
    for (const attempt of [1, 2]) {
      // Those of another job around this one must not matter.
      const env = { GRADWIRE_SECRET: 'too short', GRADWIRE_SECRET_FILE: '/nowhere' };
      const ended = await launch(2, node('transport'), [], env);
      check(ended, String(attempt)).toMatchObject({ code: 0, stderr: '' });
      const said = [0, 1].map((rank) => saidBy(ended, rank)[0]!);
      check(said[0]).toEqual({ transport: 'tcp', bytes: 64, secret: said[1]!['secret'] });
      secrets.push(said[0]!['secret']);
    }
    check(secrets[0]).not.toBe(secrets[1]);
  });

  it('encrypts with certificates, and takes the secret of a file', async ({ expect: check }) => {
    const path = join(folder, 'secret');
    writeFileSync(path, 'the secret of this file\n');
    chmodSync(path, 0o600);
    const { cert, key, ca } = tlsFiles();
    const options = [
      '--secret-file',
      'secret',
      '--tls-cert',
      cert,
      '--tls-key',
      key,
      '--tls-ca',
      ca,
    ];
    const ended = await launch(3, node('transport'), options);
    check(ended).toMatchObject({ code: 0, stderr: '' });
    for (const rank of [0, 1, 2])
      check(saidBy(ended, rank)).toMatchObject([{ transport: 'tls', bytes: 0 }]);
  });

  it('starts nobody with a secret that others can read', async ({ expect: check }) => {
    const path = join(folder, 'open');
    writeFileSync(path, 'the secret of that file\n');
    chmodSync(path, 0o644);
    const ended = await launch(2, node('transport'), ['--secret-file', path]);
    check(ended).toMatchObject({ code: 1, stdout: '' });
    check(ended.stderr).toMatch(
      /^gradwire: the secret of .*\/open is open to other users .*"chmod 600 .*\(GRADWIRE_SECRET\)\n$/,
    );
  });

  it.for([
    [['launch', '--tls-cert', 'x', '--', 'true'], /--tls-key and --tls-ca belong together/],
    [['launch'], /missing required argument 'program'/],
    [['launch', '-n', '0', '--', 'true'], /--ranks/],
    [['launch', '--master-port', '70000', '--', 'true'], /--master-port/],
  ] as const)('refuses %j', async ([args, message], { expect: check }) => {
    const ended = await gradwire(args);
    check(ended.code).toBe(2);
    check(ended.stderr).toMatch(message);
  });
});

describe.concurrent('ranks that do not fit together', { timeout: 120_000 }, () => {
  it('settings: all are told who has what', async ({ expect: check }) => {
    const ended = await launch(3, node('disagree'));
    check(ended.code).toBe(1);
    for (const rank of [0, 1, 2])
      check(saidBy(ended, rank)).toMatchObject([
        {
          name: 'AgreementError',
          code: 'GRADWIRE_AGREEMENT',
          message: 'ranks disagree on codec: rank 0 has bf16, rank 1 has terngrad',
          values: ['bf16', 'terngrad', 'bf16'],
        },
      ]);
  });

  it('NaN in one gradient: all are told whose', async ({ expect: check }) => {
    const ended = await launch(3, node('nan'));
    check(ended.code).toBe(1);
    check(saidBy(ended, 1)).toMatchObject([
      {
        name: 'NonFiniteGradientError',
        message: check.stringContaining('gradient[17] is NaN') as string,
      },
    ]);
    for (const rank of [0, 2])
      check(saidBy(ended, rank)).toMatchObject([
        { name: 'RemoteAbortError', code: 'GRADWIRE_NON_FINITE_GRADIENT', culprit: 1 },
      ]);
  });

  it('one that never arrives: all are told which', async ({ expect: check }) => {
    const ended = await launch(3, node('absent'));
    check(ended.code).toBe(1);
    for (const rank of [0, 1])
      check(saidBy(ended, rank)).toMatchObject([
        { name: 'RendezvousError', code: 'GRADWIRE_RENDEZVOUS_TIMEOUT', missing: [2] },
      ]);
  });
});
