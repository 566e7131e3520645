import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import {
  findCredentials,
  isLoopback,
  type CredentialOptions,
} from '../../src/rendezvous/credentials.ts';
import { init } from '../../src/rendezvous/init.ts';
import type { Environment } from '../../src/rendezvous/launcher.ts';
import { tlsFiles } from '../support/certificates.ts';
import { requirement } from '../support/requirements.ts';
import { outcome } from './job.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradwire-secret-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SECRET = 'sixteen bytes or more';
let files = 0;
function file(contents: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, `secret-${files++}`);
  writeFileSync(path, contents);
  chmodSync(path, mode);
  return path;
}

const needsModes = requirement('file modes', () => process.platform !== 'win32');

/** The secret that is found, as text. */
async function secretOf(options: CredentialOptions, env: Environment = {}): Promise<string> {
  const { key } = await findCredentials(options, env, []);
  return key.export().toString();
}

describe('a secret', () => {
  it('comes from options before variables, and itself before a file', async () => {
    const env = {
      GRADWIRE_SECRET: 'the variable itself',
      GRADWIRE_SECRET_FILE: file('the file of the variable'),
    };
    expect(await secretOf({ secret: 'the option itself' }, env)).toBe('the option itself');
    expect(await secretOf({ secretFile: file('the file of the option') }, env)).toBe(
      'the file of the option',
    );
    expect(await secretOf({}, env)).toBe('the variable itself');
    expect(await secretOf({}, { ...env, GRADWIRE_SECRET: '' })).toBe('the file of the variable');
    expect(await secretOf({ secret: Buffer.from(SECRET) })).toBe(SECRET);
  });

  it('loses what an editor adds to a file, and nothing else', async () => {
    expect(await secretOf({ secretFile: file(`${SECRET}\r\n`) })).toBe(SECRET);
    // In bytes: no character of UTF-8 ends in what Latin letters call a blank.
    const accented = 'seize caractères là';
    expect(await secretOf({ secretFile: file(` ${accented}\n`) })).toBe(accented);
    expect(await secretOf({}, { GRADWIRE_SECRET: 'seize caractères à' })).toBe(
      await secretOf({ secretFile: file('seize caractères à') }),
    );
    expect(await secretOf({ secret: `${SECRET}\n` })).toBe(`${SECRET}\n`);
  });

  it.each([
    ['given twice', { secret: SECRET, secretFile: 'x' }, 'both given'],
    ['too short', { secret: 'fifteen bytes !' }, '15 bytes, at least 16'],
    ['in no file', { secretFile: join(folder, 'nowhere') }, 'ENOENT'],
    ['in a folder', { secretFile: folder }, 'is no file'],
    ['in an empty file', { secretFile: file('\n') }, '0 bytes'],
    ['in a file of 5 kB', { secretFile: file('x'.repeat(5000)) }, 'longer than 4096'],
  ])('%s is refused', async (_, options, message) => {
    const error = await outcome(findCredentials(options, {}, []));
    expect(error).toMatchObject({
      name: 'SecretError',
      code: 'GRADWIRE_SECRET',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    [0o600, true],
    [0o400, true],
    [0o640, true],
    [0o604, false],
    [0o644, false],
    [0o660, false],
    [0o602, false],
    [0o601, false],
  ])('in a file of mode %o is accepted: %s', async (mode, isAccepted) => {
    const path = file(SECRET, mode);
    for (const [options, env] of [
      [{ secretFile: path }, {}],
      [{}, { GRADWIRE_SECRET_FILE: path }],
    ] as const) {
      const result = await outcome(secretOf(options, env));
      if (isAccepted) expect(result).toBe('done');
      else {
        expect(result).toMatchObject({ code: 'GRADWIRE_SECRET' });
        expect((result as Error).message).toContain(`chmod 600 ${path}`);
        expect((result as Error).message).toContain(`mode ${mode.toString(8)}`);
      }
    }
  });

  it('is judged by the file a link leads to', async (context) => {
    needsModes(context);
    const link = join(folder, 'link');
    symlinkSync(file(SECRET, 0o644), link);
    expect(await outcome(secretOf({ secretFile: link }))).toMatchObject({
      code: 'GRADWIRE_SECRET',
    });
  });

  it('is shown by nothing that is printed', async () => {
    const credentials = await findCredentials({ secret: SECRET }, {}, []);
    expect(inspect(credentials, { depth: 9, showHidden: true })).not.toContain(SECRET);
    expect(JSON.stringify(credentials)).not.toContain(SECRET);
  });

  it('of a wrong type is refused', async () => {
    expect(await outcome(findCredentials({ secret: 7 as never }, {}, []))).toMatchObject({
      code: 'GRADWIRE_ARGUMENT_TYPE',
    });
  });
});

describe('without a secret', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['localhost', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['127.example.org', false],
    ['node1', false],
    ['::ffff:10.0.0.1', false],
  ])('ranks meet at %s: %s', async (address, isAllowed) => {
    expect(isLoopback(address)).toBe(isAllowed);
    const error = await outcome(findCredentials({}, {}, [undefined, '127.0.0.1', address]));
    if (isAllowed) expect(error).toBe('done');
    else {
      expect(error).toMatchObject({ name: 'SecretError', code: 'GRADWIRE_SECRET' });
      for (const hint of [
        address,
        'GRADWIRE_SECRET_FILE',
        'openssl rand -hex 32',
        'insecure: true',
      ])
        expect((error as Error).message).toContain(hint);
    }
    // Each of these is enough.
    for (const options of [{ secret: SECRET }, { insecure: true }, { tls: tlsFiles() }])
      expect(await outcome(findCredentials(options, {}, [address]))).toBe('done');
  });

  it.each([
    ['the master address', { masterAddress: '192.0.2.7' }],
    ['the own one', { host: '0.0.0.0' }],
  ])('init listens nowhere where %s is not of the loopback interface', async (_, options) => {
    const place = { env: {}, rank: 0, size: 2, masterPort: 29_555 };
    expect(await outcome(init({ ...place, ...options }))).toMatchObject({
      code: 'GRADWIRE_SECRET',
    });
  });

  it('one rank alone needs none', async () => {
    const communicator = await init({ env: {}, rank: 0, size: 1, masterAddress: '192.0.2.7' });
    await communicator.close();
  });
});

