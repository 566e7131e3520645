/** Whole files and streams into memory, within a limit. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { FileError, systemError } from './errors.ts';

/** Bounds of a read. */
export interface ReadLimits {
  /** Most bytes accepted. */
  readonly maxBytes: number;
  /** Ends the read; what it throws is the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

function tooLarge(path: string, bytes: number, maxBytes: number): FileError {
  return new FileError(
    'GRADWIRE_FILE_TOO_LARGE',
    path,
    `${bytes} bytes are more than the ${maxBytes} that can be read`,
  );
}

/** The same bytes without the habits of a Buffer, whose `slice` shares memory. */
function plain(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Bytes of a file, pipes and devices included. @throws FileError */
export async function readBytes(path: string, limits: ReadLimits): Promise<Uint8Array> {
  const { maxBytes, signal } = limits;
  try {
    const found = await stat(path);
    if (found.isFile()) {
      if (found.size > maxBytes) throw tooLarge(path, found.size, maxBytes);
      return plain(await readFile(path, { signal }));
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw cause instanceof FileError ? cause : systemError('GRADWIRE_FILE_READ', path, cause);
  }
  return await readStream(createReadStream(path), path, limits);
}

/**
 * Bytes of a stream up to its end.
 * @param name what messages call it
 * @throws FileError
 */
export async function readStream(
  stream: Readable,
  name: string,
  limits: ReadLimits,
): Promise<Uint8Array> {
  const { maxBytes, signal } = limits;
  const end = (): void => void stream.destroy();
  signal?.addEventListener('abort', end);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    signal?.throwIfAborted();
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(name, bytes, maxBytes);
      chunks.push(chunk);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw cause instanceof FileError ? cause : systemError('GRADWIRE_FILE_READ', name, cause);
  } finally {
    signal?.removeEventListener('abort', end);
  }
  return plain(Buffer.concat(chunks, bytes));
}
