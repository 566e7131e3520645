/**
 * The accepting side of a handshake, on one connection: what a stranger can reach. Until the far end has
 * proved that it holds the secret, at most 64 + 512 bytes are taken from it, nothing it has sent is
 * parsed, and it is told nothing but a nonce and a proof.
 */
import { randomBytes, type KeyObject } from 'node:crypto';
import { FrameError, ProtocolError } from '../../proto/comm-errors.ts';
import { FrameKind, type FrameHeader } from '../../proto/frame.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';
import {
  joinProof,
  MAX_INTRODUCTION_BYTES,
  NONCE_BYTES,
  type Encounter,
  type Said,
} from '../../proto/handshake.ts';
import { Connection, type ConnectionEvents } from '../transport/connection.ts';
import type { SocketPipe } from '../transport/tcp.ts';
import { prove, seal, unseal } from './proof.ts';

/** A connection whose far end holds the secret. Its events must be set before anything else is done. */
export interface Greeting {
  readonly connection: Connection;
  readonly kind: typeof FrameKind.join | typeof FrameKind.hello;
  readonly body: Uint8Array;
  /** Sends the frame that answers, with a proof. Once. */
  answer(kind: FrameKind, body?: Uint8Array): void;
}

/** Hears what becomes of a connection. */
export interface AdmissionEvents {
  admitted(greeting: Greeting): void;
  /** It is not let in, has been told as much as it may know, and must be dropped. */
  refused(reason: string): void;
  /** It went away before. @param spoke it had said something until then */
  left(spoke: boolean): void;
  closed(): void;
}

const GREET_LIMITS = { data: 0, control: NONCE_BYTES };
const INTRODUCTION_LIMITS = { data: 0, control: MAX_INTRODUCTION_BYTES };
/** What a TLS client understands: fatal alert 70, protocol version. */
const TLS_ALERT = Uint8Array.of(0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46);
const NO_BYTES = new Uint8Array(0);

/** Examines a connection. @returns it, to be left alone until it is admitted */
export function admit(pipe: SocketPipe, key: KeyObject, events: AdmissionEvents): Connection {
  return new Admission(pipe, key, events).connection;
}

class Admission {
  readonly #pipe: SocketPipe;
  readonly #key: KeyObject;
  readonly #events: AdmissionEvents;
  readonly connection: Connection;
  #encounter: Encounter | undefined;

  constructor(pipe: SocketPipe, key: KeyObject, events: AdmissionEvents) {
    this.#pipe = pipe;
    this.#key = key;
    this.#events = events;
    this.connection = new Connection(
      pipe,
      {
        destination: (header) => new Uint8Array(header.length),
        frame: (header, payload) => this.#frame(header, payload),
        broken: (error) => this.#broken(error),
        ended: (cause) => events.left(this.#hasSpoken(cause)),
        closed: () => events.closed(),
      },
      { limits: GREET_LIMITS },
    );
  }

  /** By TLS, by a greeting, or by a part of one. */
  #hasSpoken(cause: Error | undefined): boolean {
    const isSecure = this.#pipe.channelBinding.length > 0;
    return isSecure || this.#encounter !== undefined || cause instanceof ProtocolError;
  }

  #frame({ kind }: FrameHeader, payload: Uint8Array): void {
    if (this.#encounter === undefined) this.#greeted(kind, payload);
    else this.#introduced(this.#encounter, kind, payload);
  }

  #greeted(kind: FrameKind, payload: Uint8Array): void {
    if (kind !== FrameKind.greet || payload.length !== NONCE_BYTES)
      throw new ProtocolError('its first frame is no greeting');
    const acceptor = randomBytes(NONCE_BYTES);
    const encounter = { dialler: payload, acceptor, binding: this.#pipe.channelBinding };
    this.#encounter = encounter;
    this.connection.limits = INTRODUCTION_LIMITS;
    const proof = prove(this.#key, encounter, 'accepting', []);
    this.connection.send({ kind: FrameKind.challenge }, joinProof({ body: acceptor, proof }));
  }

  #introduced(encounter: Encounter, kind: FrameKind, payload: Uint8Array): void {
    if (kind !== FrameKind.join && kind !== FrameKind.hello)
      throw new ProtocolError(`its second frame is of kind ${kind}`);
    const body = unseal(this.#key, encounter, 'dialling', [], { kind, payload });
    if (body === undefined) {
      this.#refuse('GRADWIRE_RENDEZVOUS_SECRET', 'its proof is wrong: it does not hold the secret');
      return;
    }
    const introduction = { kind, body };
    // Until somebody takes over, a connection that says more or ends is dropped.
    this.connection.events = silentEvents(() => this.#pipe.destroy());
    this.#events.admitted({
      connection: this.connection,
      ...introduction,
      answer: (answerKind, answerBody = NO_BYTES) =>
        this.#answer(encounter, introduction, { kind: answerKind, body: answerBody }),
    });
  }

  #answer(encounter: Encounter, introduction: Said, answer: Said): void {
    const payload = seal(this.#key, encounter, 'accepting', [introduction, answer]);
    this.connection.send({ kind: answer.kind }, payload);
  }

  #broken(error: Error): void {
    const code = error instanceof FrameError ? error.code : undefined;
    // One of us after all: our version in the answer tells it what is wrong.
    if (code === 'GRADWIRE_FRAME_VERSION')
      this.#refuse('GRADWIRE_RENDEZVOUS_VERSION', error.message);
    else {
      if (code === 'GRADWIRE_FRAME_TLS') this.#pipe.write([TLS_ALERT]);
      this.#turnAway(error.message);
    }
  }

  /** Without a proof, and without a word about the job. */
  #refuse(code: string, reason: string): void {
    const refusal = gradwirecomm.Refusal.encode({ code }).finish();
    this.connection.send({ kind: FrameKind.refuse }, refusal);
    this.#turnAway(reason);
  }

  #turnAway(reason: string): void {
    this.#pipe.end();
    this.connection.events = {
      ...silentEvents(() => this.#pipe.destroy()),
      closed: () => this.#events.closed(),
    };
    this.#events.refused(reason);
  }
}

/** For a connection that may no longer say anything. */
export function silentEvents(drop: () => void): ConnectionEvents {
  return {
    destination: (header: FrameHeader) => new Uint8Array(header.length),
    frame: drop,
    broken: drop,
    ended: drop,
    closed: () => {},
  };
}
