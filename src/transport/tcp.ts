/**
 * Pipes over TCP.
 *
 * A dialled socket reads straight into the buffers its reader names (`onread`, which Node offers to
 * the connecting side only); an accepted one through `data` events, which is enough for control frames.
 * Writes hand views to the kernel without a copy, except short ones, which are joined to their
 * prefix so that they leave in one segment. Nagle's delay is off.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { log } from './log.ts';
import type { Pipe, PipeReader } from './pipe.ts';

/** Writes up to this many bytes are copied into one buffer and need not be waited for. */
const JOINED_BYTES = 2048;
/** Idle time after which the kernel probes whether the far end still exists, milliseconds. */
const KEEP_ALIVE_MS = 10_000;
const FIRST_READ_BYTES = 4096;

/** A place to reach or to listen on. */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

class TcpPipe implements Pipe {
  readonly remote: string;
  readonly #socket: Socket;
  #reader: PipeReader | undefined;
  #hasEnded = false;
  #cause: Error | undefined;

  constructor(socket: Socket, remote: string) {
    this.#socket = socket;
    this.remote = remote;
    socket.on('error', (error) => {
      this.#cause = error;
      this.#end(error);
    });
    socket.on('end', () => this.#end());
    socket.on('close', () => {
      this.#end(this.#cause);
      this.#reader?.closed();
    });
  }

  get bytesWritten(): number {
    return this.#socket.bytesWritten;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  /** The address this end has, as the far end sees it. */
  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  /** Where a socket with `onread` reads to. */
  get reader(): PipeReader {
    return this.#reader!;
  }

  start(reader: PipeReader): void {
    this.#reader = reader;
  }

  /** For sockets without `onread`. */
  readByEvents(): void {
    this.#socket.on('data', (chunk: Buffer) => this.reader.push(chunk));
  }

  write(parts: readonly Uint8Array[], flushed?: () => void): void {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (length <= JOINED_BYTES) {
      socket.write(Buffer.concat(parts, length));
      flushed?.();
      return;
    }
    const last = parts.length - 1;
    socket.cork();
    for (let i = 0; i < last; i++) socket.write(parts[i]!);
    // Not called with success before the kernel has taken every byte.
    socket.write(parts[last]!, (error) => {
      if (error == null) flushed?.();
    });
    socket.uncork();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #end(cause?: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#reader?.ended(cause);
  }
}

/** A pipe that was dialled. */
export interface DialledPipe extends Pipe {
  /** The address of this end. */
  readonly localAddress: string | undefined;
}

/**
 * Connects. `begin` is called as soon as the connection stands, and must start the pipe.
 * @throws the socket's error where nobody answers
 */
export async function dial<T>(
  address: TcpAddress,
  begin: (pipe: DialledPipe) => T,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const { host, port } = address;
  let pipe: TcpPipe | undefined;
  // Node asks for the first buffer before it connects, when there is no reader yet.
  const first = new Uint8Array(FIRST_READ_BYTES);
  const socket = connect({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    allowHalfOpen: true,
    onread: {
      buffer: () => pipe?.reader.nextBuffer() ?? first,
      callback: (count, buffer) => {
        if (buffer === first) pipe!.reader.push(first.subarray(0, count));
        else pipe!.reader.advance(count);
        return true;
      },
    },
  });
  const giveUp = (): void => {
    socket.destroy(signal.reason instanceof Error ? signal.reason : new Error('given up'));
  };
  signal.addEventListener('abort', giveUp);
  try {
    return await new Promise<T>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        pipe = new TcpPipe(socket, `${host}:${port}`);
        resolve(begin(pipe));
      });
    });
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** A listening socket that is open. */
export interface Listener {
  readonly address: TcpAddress;
  /** Stops listening; connections that stand are not touched. */
  close(): void;
}

/**
 * Listens. `accept` is called for every connection and must start the pipe.
 * @param address port 0 lets the system choose one
 * @throws the server's error, for instance EADDRINUSE
 */
export async function listen(address: TcpAddress, accept: (pipe: Pipe) => void): Promise<Listener> {
  const server = createServer({
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    allowHalfOpen: true,
  });
  server.on('connection', (socket) => {
    const pipe = new TcpPipe(socket, `${socket.remoteAddress}:${socket.remotePort}`);
    accept(pipe);
    pipe.readByEvents();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address.host, port: address.port, exclusive: true }, () => {
      server.removeListener('error', reject);
      server.on('error', (error) => log('warn', `accepting connections: ${error.message}`));
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return { address: { host: address.host, port }, close: () => void server.close() };
}
