/**
 * Pipes over TCP, with or without TLS.
 *
 * A dialled socket reads straight into the buffers its reader names (`onread`, which Node offers to
 * the connecting side only); an accepted one through `data` events, which is enough for control frames.
 * Writes hand views to the kernel without a copy, except short ones, which are joined to their
 * prefix so that they leave in one segment. Nagle's delay is off.
 */
import {
  connect,
  createServer,
  type AddressInfo,
  type Socket,
  type TcpSocketConnectOpts,
} from 'node:net';
import type { TLSSocket } from 'node:tls';
import { log } from './log.ts';
import type { Pipe, PipeReader } from './pipe.ts';
import { channelBinding, type TlsIdentity } from './tls.ts';

/** Writes up to this many bytes are copied into one buffer and need not be waited for. */
const JOINED_BYTES = 2048;
/** Idle time after which the kernel probes whether the far end still exists, milliseconds. */
const KEEP_ALIVE_MS = 10_000;
const FIRST_READ_BYTES = 4096;
/**
 * Connections the kernel keeps until they are accepted, which happens to all of them at once. A fraction of
 * what a greeter keeps waiting (src/rendezvous/greeter.ts), so that under a flood a rank is heard before newer ones push it out.
 */
const BACKLOG = 64;

/** A place to reach or to listen on. */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** A pipe over a socket. */
export interface SocketPipe extends Pipe {
  /** The address this end has, as the far end sees it. */
  readonly localAddress: string | undefined;
  /** Bytes that only the two ends of this connection share; empty without TLS. */
  readonly channelBinding: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

class TcpPipe implements SocketPipe {
  readonly remote: string;
  readonly channelBinding: Uint8Array;
  /** What is written to and read from: `#wire`, or TLS above it. */
  readonly #socket: Socket;
  readonly #wire: Socket;
  #reader: PipeReader | undefined;
  #hasEnded = false;
  #cause: Error | undefined;

  constructor(wire: Socket, remote: string, secure?: TLSSocket) {
    const socket = secure ?? wire;
    this.#socket = socket;
    this.#wire = wire;
    this.remote = remote;
    this.channelBinding = secure === undefined ? NO_BYTES : channelBinding(secure);
    readBeforeWritesFail(socket);
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
    return this.#wire.bytesWritten;
  }

  get bytesRead(): number {
    return this.#wire.bytesRead;
  }

