/** Error classes of the communicator, its transports and the meeting of the ranks. */
import { GradwireError, type ErrorCode } from './errors.ts';

/** Why a frame was refused. */
export type FrameErrorCode =
  | 'GRADWIRE_FRAME_MAGIC'
  | 'GRADWIRE_FRAME_TLS'
  | 'GRADWIRE_FRAME_VERSION'
  | 'GRADWIRE_FRAME_HEADER'
  | 'GRADWIRE_FRAME_KIND'
  | 'GRADWIRE_FRAME_LENGTH'
  | 'GRADWIRE_FRAME_CHECKSUM';

/** Bytes that are not a frame of this format version. Nothing was allocated for them. */
export class FrameError extends GradwireError {
  declare readonly code: FrameErrorCode;

  constructor(code: FrameErrorCode, message: string) {
    super(code, message);
  }
}

/** A well-formed frame that its sender had no right to send. */
export class ProtocolError extends GradwireError {
  constructor(message: string, options?: ErrorOptions) {
    super('GRADWIRE_PROTOCOL', message, options);
  }
}

/** The ranks called different collectives, or the same one with different lengths. */
export class CollectiveMismatchError extends GradwireError {
  /** The peer whose call does not fit this rank's. */
  readonly rank: number;

  constructor(rank: number, message: string) {
    super('GRADWIRE_COLLECTIVE_MISMATCH', message);
    this.rank = rank;
  }
}

/** A message that does not fit the buffer it was to be received into. */
export class MessageTooLongError extends GradwireError {
  /** The sender. */
  readonly rank: number;
  /** Bytes of the message, and the most that was allowed. */
  readonly length: number;
  readonly limit: number;

  constructor(rank: number, length: number, limit: number) {
    super(
      'GRADWIRE_MESSAGE_TOO_LONG',
      `rank ${rank} sent a message of ${length} bytes where at most ${limit} bytes were allowed`,
    );
    this.rank = rank;
    this.length = length;
    this.limit = limit;
  }
}

function during(operation: string | undefined): string {
  return operation === undefined ? '' : ` during ${operation}`;
}

/** The connection to a peer broke, or the peer left while it was still needed. */
export class PeerLostError extends GradwireError {
  readonly rank: number;
  /** Name and number of the operation that was under way here, if any. */
  readonly operation: string | undefined;

  constructor(rank: number, cause: unknown, operation?: string) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super('GRADWIRE_PEER_LOST', `lost rank ${rank}${during(operation)}: ${reason}`, { cause });
    this.rank = rank;
    this.operation = operation;
  }
}

/** An operation did not end before its deadline. */
export class CollectiveTimeoutError extends GradwireError {
  /** Ranks that did not do their part, as far as the ranks that did can tell. */
  readonly waitingFor: readonly number[];
  /** Name and number of the operation. */
  readonly operation: string;

  constructor(waitingFor: readonly number[], operation: string, details: string) {
    const ranks = `${waitingFor.length === 1 ? 'rank' : 'ranks'} ${waitingFor.join(', ')}`;
    super('GRADWIRE_COLLECTIVE_TIMEOUT', `${operation} ${details}; waiting for ${ranks}`);
    this.waitingFor = waitingFor;
    this.operation = operation;
  }
}

/** Another rank failed and ended the job. `code` is the code of that rank's error. */
export class RemoteAbortError extends GradwireError {
  /** The rank where the error arose. */
  readonly rank: number;
  /** Name and number of the operation it arose in, if any. */
  readonly operation: string | undefined;

  constructor(rank: number, code: ErrorCode, text: string, operation?: string) {
    super(code, `rank ${rank} aborted${during(operation)}: ${text} (${code})`);
    this.rank = rank;
    this.operation = operation;
  }
}

/** The other ranks have gone on without this one: it was silent, or out of their reach, for too long. */
export class EvictedError extends GradwireError {
  /** Ranks that went on, as they were numbered before; empty where this rank has not heard who. */
  readonly survivors: readonly number[];

  constructor(rank: number, survivors: readonly number[]) {
    const who = survivors.length === 0 ? 'the others' : `ranks ${survivors.join(', ')}`;
    super('GRADWIRE_EVICTED', `rank ${rank} was evicted: ${who} went on without it`);
    this.survivors = survivors;
  }
}

/** `shrink()` was called where there is nothing to shrink. */
export class ShrinkUnavailableError extends GradwireError {
  constructor(why: string) {
    super('GRADWIRE_SHRINK_UNAVAILABLE', `shrink() is not possible: ${why}`);
  }
}

/** An operation was given up through its AbortSignal; that ends the job on all ranks. */
export class OperationAbortedError extends GradwireError {
  /** Name and number of the operation. */
  readonly operation: string;

  constructor(operation: string, reason: unknown) {
    const text = reason instanceof Error ? reason.message : String(reason);
    super('GRADWIRE_OPERATION_ABORTED', `${operation} was given up by its signal: ${text}`, {
      cause: reason,
    });
    this.operation = operation;
  }
}

