import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBytes, readStream } from '../../src/files/read.ts';
import { writeFileAtomically } from '../../src/files/write.ts';
import { temporaryFolder } from '../support/bundle.ts';

let folder: ReturnType<typeof temporaryFolder>;
let inside: (name: string) => string;
beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder.path, 'here'));
  inside = (name) => join(folder.path, 'here', name);
});
afterEach(() => folder.remove());

const bytes = Uint8Array.of(1, 2, 3, 4);

describe('readBytes', () => {
  it('gives plain bytes of a file', async () => {
    writeFileSync(inside('a'), bytes);
    const found = await readBytes(inside('a'), { maxBytes: 4 });
    expect(found).toEqual(bytes);
    // A Buffer's slice shares memory, and code written for Uint8Array does not expect that.
    expect(Buffer.isBuffer(found)).toBe(false);
  });

  it('reads devices to their end', async () => {
    expect(await readBytes('/dev/null', { maxBytes: 0 })).toHaveLength(0);
    const read = readBytes('/dev/zero', { maxBytes: 100_000 });
    await expect(read).rejects.toMatchObject({ code: 'GRADWIRE_FILE_TOO_LARGE' });
  });

  it('refuses what is too large before reading it', async () => {
    writeFileSync(inside('a'), bytes);
    const read = readBytes(inside('a'), { maxBytes: 3 });
    await expect(read).rejects.toMatchObject({
      code: 'GRADWIRE_FILE_TOO_LARGE',
      message: `${inside('a')}: 4 bytes are more than the 3 that can be read`,
    });
  });

  it.each([
    ['missing', 'no such file or directory'],
    ['.', 'illegal operation on a directory'],
  ])('says why it cannot read %s', async (name, reason) => {
    await expect(readBytes(inside(name), { maxBytes: 9 })).rejects.toMatchObject({
      code: 'GRADWIRE_FILE_READ',
      path: inside(name),
      message: `${inside(name)}: cannot read: ${reason}`,
    });
  });
});

describe('readStream', () => {
  it('joins chunks, and counts them against the limit', async () => {
    const chunks = (): Readable => Readable.from([Buffer.from([1, 2]), Buffer.from([3, 4])]);
    expect(await readStream(chunks(), 'it', { maxBytes: 4 })).toEqual(bytes);
    await expect(readStream(chunks(), 'it', { maxBytes: 3 })).rejects.toMatchObject({
      code: 'GRADWIRE_FILE_TOO_LARGE',
    });
  });

  it.each(['before', 'while'])(
    'ends with the reason of a signal aborted %s reading',
    async (when) => {
      const controller = new AbortController();
      const silent = new Readable({ read: () => undefined });
      const reason = new Error('enough');
      if (when === 'before') controller.abort(reason);
      const read = readStream(silent, 'it', { maxBytes: 4, signal: controller.signal });
      controller.abort(reason);
      await expect(read).rejects.toBe(reason);
    },
  );

  it('says what the stream failed with', async () => {
    const failing = new Readable({ read: (): void => void failing.destroy(new Error('torn')) });
    await expect(readStream(failing, 'it', { maxBytes: 4 })).rejects.toMatchObject({
      code: 'GRADWIRE_FILE_READ',
      message: 'it: cannot read: torn',
    });
  });
});

describe('writeFileAtomically', () => {
  const names = (): string[] => readdirSync(join(folder.path, 'here')).toSorted();

  it('writes all parts, and replaces what was there', async () => {
    writeFileSync(inside('a'), 'a longer text than what comes');
    await writeFileAtomically(inside('a'), [bytes, 'text']);
    expect(readFileSync(inside('a'))).toEqual(Buffer.from([...bytes, ...Buffer.from('text')]));
    expect(names()).toEqual(['a']);
  });

  it('keeps permissions and follows links', async () => {
    writeFileSync(inside('a'), 'old');
    chmodSync(inside('a'), 0o640);
    symlinkSync(inside('a'), inside('link'));
    await writeFileAtomically(inside('link'), ['new']);
    expect(readFileSync(inside('a'), 'utf8')).toBe('new');
    expect(statSync(inside('a')).mode & 0o777).toBe(0o640);
    expect(readFileSync(inside('link'), 'utf8')).toBe('new');
    expect(names()).toEqual(['a', 'link']);
  });

  it('leaves the old file, and nothing else, when it fails', async () => {
    writeFileSync(inside('a'), 'old');
    const wrong = { length: 1 } as unknown as Uint8Array;
    await expect(writeFileAtomically(inside('a'), [bytes, wrong])).rejects.toMatchObject({
      code: 'GRADWIRE_FILE_WRITE',
    });
    expect(readFileSync(inside('a'), 'utf8')).toBe('old');
    expect(names()).toEqual(['a']);
  });

  it('leaves the old file, and nothing else, when it is interrupted', async () => {
    writeFileSync(inside('a'), 'old');
    const reason = new Error('enough');
    const interrupted = writeFileAtomically(inside('a'), [bytes], {
      signal: AbortSignal.abort(reason),
    });
    await expect(interrupted).rejects.toBe(reason);
    expect(readFileSync(inside('a'), 'utf8')).toBe('old');
    expect(names()).toEqual(['a']);
  });

  it('never shows a reader a part', async () => {
    const versions = ['a', 'b'].map((letter) => letter.repeat(2_000_000));
    await writeFileAtomically(inside('a'), [versions[0]!]);
    let isWriting = true;
    const writing = (async () => {
      for (let i = 0; i < 20; i++) await writeFileAtomically(inside('a'), [versions[i % 2]!]);
      isWriting = false;
    })();
    let reads = 0;
    while (isWriting) {
      expect(versions.includes(await readFile(inside('a'), 'utf8'))).toBe(true);
      reads++;
    }
    await writing;
    expect(reads).toBeGreaterThan(0);
  });

  it('makes the folder when asked to', async () => {
    await writeFileAtomically(inside('x/y/a'), ['text'], { makeFolder: true });
    expect(readFileSync(inside('x/y/a'), 'utf8')).toBe('text');
  });

  it('writes to devices without replacing them', async () => {
    await writeFileAtomically('/dev/null', [bytes]);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it.each([
    ['', 'illegal operation on a directory'],
    ['missing/a', 'no such file or directory'],
  ])('says why it cannot write here/%s', async (name, reason) => {
    await expect(writeFileAtomically(inside(name), [bytes])).rejects.toMatchObject({
      code: 'GRADWIRE_FILE_WRITE',
      message: `${inside(name)}: cannot write: ${reason}`,
    });
    expect(names()).toEqual([]);
  });
});
