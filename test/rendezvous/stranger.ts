/** Somebody at the port of a rank who speaks with bytes of his own choice. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FrameKind, writeFramePrefix, type FrameHeader } from '../../proto/frame.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';
import { handshakeProof } from '../oracle/handshake.ts';

const PREFIX = 32;

/** A frame as bytes; `change` may make the prefix lie. */
export function frame(
  kind: FrameKind,
  payload: Uint8Array,
  change: Partial<FrameHeader> = {},
): Buffer {
  const bytes = Buffer.alloc(PREFIX + payload.length);
  const header = {
    kind,
    flags: 0,
    context: 0,
    epoch: 0,
    operation: 0,
    tag: 0,
    checksum: 0,
    ...change,
  };
  writeFramePrefix({ length: payload.length, ...header }, bytes);
  bytes.set(payload, PREFIX);
  return bytes;
}

/** A `join` without its proof; what is not given is as in a job of two ranks without a name. */
export function joinBody(fields: gradwirecomm.Join.$Properties = {}): Uint8Array {
  const usual = { job: '', rank: 1, size: 2, address: { host: '127.0.0.1', port: 9 }, epoch: 0 };
  return gradwirecomm.Join.encode({ ...usual, ...fields }).finish();
}

/** What the far end has said: a frame, or that it said its last. */
export interface Heard {
  readonly version: number;
  readonly kind: number;
  readonly payload: Buffer;
}

export interface Challenge {
  readonly dialler: Buffer;
  readonly acceptor: Buffer;
  readonly proof: Buffer;
}

export class Stranger {
  readonly socket: Socket;
  /** Everything heard so far. */
  received: Buffer = Buffer.alloc(0);
  /** Resolves when the far end has closed the connection. */
  readonly ended: Promise<void>;
  #offset = 0;
  #ended = false;
  #heard: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      this.received = Buffer.concat([this.received, bytes]);
      this.#heard();
    });
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        this.#ended = true;
        this.#heard();
        resolve();
      };
      socket.once('end', end);
      socket.once('close', end);
    });
  }

  /** The far end has closed the connection. */
  get isCutOff(): boolean {
    return this.#ended;
  }

  static async dial(port: number): Promise<Stranger> {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
    const stranger = new Stranger(socket);
    await once(socket, 'connect');
    return stranger;
  }

  write(bytes: Uint8Array | string): void {
    this.socket.write(bytes);
  }

  /** The next frame; undefined when the far end ends before one is complete. */
  async hear(): Promise<Heard | undefined> {
    for (;;) {
      const rest = this.received.subarray(this.#offset);
      const length = rest.length < PREFIX ? Infinity : PREFIX + rest.readUInt32LE(20);
      if (rest.length >= length) {
        this.#offset += length;
        return { version: rest[2]!, kind: rest[3]!, payload: rest.subarray(PREFIX, length) };
      }
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  async greet(dialler: Buffer = randomBytes(32)): Promise<Challenge> {
    this.write(frame(FrameKind.greet, dialler));
    const heard = await this.hear();
    if (heard?.kind !== FrameKind.challenge || heard.payload.length !== 64)
      throw new Error(`no challenge but ${JSON.stringify(heard)}`);
    return { dialler, acceptor: heard.payload.subarray(0, 32), proof: heard.payload.subarray(32) };
  }

  /** Introduces himself as somebody who holds `secret`. */
  introduce(challenge: Challenge, kind: FrameKind, body: Uint8Array, secret: string): void {
    const proof = handshakeProof(secret, 2, challenge, [[kind, body]]);
    this.write(frame(kind, Buffer.concat([body, proof])));
  }

  /** The whole way, up to the answer. */
  static async join(port: number, body: Uint8Array, secret: string): Promise<Stranger> {
    const stranger = await Stranger.dial(port);
    stranger.introduce(await stranger.greet(), FrameKind.join, body, secret);
    return stranger;
  }

  leave(): void {
    this.socket.destroy();
  }
}

/** What a frame `refuse` says, whether or not it ends in a proof. */
export function refusal(heard: Heard | undefined): { code: string; text: string } {
  if (heard?.kind !== FrameKind.refuse) throw new Error(`no refusal but ${JSON.stringify(heard)}`);
  for (const end of [heard.payload.length, heard.payload.length - 32])
    try {
      const { code, text } = gradwirecomm.Refusal.decode(heard.payload.subarray(0, end));
      if (code.startsWith('GRADWIRE_')) return { code, text };
    } catch {
      // A proof is no part of the message.
    }
  throw new Error('an illegible refusal');
}
