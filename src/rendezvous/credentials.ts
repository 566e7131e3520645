/**
 * What a rank proves itself by: the secret of its job, and certificates where connections are to be
 * encrypted. Both from options, else from variables.
 *
 * Ranks that meet on the loopback interface may do without a secret: only users of the same machine reach
 * them. Beyond it there has to be one (or certificates), unless the caller says `insecure`.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { SecretError, TlsError } from '../../proto/comm-errors.ts';
import { ArgumentTypeError } from '../../proto/errors.ts';
import { TlsIdentity } from '../transport/tls.ts';
import type { Environment } from './launcher.ts';
import { readPrivateFile, readSmallFile } from './private-file.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  /** Certificate of this rank. */
  readonly cert: string;
  /** Its private key; no other user may be able to read the file. */
  readonly key: string;
  /** Authority that has signed the certificates of all ranks, and of nobody else. */
  readonly ca: string;
}

export interface CredentialOptions {
  /** Secret that all ranks of the job share, at least 16 bytes. Default GRADWIRE_SECRET. */
  readonly secret?: string | Uint8Array;
  /** File that holds it; no other user may be able to read it. Default GRADWIRE_SECRET_FILE. */
  readonly secretFile?: string;
  /** Go without a secret also where strangers may reach the ranks. Default false. */
  readonly insecure?: boolean;
  /** Encrypt, by TLS 1.3. Default: the files of GRADWIRE_TLS_CERT, _KEY and _CA, else no TLS. */
  readonly tls?: TlsFiles;
}

/** What a rank has to show. */
export interface Credentials {
  /** What proofs are made with. */
  readonly key: KeyObject;
  /** Where the secret came from, for messages. */
  readonly source: string;
  readonly tls: TlsIdentity | undefined;
}

const MIN_SECRET_BYTES = 16;
const MAX_SECRET_BYTES = 4096;
/** Space, tab, line feed, carriage return. */
const BLANKS = [0x20, 0x09, 0x0a, 0x0d];
const MAX_PEM_BYTES = 1 << 20;
/** Keeps the handshake the same for all: version, job, size and rank are checked without a secret, too. */
const NO_SECRET = 'no secret';

/** @throws SecretError, TlsError, ArgumentTypeError @param addresses where this rank listens or dials */
export async function findCredentials(
  options: CredentialOptions,
  env: Environment,
  addresses: readonly (string | undefined)[],
): Promise<Credentials> {
  const secret = await findSecret(options, env);
  const tls = await findIdentity(options, env);
  const exposed = addresses.find((address) => address !== undefined && !isLoopback(address));
  if (secret !== undefined) return { ...secret, tls };
  if (exposed !== undefined && tls === undefined && options.insecure !== true)
    throw new SecretError(
      `the ranks meet at ${exposed}, which is not the loopback interface, and this rank has no secret; ` +
        `give all ranks the same one by GRADWIRE_SECRET_FILE, GRADWIRE_SECRET or an option of init() ` +
        `("openssl rand -hex 32" makes one), or pass insecure: true to trust everybody who can ` +
        `reach that address`,
    );
  return { key: keyOf(Buffer.from(NO_SECRET)), source: 'this rank has none', tls };
}

/** True for addresses that only processes of this machine reach. */
export function isLoopback(address: string): boolean {
  const plain = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  return plain === 'localhost' || plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}

type Secret = Pick<Credentials, 'key' | 'source'>;

async function findSecret(
  { secret, secretFile }: CredentialOptions,
  env: Environment,
): Promise<Secret | undefined> {
  if (secret !== undefined && secretFile !== undefined)
    throw new SecretError('"secret" and "secretFile" are both given; leave one of them out');
  if (secret !== undefined) return secretOf(secret, '"secret"', 'the option "secret"');
  if (secretFile !== undefined) return await secretIn(secretFile, 'the option "secretFile"');
  // An empty variable is one that was taken back.
  const { GRADWIRE_SECRET: text, GRADWIRE_SECRET_FILE: path } = env;
  if (text) return secretOf(text, 'GRADWIRE_SECRET', 'GRADWIRE_SECRET');
  return path ? await secretIn(path, 'GRADWIRE_SECRET_FILE') : undefined;
}

async function secretIn(path: string, from: string): Promise<Secret> {
  let bytes: Buffer;
  try {
    bytes = await readPrivateFile(path, MAX_SECRET_BYTES);
  } catch (cause) {
    throw new SecretError(`the secret of ${from}: ${(cause as Error).message}`, { cause });
  }
  return secretOf(trimmed(bytes), path, `${path} (${from})`);
}

/** Without the blanks and line ends around it, which editors add. */
function trimmed(bytes: Buffer): Buffer {
  const isBlank = (byte: number | undefined): boolean =>
    byte !== undefined && BLANKS.includes(byte);
  let [start, end] = [0, bytes.length];
  while (isBlank(bytes[start])) start++;
  while (end > start && isBlank(bytes[end - 1])) end--;
  return bytes.subarray(start, end);
}

function secretOf(secret: string | Uint8Array, name: string, source: string): Secret {
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array))
    throw new ArgumentTypeError('"secret" must be a string or a Uint8Array');
  const bytes = Buffer.from(secret);
  if (bytes.length < MIN_SECRET_BYTES)
    throw new SecretError(
      `the secret in ${name} has ${bytes.length} bytes, at least ${MIN_SECRET_BYTES} are needed; ` +
        `"openssl rand -hex 32" makes a good one`,
    );
  return { key: keyOf(bytes), source };
}

/** A key object shows its bytes to nobody who prints it. */
function keyOf(bytes: Buffer): KeyObject {
  return createSecretKey(bytes);
}

async function findIdentity(
  { tls }: CredentialOptions,
  env: Environment,
): Promise<TlsIdentity | undefined> {
  const files = tls ?? filesOf(env);
  if (files === undefined) return undefined;
  try {
    const [cert, key, ca] = await Promise.all([
      readSmallFile(files.cert, MAX_PEM_BYTES),
      readPrivateFile(files.key, MAX_PEM_BYTES),
      readSmallFile(files.ca, MAX_PEM_BYTES),
    ]);
    return new TlsIdentity({ cert, key, ca });
  } catch (cause) {
    if (cause instanceof TlsError) throw cause;
    throw new TlsError(`TLS: ${(cause as Error).message}`, { cause });
  }
}

function filesOf(env: Environment): TlsFiles | undefined {
  const { GRADWIRE_TLS_CERT: cert, GRADWIRE_TLS_KEY: key, GRADWIRE_TLS_CA: ca } = env;
  if (!cert && !key && !ca) return undefined;
  if (!cert || !key || !ca)
    throw new TlsError(
      'GRADWIRE_TLS_CERT, GRADWIRE_TLS_KEY and GRADWIRE_TLS_CA belong together; set all or none',
    );
  return { cert, key, ca };
}
