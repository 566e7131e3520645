/**
 * The dialling side of a handshake (proto/handshake.ts): ask for a challenge, see that the far end holds the
 * secret, introduce this rank, wait for the answer. Nothing about the job is said before.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  FrameError,
  ProtocolError,
  RendezvousError,
  TlsError,
  type RendezvousErrorCode,
} from '../../proto/comm-errors.ts';
import { DEFAULT_FRAME_LIMITS, FrameKind, type FrameHeader } from '../../proto/frame.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';
import {
  CHALLENGE_BYTES,
  NONCE_BYTES,
  splitProof,
  type Encounter,
  type Said,
} from '../../proto/handshake.ts';
import { Connection } from '../transport/connection.ts';
import { dial, type SocketPipe, type TcpAddress } from '../transport/tcp.ts';
import { silentEvents } from './admission.ts';
import type { Credentials } from './credentials.ts';
import { isProved, seal, unseal } from './proof.ts';

/** What to say and whom to believe. */
export interface Introduction<T> {
  readonly kind: FrameKind;
  readonly body: Uint8Array;
  /** The kind of frame that accepts; any other but `refuse` is a breach. */
  readonly answer: FrameKind;
  /**
   * Takes the connection over when the answer is there. Frames may follow in the same read, so the
   * events must be set before it returns.
   */
  accepted(connection: Connection, body: Uint8Array): T;
}

/** Whom to reach, and how. */
export interface Destination {
  readonly address: TcpAddress;
  /** Names the far end, for messages. */
  readonly who: string;
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
}

/** What the far end may send before it has proved itself: a challenge or a short refusal. */
const CHALLENGE_LIMITS = { data: 0, control: 256 };
/** Times a connection is tried that the far end closes without a word, as it does when it is flooded. */
const ATTEMPTS = 8;
/** Pause before the second attempt, milliseconds; doubled before each further one. */
const PAUSE_MS = 25;

/** The far end closed the connection without a word. */
class UnansweredError extends Error {}

/** Nobody can be reached there: the socket's error. */
class AbsenceError extends Error {
  override readonly cause: Error;

  constructor(cause: Error) {
    super(cause.message);
    this.cause = cause;
  }
}

/**
 * Dials, introduces this rank and waits for the answer.
 * @param prepare is told the local address of the connection, once the far end has proved itself
 * @throws RendezvousError when refused, or when the far end is no rank of this job; the socket's error
 * when nobody can be reached; the reason of the signal
 */
export async function introduce<T>(
  destination: Destination,
  prepare: (localAddress: string) => Promise<Introduction<T>>,
): Promise<T> {
  const { signal } = destination;
  for (let attempt = 1; ; attempt++) {
    try {
      return await introduceOnce(destination, prepare);
    } catch (error) {
      if (signal.aborted) throw toError(signal.reason);
      if (!(error instanceof UnansweredError) || attempt === ATTEMPTS)
        throw explain(destination, toError(error));
    }
    // An abort is noticed by the next attempt.
    await sleep(PAUSE_MS * 2 ** (attempt - 1), undefined, { signal }).catch(() => {});
  }
}

