/** How the survivors of a failure get new connections; each transport has its own way. */
import type { TcpAddress } from '../transport/tcp.ts';
import type { Transport } from '../transport/transport.ts';
import type { Decision } from './regroup.ts';

/** Connections that are not there yet. */
export interface Succession {
  /** Its handler must be set before `connect` is called. */
  readonly transport: Transport;
  /** For the next failure. */
  readonly reconnection: Reconnection;
  /** Resolves once all connections stand, those with peers that are lost meanwhile apart. Never rejects. */
  connect(): Promise<void>;
}

/** A rank that listens for the other survivors. */
export interface Door {
  readonly address: TcpAddress;
  /** @param rank the new one */
  enter(decision: Decision, rank: number): Succession;
  close(): void;
}

export interface Reconnection {
  open(): Promise<Door>;
  /** Where new processes knock; absent where none can come. */
  readonly lookout?: Lookout;
}

/** Keeps those that want to be let in waiting. Only one rank's is open, that of rank 0. */
export interface Lookout {
  /** Looks, from now on. @returns how many wait */
  look(): Promise<number>;
  /** Where those listen that wait. */
  offer(): readonly TcpAddress[];
  /** Lets in whom a decision counts in of those last offered. @param epoch of the group that begins */
  welcome(decision: Decision, epoch: number): void;
  close(): void;
}
