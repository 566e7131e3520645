/**
 * The door of a rank: a listening socket that lets nobody in who does not greet properly.
 *
 * A connection has `GREETING_MS` to send one small `join` or `hello` frame; until then at most
 * `MAX_WAITING` connections are kept. Anything else is turned away and logged once an address,
 * and nothing of it reaches the job.
 */
import { ProtocolError, type FrameError } from '../../proto/comm-errors.ts';
import { FrameKind, type FrameHeader } from '../../proto/frame.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';
import { Connection, type ConnectionEvents } from '../transport/connection.ts';
import { log } from '../transport/log.ts';
import type { Pipe } from '../transport/pipe.ts';
import { listen, type Listener, type TcpAddress } from '../transport/tcp.ts';

/** Time for the first frame, milliseconds. */
const GREETING_MS = 5000;
/** Time for a refusal to be read, milliseconds. */
const REFUSAL_MS = 1000;
/** Connections that have not greeted yet. */
const MAX_WAITING = 256;
const GREETING_LIMITS = { data: 0, control: 4096 };
/** Addresses remembered as logged. */
const MAX_LOGGED = 100;
/** Connections remembered as turned away. */
const MAX_NOTED = 10;

/** A connection whose first frame has arrived. Its events must be set before anything else does. */
export interface Greeting {
  readonly connection: Connection;
  readonly kind: typeof FrameKind.join | typeof FrameKind.hello;
  readonly body: Uint8Array;
}

export class Greeter {
  #listener: Listener | undefined;
  #take: ((greeting: Greeting) => void) | undefined;
  readonly #early: Greeting[] = [];
  readonly #waiting: Set<Pipe> = new Set();
  readonly #logged: Set<string> = new Set();
  /** Who was turned away and why, the first few. */
  readonly turnedAway: string[] = [];

  private constructor() {}

  /** @throws the server's error, for instance EADDRINUSE */
  static async listen(address: TcpAddress): Promise<Greeter> {
    const greeter = new Greeter();
    greeter.#listener = await listen(address, (pipe) => greeter.#accept(pipe));
    return greeter;
  }

  get address(): TcpAddress {
    return this.#listener!.address;
  }

  /** Hands over those who have greeted, and from now on everyone who does. */
  takeGreetings(take: (greeting: Greeting) => void): void {
    this.#take = take;
    for (const greeting of this.#early.splice(0)) take(greeting);
  }

  /** Stops listening and drops everyone who has not been handed over. */
  close(): void {
    this.#listener!.close();
    for (const pipe of this.#waiting) pipe.destroy();
    for (const { connection } of this.#early.splice(0)) connection.pipe.destroy();
  }

  /** Tells a connection why it is not let in, and ends it. */
  refuse(connection: Connection, code: string, text: string, missing: number[] = []): void {
    this.#note(connection.pipe.remote, text);
    const refusal = gradwirecomm.Refusal.encode({ code, text, missing }).finish();
    connection.send({ kind: FrameKind.refuse }, refusal);
    connection.pipe.end();
    const timer = setTimeout(() => connection.pipe.destroy(), REFUSAL_MS);
    connection.events = {
      ...silentEvents(() => connection.pipe.destroy()),
      closed: () => {
        clearTimeout(timer);
        this.#waiting.delete(connection.pipe);
      },
    };
  }

  #accept(pipe: Pipe): void {
    if (this.#waiting.size >= MAX_WAITING) {
      pipe.start(deafReader);
      pipe.destroy();
      return;
    }
    this.#waiting.add(pipe);
    const dismiss = (reason: string): void => {
      this.#note(pipe.remote, reason);
      pipe.destroy();
    };
    const timer = setTimeout(() => dismiss(`no greeting within ${GREETING_MS} ms`), GREETING_MS);
    const settle = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(pipe);
    };
    const connection: Connection = new Connection(
      pipe,
      {
        destination: (header) => new Uint8Array(header.length),
        frame: (header, body) => {
          if (header.kind !== FrameKind.join && header.kind !== FrameKind.hello)
            throw new ProtocolError(`its first frame is of kind ${header.kind}`);
          settle();
          this.#welcome({ connection, kind: header.kind, body });
        },
        broken: (error) => {
          const { code } = error as Partial<FrameError>;
          if (code !== 'GRADWIRE_FRAME_VERSION') dismiss(error.message);
          // One of us after all: our version in the answer tells it what is wrong.
          else this.refuse(connection, 'GRADWIRE_RENDEZVOUS_VERSION', error.message);
        },
        ended: () => pipe.destroy(),
        closed: settle,
      },
      { limits: GREETING_LIMITS },
    );
  }

  #welcome(greeting: Greeting): void {
    const { connection } = greeting;
    // Until somebody takes over, a connection that says more or ends is dropped.
    connection.events = silentEvents(() => connection.pipe.destroy());
    if (this.#take !== undefined) this.#take(greeting);
    else if (this.#early.length < MAX_WAITING) this.#early.push(greeting);
    else connection.pipe.destroy();
  }

  #note(remote: string, reason: string): void {
    if (this.turnedAway.length < MAX_NOTED) this.turnedAway.push(`${remote}: ${reason}`);
    const host = remote.slice(0, remote.lastIndexOf(':'));
    if (this.#logged.has(host) || this.#logged.size >= MAX_LOGGED) return;
    this.#logged.add(host);
    const { host: own, port } = this.address;
    log('warn', `turned a connection from ${remote} to ${own}:${port} away: ${reason}`);
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

const deafBuffer = new Uint8Array(1024);
const deafReader = {
  nextBuffer: () => deafBuffer,
  advance: () => {},
  push: () => {},
  ended: () => {},
  closed: () => {},
};