  get localAddress(): string | undefined {
    return this.#wire.localAddress;
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
    this.#socket.resume();
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

/**
 * Connects. `begin` is called as soon as the connection stands, and must start the pipe.
 * @throws the socket's error where nobody answers, TlsError where somebody does but not by TLS
 */
export async function dial<T>(
  address: TcpAddress,
  begin: (pipe: SocketPipe) => T,
  signal: AbortSignal,
  tls?: TlsIdentity,
): Promise<T> {
  signal.throwIfAborted();
  const link = new Dialled(address, tls === undefined);
  const giveUp = (): void => {
    link.socket.destroy(signal.reason instanceof Error ? signal.reason : new Error('given up'));
  };
  signal.addEventListener('abort', giveUp);
  try {
    return await new Promise<T>((resolve, reject) => {
      link.socket.on('error', reject);
      link.socket.once('connect', () => {
        if (tls === undefined) resolve(link.begin(begin));
        else
          void tls
            .connect(link.socket)
            .then((secure) => link.begin(begin, secure))
            .then(resolve, reject);
      });
    });
  } catch (error) {
    link.socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/**
 * Node destroys a socket as soon as a write has failed, and with it what has come and not been read: a process
 * that was stopped would lose the last words of a peer that has left meanwhile. So a failed write is told only
 * after the sockets have been read.
 */
function readBeforeWritesFail(socket: Socket): void {
  const write = socket._write.bind(socket);
  const writeAll = socket._writev!.bind(socket);
  socket._write = (chunk, encoding, told) => write(chunk, encoding, afterReading(told));
  socket._writev = (chunks, told) => writeAll(chunks, afterReading(told));
}

type Told = (error?: Error | null) => void;

/** Sockets are read between two turns of `setImmediate`; the first may belong to a poll that has begun before. */
function afterReading(told: Told): Told {
  return (error) => {
    if (error == null) told();
    else setImmediate(() => setImmediate(told, error));
  };
}

/** A socket that is being connected, and the pipe over it. */
class Dialled {
  readonly socket: Socket;
  readonly #remote: string;
  #pipe: TcpPipe | undefined;

  /** @param direct read into buffers that the reader names */
  constructor({ host, port }: TcpAddress, direct: boolean) {
    this.#remote = `${host}:${port}`;
    this.socket = connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      allowHalfOpen: true,
      ...(direct && { onread: this.#onread() }),
    });
  }

  begin<T>(begin: (pipe: SocketPipe) => T, secure?: TLSSocket): T {
    this.#pipe = new TcpPipe(this.socket, this.#remote, secure);
    const begun = begin(this.#pipe);
    if (secure !== undefined) this.#pipe.readByEvents();
    return begun;
  }

  #onread(): NonNullable<TcpSocketConnectOpts['onread']> {
    // Node asks for the first buffer before it connects, when there is no reader yet.
    const first = new Uint8Array(FIRST_READ_BYTES);
    return {
      buffer: () => this.#pipe?.reader.nextBuffer() ?? first,
      callback: (count, buffer) => {
        if (buffer === first) this.#pipe!.reader.push(first.subarray(0, count));
        else this.#pipe!.reader.advance(count);
        return true;
      },
    };
  }
}

/** A connection that has been accepted, of which nothing has been read. */
export interface Caller {
  /** The far end, for messages. */
  readonly remote: string;
  /**
   * Begins to read, through TLS where there is an identity. `begin` is called once the connection stands,
   * and must start the pipe; `failed` when TLS does not come about, and the connection is closed.
   */
  answer(
    begin: (pipe: SocketPipe) => void,
    tls?: TlsIdentity,
    failed?: (error: Error) => void,
  ): void;
  /** Closes the connection, whatever has become of it. */
  destroy(): void;
}

class TcpCaller implements Caller {
  readonly remote: string;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remote = `${socket.remoteAddress}:${socket.remotePort}`;
    // Of a connection that nobody reads yet; afterwards its pipe hears of them too.
    socket.on('error', () => {});
  }

  answer(
    begin: (pipe: SocketPipe) => void,
    tls?: TlsIdentity,
    failed?: (error: Error) => void,
  ): void {
    const start = (secure?: TLSSocket): void => {
      const pipe = new TcpPipe(this.#socket, this.remote, secure);
      begin(pipe);
      pipe.readByEvents();
    };
    if (tls === undefined) start();
    else
      void tls.accept(this.#socket).then(start, (error: Error) => {
        this.destroy();
        failed?.(error);
      });
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** A listening socket that is open. */
export interface Listener {
  readonly address: TcpAddress;
  /** Stops listening; connections that stand are not touched. */
  close(): void;
}

/**
 * Listens. `accept` is called for every connection.
 * @param address port 0 lets the system choose one
 * @throws the server's error, for instance EADDRINUSE
 */
export async function listen(
  address: TcpAddress,
  accept: (caller: Caller) => void,
): Promise<Listener> {
  const server = createServer({
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    allowHalfOpen: true,
    // Nothing is read, and nothing allocated for it, before somebody asks.
    pauseOnConnect: true,
  });
  server.on('connection', (socket) => accept(new TcpCaller(socket)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(
      { host: address.host, port: address.port, exclusive: true, backlog: BACKLOG },
      () => {
        server.removeListener('error', reject);
        server.on('error', (error) => log('warn', `accepting connections: ${error.message}`));
        resolve();
      },
    );
  });
  const { port } = server.address() as AddressInfo;
  return { address: { host: address.host, port }, close: () => void server.close() };
}
