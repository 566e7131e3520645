/** Certificates of test/support/tls, where `init` accepts them: a repository does not keep the mode of a key. */
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TlsFiles } from '../../src/rendezvous/credentials.ts';
import { TlsIdentity } from '../../src/transport/tls.ts';

/** `rank` is signed by the authority `ca`, `stranger` by `stranger-ca`. */
export type Identity = 'rank' | 'stranger';
export type Authority = 'ca' | 'stranger-ca';

const source = (name: string): string => fileURLToPath(new URL(`tls/${name}`, import.meta.url));

/** Copies whose keys only this user may read; gone when the process ends. */
let folder: string | undefined;

function copied(name: string): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'gradwire-tls-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  const path = join(folder, name);
  copyFileSync(source(name), path);
  chmodSync(path, 0o600);
  return path;
}

export function tlsFiles(identity: Identity = 'rank', authority: Authority = 'ca'): TlsFiles {
  return {
    cert: source(`${identity}.pem`),
    key: copied(`${identity}.key`),
    ca: source(`${authority}.pem`),
  };
}

export function tlsCredentials(
  identity: Identity = 'rank',
  authority: Authority = 'ca',
): { cert: Buffer; key: Buffer; ca: Buffer } {
  return {
    cert: readFileSync(source(`${identity}.pem`)),
    key: readFileSync(source(`${identity}.key`)),
    ca: readFileSync(source(`${authority}.pem`)),
  };
}

export function tlsIdentity(identity?: Identity, authority?: Authority): TlsIdentity {
  return new TlsIdentity(tlsCredentials(identity, authority));
}
