/** The dialling side of a greeting: send one frame, wait for the answer. */
import { FrameError, RendezvousError, type RendezvousErrorCode } from '../../proto/comm-errors.ts';
import { DEFAULT_FRAME_LIMITS, FrameKind, type FrameHeader } from '../../proto/frame.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';
import { Connection } from '../transport/connection.ts';
import { dial, type DialledPipe, type TcpAddress } from '../transport/tcp.ts';
import { silentEvents } from './greeter.ts';

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
  /** Names the far end, for messages. */
  readonly who: string;
}

/** Turns a dialled connection away without a word. */
function drop(connection: Connection): void {
  connection.events = silentEvents(() => connection.pipe.destroy());
  connection.pipe.destroy();
}

/**
 * Dials, introduces this rank and waits for the answer.
 * @param prepare is told the local address of the connection
 * @throws RendezvousError when refused; the socket's error when nobody listens
 */
export async function introduce<T>(
  address: TcpAddress,
  prepare: (localAddress: string) => Promise<Introduction<T>>,
  signal: AbortSignal,
): Promise<T> {
  const inbox = new Inbox();
  const connection = await dial(address, (pipe) => inbox.open(pipe), signal);
  const giveUp = (): void => inbox.fail(toError(signal.reason));
  signal.addEventListener('abort', giveUp);
  try {
    const words = await prepare(inbox.localAddress);
    connection.send({ kind: words.kind }, words.body);
    return await inbox.answer(words);
  } catch (error) {
    drop(connection);
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** Waits for the one frame that answers. */
class Inbox {
  localAddress = '';
  #connection: Connection | undefined;
  #error: Error | undefined;
  #reject: ((error: Error) => void) | undefined;
  #take: ((header: FrameHeader, body: Uint8Array) => void) | undefined;

  open(pipe: DialledPipe): Connection {
    this.localAddress = pipe.localAddress ?? '';
    this.#connection = new Connection(
      pipe,
      {
        destination: (header) => new Uint8Array(header.length),
        frame: (header, body) => this.#frame(header, body),
        broken: (error) => this.fail(error),
        ended: (cause) => this.fail(cause ?? new Error('it closed the connection')),
        closed: () => {},
      },
      { limits: DEFAULT_FRAME_LIMITS },
    );
    return this.#connection;
  }

  fail(error: Error): void {
    this.#error ??= error;
    this.#reject?.(this.#error);
  }

  #frame(header: FrameHeader, body: Uint8Array): void {
    if (this.#take === undefined) this.fail(new Error('it spoke before it was asked'));
    else this.#take(header, body);
  }

  async answer<T>(words: Introduction<T>): Promise<T> {
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#reject = reject;
        if (this.#error !== undefined) reject(this.#error);
        this.#take = (header, body) => {
          if (header.kind === words.answer) resolve(words.accepted(this.#connection!, body));
          else if (header.kind === FrameKind.refuse) reject(refusalOf(words.who, body));
          else reject(new Error(`it answered with a frame of kind ${header.kind}`));
        };
      });
    } catch (error) {
      throw explain(words.who, toError(error));
    }
  }
}

function refusalOf(who: string, body: Uint8Array): RendezvousError {
  const { code, text, missing } = gradwirecomm.Refusal.decode(body);
  const known = /^GRADWIRE_RENDEZVOUS_[A-Z_]+$/.test(code) ? code : 'GRADWIRE_RENDEZVOUS_REFUSED';
  return new RendezvousError(
    known as RendezvousErrorCode,
    `${who} refused: ${text.slice(0, 2000)}`,
    {
      missing,
    },
  );
}

function explain(who: string, error: Error): Error {
  if (error instanceof RendezvousError) return error;
  const code =
    error instanceof FrameError && error.code === 'GRADWIRE_FRAME_VERSION'
      ? 'GRADWIRE_RENDEZVOUS_VERSION'
      : 'GRADWIRE_RENDEZVOUS_REFUSED';
  return new RendezvousError(code, `${who} did not let this rank in: ${error.message}`, {
    cause: error,
  });
}

export function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