/** Ranks that were to hold the same state hold another one. */
export class StateMismatchError extends GradwireError {
  /** Where the state came from. */
  readonly root: number;
  /** Ranks whose bytes differ from it, ascending. */
  readonly ranks: readonly number[];

  constructor(root: number, ranks: readonly number[]) {
    super(
      'GRADWIRE_STATE_MISMATCH',
      `${ranks.length === 1 ? 'rank' : 'ranks'} ${ranks.join(', ')} ` +
        `${ranks.length === 1 ? 'holds' : 'hold'} another state than rank ${root} has sent`,
    );
    this.root = root;
    this.ranks = ranks;
  }
}

/** Code of `RegroupingError`, as other ranks hear it. */
export const REGROUPING_CODE = 'GRADWIRE_REGROUPING';

/** The ranks let new processes in; this communicator has a successor. */
export class RegroupingError extends GradwireError {
  constructor() {
    super(REGROUPING_CODE, 'the ranks let new processes in; go on with what admit() returns');
  }
}

/** The communicator has been closed on this rank. */
export class CommunicatorClosedError extends GradwireError {
  constructor(what: string) {
    super('GRADWIRE_COMMUNICATOR_CLOSED', `${what}: this communicator is closed`);
  }
}

/** A buffer was passed that an operation under way still reads or writes. Nothing was sent. */
export class BufferInUseError extends GradwireError {
  /** The argument. */
  readonly title: string;
  /** Name and number of the operation it belongs to. */
  readonly operation: string;

  constructor(title: string, operation: string) {
    super(
      'GRADWIRE_BUFFER_IN_USE',
      `"${title}" overlaps a buffer that belongs to ${operation} until that has ended`,
    );
    this.title = title;
    this.operation = operation;
  }
}

/** Why the ranks did not find each other. */
export type RendezvousErrorCode =
  | 'GRADWIRE_RENDEZVOUS_TIMEOUT'
  | 'GRADWIRE_RENDEZVOUS_REFUSED'
  | 'GRADWIRE_RENDEZVOUS_DUPLICATE_RANK'
  | 'GRADWIRE_RENDEZVOUS_SIZE'
  | 'GRADWIRE_RENDEZVOUS_JOB'
  | 'GRADWIRE_RENDEZVOUS_VERSION'
  | 'GRADWIRE_RENDEZVOUS_ADDRESS'
  | 'GRADWIRE_RENDEZVOUS_EPOCH'
  | 'GRADWIRE_RENDEZVOUS_SECRET'
  | 'GRADWIRE_RENDEZVOUS_TLS'
  | 'GRADWIRE_RENDEZVOUS_ABORTED'
  | 'GRADWIRE_RENDEZVOUS_BUSY';

/** The ranks of a job did not find each other. */
export class RendezvousError extends GradwireError {
  declare readonly code: RendezvousErrorCode;
  /** Ranks that did not arrive, as far as this rank can tell. */
  readonly missing: readonly number[];

  constructor(
    code: RendezvousErrorCode,
    message: string,
    options?: ErrorOptions & { readonly missing?: readonly number[] },
  ) {
    super(code, message, options);
    this.missing = options?.missing ?? [];
  }
}

/** The port rank 0 was to listen on is taken. */
export class PortInUseError extends GradwireError {
  readonly host: string;
  readonly port: number;

  constructor(host: string, port: number, options?: ErrorOptions) {
    super(
      'GRADWIRE_PORT_IN_USE',
      `rank 0 cannot listen on ${host}:${port}: the port is in use; ` +
        `end the other program or choose another master port`,
      options,
    );
    this.host = host;
    this.port = port;
  }
}

/** Rank, size or master address from options and environment are missing or contradict. */
export class LauncherError extends GradwireError {
  constructor(message: string) {
    super('GRADWIRE_LAUNCHER', message);
  }
}

/** The secret of a job is missing where one is needed, too short, or kept where others can read it. */
export class SecretError extends GradwireError {
  constructor(message: string, options?: ErrorOptions) {
    super('GRADWIRE_SECRET', message, options);
  }
}

/** Certificate, key or authority cannot be used, or a TLS handshake failed. */
export class TlsError extends GradwireError {
  constructor(message: string, options?: ErrorOptions) {
    super('GRADWIRE_TLS', message, options);
  }
}

/**
 * A `…Sync` form was called where nothing could make progress while it waits: the connections belong to the
 * calling thread, or the call needs the caller's functions.
 */
export class SyncUnavailableError extends GradwireError {
  constructor(method: string, why: string) {
    super('GRADWIRE_SYNC_UNAVAILABLE', `${method} cannot wait here: ${why}`);
  }
}

/** The communication worker of this rank has ended by itself; the job is over on this rank. */
export class WorkerLostError extends GradwireError {
  constructor(details: string, options?: ErrorOptions) {
    super('GRADWIRE_WORKER_LOST', `the communication worker has ended: ${details}`, options);
  }
}