describe('certificates', () => {
  const good = tlsFiles();

  it('come from options, or from three variables', async () => {
    expect((await findCredentials({ tls: good }, {}, [])).tls).toBeDefined();
    const env = {
      GRADWIRE_TLS_CERT: good.cert,
      GRADWIRE_TLS_KEY: good.key,
      GRADWIRE_TLS_CA: good.ca,
    };
    expect((await findCredentials({}, env, [])).tls).toBeDefined();
    expect((await findCredentials({}, {}, [])).tls).toBeUndefined();
    for (const missing of Object.keys(env))
      expect(await outcome(findCredentials({}, { ...env, [missing]: '' }, []))).toMatchObject({
        name: 'TlsError',
        code: 'GRADWIRE_TLS',
        message: expect.stringContaining('belong together') as string,
      });
  });

  it.each([
    ['a key of another certificate', { ...good, key: tlsFiles('stranger').key }, 'mismatch'],
    ['a certificate that is none', { ...good, cert: file('-----BEGIN') }, 'cannot be used'],
    ['a file that is not there', { ...good, ca: join(folder, 'nowhere') }, 'ENOENT'],
    ['a key that others can read', { ...good, key: file('x', 0o644) }, 'chmod 600'],
  ])('%s is refused', async (_, tls, message) => {
    expect(await outcome(findCredentials({ tls }, {}, []))).toMatchObject({
      name: 'TlsError',
      code: 'GRADWIRE_TLS',
      message: expect.stringContaining(message) as string,
    });
  });
});
