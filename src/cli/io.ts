/** The outside world of a command, so that tests can put their own in its place. */
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import { readBytes, readStream } from '../files/read.ts';
import { writeFileAtomically } from '../files/write.ts';
import { UsageError } from './errors.ts';

/** A stream that may be a terminal, `columns` wide. */
export type Terminal<Stream> = Stream & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

/** What a command may touch. */
export interface Io {
  readonly stdin: Terminal<Readable>;
  readonly stdout: Terminal<Writable>;
  readonly stderr: Terminal<Writable>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C, with an InterruptedError as its reason. */
  readonly signal: AbortSignal;
}

/** Writes to a stream and waits until it has taken the chunk. @throws what the stream fails with */
export async function write(stream: Writable, chunk: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

/** Colours a text, or does not. */
export type Style = (format: 'bold' | 'dim' | 'red' | 'yellow', text: string) => string;

/** True when `stream` may be given colours: it is a terminal, and NO_COLOR (no-color.org) is not set. */
export function hasColours(stream: Terminal<Writable>, env: Io['env']): boolean {
  return stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** The style for a stream. */
export function styleFor(stream: Terminal<Writable>, env: Io['env']): Style {
  if (!hasColours(stream, env)) return (_format, text) => text;
  return (format, text) => styleText(format, text, { validateStream: false });
}

/** The file name that stands for standard input or output. */
const DASH = '-';

/** What messages call an input. */
export function inputName(path: string): string {
  return path === DASH ? 'standard input' : path;
}

/** Bytes of an input file, `-` being standard input. @throws FileError, UsageError */
export async function readInput(io: Io, path: string, maxBytes: number): Promise<Uint8Array> {
  const limits = { maxBytes, signal: io.signal };
  if (path !== DASH) return await readBytes(path, limits);
  if (io.stdin.isTTY)
    throw new UsageError('standard input is the terminal; pipe a file into it or name one');
  return await readStream(io.stdin, inputName(path), limits);
}

/** Refuses to write bytes to a terminal, before any work is done for it. @throws UsageError */
export function checkBinaryOutput(io: Io, path: string): void {
  if (path === DASH && io.stdout.isTTY)
    throw new UsageError('standard output is the terminal; redirect it or name a file with -o');
}

/** Writes an output file, whole or not at all, `-` being standard output. @throws FileError */
export async function writeOutput(
  io: Io,
  path: string,
  parts: readonly Uint8Array[],
): Promise<void> {
  io.signal.throwIfAborted();
  if (path !== DASH) await writeFileAtomically(path, parts, { signal: io.signal });
  else for (const part of parts) await write(io.stdout, part);
}
