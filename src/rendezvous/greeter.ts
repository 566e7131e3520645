/**
 * The door of a rank: a listening socket that lets nobody in who does not hold the secret.
 *
 * A connection has `GREETING_MS` to prove itself; until then at most `MAX_WAITING` are kept, and where one
 * too many comes, the one that has waited longest goes. Whoever is turned away is logged once
 * an address and reason, and nothing of it reaches the job. Before the door is opened (`open`)
 * connections are kept, and not read from.
 */
import type { KeyObject } from 'node:crypto';
import { FrameKind } from '../../proto/frame.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';
import { log, type LogLevel } from '../transport/log.ts';
import {
  listen,
  type Caller,
  type Listener,
  type SocketPipe,
  type TcpAddress,
} from '../transport/tcp.ts';
import type { TlsIdentity } from '../transport/tls.ts';
import { admit, silentEvents, type Greeting } from './admission.ts';

/** Time to prove oneself, milliseconds. */
const GREETING_MS = 5000;
/** Time for a refusal to be read, milliseconds. */
const REFUSAL_MS = 1000;
/** Connections that have not proved themselves yet. */
const MAX_WAITING = 256;
/** Addresses and reasons remembered as logged. */
const MAX_LOGGED = 100;
/** Connections remembered as turned away. */
const MAX_NOTED = 10;

/** Who is let in, and to whom. */
export interface Door {
  /** What proofs are checked against. */
  readonly key: KeyObject;
  /** Where given, connections must be TLS. */
  readonly tls?: TlsIdentity | undefined;
  /** Takes over a connection that has proved itself. */
  readonly take: (greeting: Greeting) => void;
}

/** A connection on its way in. */
interface Visitor {
  readonly caller: Caller;
  timer: NodeJS.Timeout | undefined;
  /** It has been turned away and may read why. */
  refused: boolean;
}

export class Greeter {
  #listener: Listener | undefined;
  #door: Door | undefined;
  /** Oldest first. */
  readonly #waiting: Set<Visitor> = new Set();
  readonly #logged: Set<string> = new Set();
  /** Who was turned away and why, the first few. */
  readonly turnedAway: string[] = [];

  private constructor() {}

  /** @throws the server's error, for instance EADDRINUSE */
  static async listen(address: TcpAddress): Promise<Greeter> {
    const greeter = new Greeter();
    greeter.#listener = await listen(address, (caller) => greeter.#accept(caller));
    return greeter;
  }

  get address(): TcpAddress {
    return this.#listener!.address;
  }

  /** From now on connections are heard, those that came before first. */
  open(door: Door): void {
    this.#door = door;
    for (const visitor of this.#waiting) this.#hear(visitor, door);
  }

  /** Stops listening and drops everyone who has not been handed over. */
  close(): void {
    this.#listener!.close();
    for (const visitor of this.#waiting) this.#drop(visitor);
  }

  /** Tells a connection that has proved itself why it is not let in all the same, and ends it. */
  refuse(greeting: Greeting, code: string, text: string, missing: number[] = []): void {
    const { pipe } = greeting.connection;
    this.#note(pipe.remote, text);
    greeting.answer(
      FrameKind.refuse,
      gradwirecomm.Refusal.encode({ code, text, missing }).finish(),
    );
    pipe.end();
    const timer = setTimeout(() => pipe.destroy(), REFUSAL_MS);
    greeting.connection.events = {
      ...silentEvents(() => pipe.destroy()),
      closed: () => clearTimeout(timer),
    };
  }

  #accept(caller: Caller): void {
    if (this.#waiting.size >= MAX_WAITING) this.#makeRoom();
    const visitor: Visitor = { caller, timer: undefined, refused: false };
    this.#waiting.add(visitor);
    if (this.#door !== undefined) this.#hear(visitor, this.#door);
  }

  /** A rank proves itself within moments, so who has waited longest is the least likely to be one. */
  #makeRoom(): void {
    const [oldest] = this.#waiting;
    if (oldest === undefined) return;
    if (oldest.refused) this.#drop(oldest);
    else this.#turnAway(oldest, `more than ${MAX_WAITING} connections had not proved themselves`);
  }

  #hear(visitor: Visitor, door: Door): void {
    visitor.timer = setTimeout(
      () => this.#turnAway(visitor, `it did not prove itself within ${GREETING_MS} ms`),
      GREETING_MS,
    );
    visitor.caller.answer(
      (pipe) => this.#examine(visitor, pipe, door),
      door.tls,
      (error) => {
        if (this.#waiting.has(visitor)) this.#turnAway(visitor, error.message);
      },
    );
  }

  #examine(visitor: Visitor, pipe: SocketPipe, door: Door): void {
    const { caller } = visitor;
    admit(pipe, door.key, {
      admitted: (greeting) => {
        this.#forget(visitor);
        door.take(greeting);
      },
      refused: (reason) => {
        this.#note(caller.remote, reason);
        visitor.refused = true;
        clearTimeout(visitor.timer);
        visitor.timer = setTimeout(() => this.#drop(visitor), REFUSAL_MS);
      },
      left: (spoke) => {
        // Dropped by us, and the reason told.
        if (!this.#waiting.has(visitor)) return;
        // One that says nothing at all only looked whether somebody listens.
        if (spoke) this.#note(caller.remote, 'it left before it proved that it holds the secret');
        else this.#note(caller.remote, 'it left without a greeting', 'info');
        this.#drop(visitor);
      },
      closed: () => this.#forget(visitor),
    });
  }

  #turnAway(visitor: Visitor, reason: string): void {
    this.#note(visitor.caller.remote, reason);
    this.#drop(visitor);
  }

  #drop(visitor: Visitor): void {
    this.#forget(visitor);
    visitor.caller.destroy();
  }

  #forget(visitor: Visitor): void {
    clearTimeout(visitor.timer);
    this.#waiting.delete(visitor);
  }

  #note(remote: string, reason: string, level: LogLevel = 'warn'): void {
    if (this.turnedAway.length < MAX_NOTED) this.turnedAway.push(`${remote}: ${reason}`);
    const host = remote.slice(0, remote.lastIndexOf(':'));
    const entry = `${host}: ${reason}`;
    if (this.#logged.has(entry) || this.#logged.size >= MAX_LOGGED) return;
    this.#logged.add(entry);
    const { host: own, port } = this.address;
    log(level, `turned a connection from ${remote} to ${own}:${port} away: ${reason}`);
  }
}