async function introduceOnce<T>(
  destination: Destination,
  prepare: (localAddress: string) => Promise<Introduction<T>>,
): Promise<T> {
  const { signal } = destination;
  const conversation = await open(destination);
  const giveUp = (): void => conversation.fail(toError(signal.reason));
  signal.addEventListener('abort', giveUp);
  try {
    await conversation.challenged();
    return await conversation.introduce(await prepare(conversation.localAddress));
  } catch (error) {
    conversation.drop();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

async function open(destination: Destination): Promise<Conversation> {
  const { address, credentials, signal } = destination;
  try {
    return await dial(
      address,
      (pipe) => new Conversation(pipe, destination),
      signal,
      credentials.tls,
    );
  } catch (error) {
    if (!(error instanceof TlsError)) throw new AbsenceError(toError(error));
    // Whoever goes away in the middle may be too busy, or not know TLS.
    const { code } = error.cause as NodeJS.ErrnoException;
    const isReset = code === undefined || code === 'ECONNRESET' || code === 'EPIPE';
    throw isReset ? new UnansweredError(error.message, { cause: error }) : error;
  }
}

/** One handshake: waits for one frame after the other. */
export class Conversation {
  readonly localAddress: string;
  readonly #connection: Connection;
  readonly #credentials: Credentials;
  readonly #who: string;
  readonly #binding: Uint8Array;
  readonly #nonce: Uint8Array = randomBytes(NONCE_BYTES);
  #encounter: Encounter | undefined;
  #error: Error | undefined;
  #reject: ((error: Error) => void) | undefined;
  #take: ((header: FrameHeader, payload: Uint8Array) => void) | undefined;

  constructor(pipe: SocketPipe, { credentials, who }: Pick<Destination, 'credentials' | 'who'>) {
    this.#credentials = credentials;
    this.#who = who;
    this.localAddress = pipe.localAddress ?? '';
    this.#binding = pipe.channelBinding;
    this.#connection = new Connection(
      pipe,
      {
        destination: (header) => new Uint8Array(header.length),
        frame: (header, payload) => this.#frame(header, payload),
        broken: (error) => this.fail(error),
        ended: (cause) => this.fail(this.#endOf(cause)),
        closed: () => {},
      },
      { limits: CHALLENGE_LIMITS },
    );
  }

  fail(error: Error): void {
    this.#error ??= error;
    this.#reject?.(this.#error);
  }

  /** Turns the connection away without a word. */
  drop(): void {
    this.#connection.events = silentEvents(() => this.#connection.pipe.destroy());
    this.#connection.pipe.destroy();
  }

  /** Greets. Resolves once the far end has proved that it holds the secret. */
  challenged(): Promise<void> {
    const answer = this.#next((kind, payload) => this.#readChallenge(kind, payload));
    this.#connection.send({ kind: FrameKind.greet }, this.#nonce);
    return answer;
  }

  /** Introduces this rank. Resolves with what `accepted` made of the answer. */
  introduce<T>(words: Introduction<T>): Promise<T> {
    const encounter = this.#encounter!;
    const { kind, body } = words;
    const introduction = { kind, body };
    const answer = this.#next((answerKind, payload) =>
      this.#readAnswer(words, introduction, answerKind, payload),
    );
    this.#connection.limits = DEFAULT_FRAME_LIMITS;
    this.#connection.send(
      { kind },
      seal(this.#credentials.key, encounter, 'dialling', [introduction]),
    );
    return answer;
  }

  #readChallenge(kind: FrameKind, payload: Uint8Array): void {
    if (kind === FrameKind.refuse) throw strangersRefusal(this.#who, payload);
    const proved = splitProof(payload);
    if (kind !== FrameKind.challenge || payload.length !== CHALLENGE_BYTES || proved === undefined)
      throw new ProtocolError(`it answered a greeting with a frame of kind ${kind}`);
    const encounter = { dialler: this.#nonce, acceptor: proved.body, binding: this.#binding };
    const { key, source } = this.#credentials;
    if (!isProved(key, encounter, 'accepting', [], proved.proof))
      throw anotherSecret(this.#who, source);
    this.#encounter = encounter;
  }

  #readAnswer<T>(
    words: Introduction<T>,
    introduction: Said,
    kind: FrameKind,
    payload: Uint8Array,
  ): T {
    const said = { kind, payload };
    const body = unseal(this.#credentials.key, this.#encounter!, 'accepting', [introduction], said);
    if (body === undefined)
      throw kind === FrameKind.refuse
        ? strangersRefusal(this.#who, payload)
        : new ProtocolError('its answer has a wrong proof');
    if (kind === FrameKind.refuse) throw refusalOf(this.#who, body);
    if (kind !== words.answer) throw new ProtocolError(`it answered with a frame of kind ${kind}`);
    return words.accepted(this.#connection, body);
  }

  /** What `read` makes of the next frame, which it is given as soon as it is there. */
  #next<T>(read: (kind: FrameKind, payload: Uint8Array) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#reject = reject;
      if (this.#error !== undefined) reject(this.#error);
      this.#take = ({ kind }, payload) => {
        this.#take = undefined;
        resolve(read(kind, payload));
      };
    });
  }

  #frame(header: FrameHeader, payload: Uint8Array): void {
    if (this.#take === undefined) throw new ProtocolError('it spoke before it was asked');
    this.#take(header, payload);
  }

  /** An end before the far end has said anything is told apart: it may have been too busy. */
  #endOf(cause: Error | undefined): Error {
    if (cause instanceof ProtocolError) return cause;
    if (this.#encounter === undefined)
      return new UnansweredError('it closed the connection', { cause });
    return cause ?? new Error('it closed the connection');
  }
}

function anotherSecret(who: string, source: string): RendezvousError {
  return new RendezvousError(
    'GRADWIRE_RENDEZVOUS_SECRET',
    `${who} does not hold the secret of this rank (${source}); check that all ranks are given the same ` +
      `by GRADWIRE_SECRET, GRADWIRE_SECRET_FILE or an option, and that no other job meets there`,
  );
}

/**
 * Of somebody who has not proved anything nothing is parsed: his refusal is one of the two that may be
 * said without a proof, byte for byte, or none.
 */
function strangersRefusal(who: string, payload: Uint8Array): Error {
  const says = (code: string): boolean =>
    Buffer.compare(gradwirecomm.Refusal.encode({ code }).finish(), payload) === 0;
  if (says('GRADWIRE_RENDEZVOUS_VERSION'))
    return new RendezvousError(
      'GRADWIRE_RENDEZVOUS_VERSION',
      `${who} speaks another version of the handshake`,
    );
  if (says('GRADWIRE_RENDEZVOUS_SECRET'))
    return new RendezvousError(
      'GRADWIRE_RENDEZVOUS_SECRET',
      `${who} says that this rank does not hold its secret, and yet has proved that it knows it: ` +
        `something stands between the two`,
    );
  return new ProtocolError('it refused without a proof');
}

function refusalOf(who: string, body: Uint8Array): RendezvousError {
  const { code, text, missing } = gradwirecomm.Refusal.decode(body);
  const known = /^GRADWIRE_RENDEZVOUS_[A-Z_]+$/.test(code) ? code : 'GRADWIRE_RENDEZVOUS_REFUSED';
  return new RendezvousError(
    known as RendezvousErrorCode,
    `${who} refused: ${text.slice(0, 2000)}`,
    { missing },
  );
}

/** Tells what came of an attempt in the words of this rank's caller. */
function explain({ who, credentials }: Destination, error: Error): Error {
  if (error instanceof AbsenceError) return error.cause;
  if (error instanceof RendezvousError) return error;
  const options = { cause: error };
  if (error instanceof UnansweredError)
    return new RendezvousError(
      'GRADWIRE_RENDEZVOUS_REFUSED',
      `${who} did not let this rank in: it closed ${ATTEMPTS} connections without a word; ` +
        (credentials.tls === undefined
          ? 'does it expect TLS?'
          : 'does it use TLS, with an authority that has signed the certificate of this rank?'),
      options,
    );
  return new RendezvousError(
    codeOf(error),
    `${who} did not let this rank in: ${error.message}`,
    options,
  );
}

function codeOf(error: Error): RendezvousErrorCode {
  if (error instanceof TlsError) return 'GRADWIRE_RENDEZVOUS_TLS';
  if (error instanceof FrameError && error.code === 'GRADWIRE_FRAME_TLS')
    return 'GRADWIRE_RENDEZVOUS_TLS';
  if (error instanceof FrameError && error.code === 'GRADWIRE_FRAME_VERSION')
    return 'GRADWIRE_RENDEZVOUS_VERSION';
  return 'GRADWIRE_RENDEZVOUS_REFUSED';
}

export function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Nobody listens there yet, or has just stopped to. */
export function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return (
    code === 'ECONNREFUSED' ||
    code === 'ECONNRESET' ||
    code === 'EHOSTUNREACH' ||
    code === 'ENETUNREACH' ||
    code === 'ENOTFOUND' ||
    code === 'EAI_AGAIN'
  );
}
