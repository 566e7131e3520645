/**
 * TLS 1.3 over a TCP connection that stands. Both ends show a certificate, and each must be signed by the
 * authority of the other. Names in certificates are not compared: ranks find each other by address, and
 * whoever the authority has signed is a member.
 */
import type { Socket } from 'node:net';
import {
  connect,
  createSecureContext,
  createServer,
  type SecureContext,
  type Server,
  type TLSSocket,
} from 'node:tls';
import { TlsError } from '../../proto/comm-errors.ts';

const VERSION = 'TLSv1.3';
/** RFC 9266: bytes only the two ends of a TLS connection know. */
const BINDING_LABEL = 'EXPORTER-Channel-Binding';
const BINDING_BYTES = 32;

/** In PEM. */
export interface TlsCredentials {
  /** Certificate of this rank, followed by those between it and the authority, if any. */
  readonly cert: Buffer;
  /** Private key of the certificate. */
  readonly key: Buffer;
  /** Certificates of the authorities that sign for members. */
  readonly ca: Buffer;
}

interface Pending {
  readonly resolve: (stream: TLSSocket) => void;
  readonly reject: (error: Error) => void;
}

export class TlsIdentity {
  readonly #context: SecureContext;
  /** Never listens: it is handed connections that were accepted elsewhere. */
  readonly #server: Server;
  readonly #pending: Map<string, Pending> = new Map();

  /** @throws TlsError on credentials that do not belong together or are none */
  constructor(credentials: TlsCredentials) {
    try {
      this.#context = createSecureContext({ ...credentials, minVersion: VERSION });
    } catch (cause) {
      throw new TlsError(
        `certificate, key and authority cannot be used: ${(cause as Error).message}`,
        { cause },
      );
    }
    this.#server = createServer({
      ...credentials,
      minVersion: VERSION,
      requestCert: true,
      rejectUnauthorized: true,
    });
    this.#server.on('secureConnection', (stream) =>
      this.#pending.get(farEnd(stream))?.resolve(stream),
    );
    this.#server.on('tlsClientError', (error, stream) =>
      this.#pending.get(farEnd(stream))?.reject(failed(error)),
    );
  }

  /**
   * The accepting end.
   * @throws TlsError when the far end is no member or speaks no TLS 1.3
   */
  async accept(socket: Socket): Promise<TLSSocket> {
    const key = farEnd(socket);
    const { allowHalfOpen } = socket;
    // Or nobody would hear that the far end has given up.
    socket.allowHalfOpen = false;
    try {
      const stream = await new Promise<TLSSocket>((resolve, reject) => {
        this.#pending.set(key, { resolve, reject });
        socket.once('close', () => reject(new TlsError('it left during the TLS handshake')));
        this.#server.emit('connection', socket);
      });
      for (const either of [socket, stream]) either.allowHalfOpen = allowHalfOpen;
      return stream;
    } finally {
      this.#pending.delete(key);
    }
  }

  /**
   * The dialling end.
   * @throws TlsError when the far end is no member or speaks no TLS 1.3
   */
  connect(socket: Socket): Promise<TLSSocket> {
    return new Promise<TLSSocket>((resolve, reject) => {
      const stream = connect({
        socket,
        secureContext: this.#context,
        minVersion: VERSION,
        checkServerIdentity: () => undefined,
      });
      stream.once('secureConnect', () => resolve(stream));
      stream.once('error', (error) => reject(failed(error)));
      stream.once('close', () => reject(failed(new Error('the connection was closed'))));
    });
  }
}

/** What a proof made over this connection must mention, so that it is good for no other one. */
export function channelBinding(stream: TLSSocket): Uint8Array {
  return stream.exportKeyingMaterial(BINDING_BYTES, BINDING_LABEL, Buffer.alloc(0));
}

/** Of two connections at a time the far ends differ. */
function farEnd({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** OpenSSL's texts hold addresses in memory and paths of its sources; its reasons say enough. */
function failed(cause: Error): TlsError {
  const { reason = cause.message, code } = cause as Error & {
    readonly reason?: string;
    readonly code?: string;
  };
  const name = code === undefined || reason.includes(code) ? '' : ` (${code})`;
  return new TlsError(`the TLS handshake failed: ${reason}${name}`, { cause });
}
