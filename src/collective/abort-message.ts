/** What ranks tell each other when one of them has failed. */
import {
  CollectiveTimeoutError,
  PeerLostError,
  ProtocolError,
  RemoteAbortError,
} from '../../proto/comm-errors.ts';
import { isGradwireError, type ErrorCode } from '../../proto/errors.ts';
import { gradwirecomm } from '../../proto/generated/comm.js';

/** A decoded and checked abort message. */
export interface AbortMessage {
  readonly code: ErrorCode;
  readonly text: string;
  /** The rank where the error arose. */
  readonly origin: number;
  /** Lost peers, or the ranks a timed-out operation was waiting for. */
  readonly ranks: readonly number[];
  /** The communicator of the operation, and its number there, 0 outside collectives. */
  readonly context: number;
  readonly operation: number;
  /** Its name and number, empty outside any operation. */
  readonly label: string;
  /** The sender was itself inside that operation. */
  readonly inside: boolean;
}

/** Longest text of an error that travels, characters. */
const MAX_TEXT = 2000;
export const TIMEOUT_CODE: ErrorCode = 'GRADWIRE_COLLECTIVE_TIMEOUT';
const LOST_CODE: ErrorCode = 'GRADWIRE_PEER_LOST';
/** Code of errors that are not this library's. */
const FOREIGN_CODE: ErrorCode = 'GRADWIRE_OPERATION_FAILED';

/** How `error` of rank `origin` is told to the others. */
export function abortOf(error: Error, origin: number, label: string): AbortMessage {
  const ranks =
    error instanceof PeerLostError
      ? [error.rank]
      : error instanceof CollectiveTimeoutError
        ? error.waitingFor
        : [];
  return {
    code: isGradwireError(error) ? error.code : FOREIGN_CODE,
    text: error.message,
    origin,
    ranks,
    context: 0,
    operation: 0,
    label,
    inside: label !== '',
  };
}

export function encodeAbort(message: AbortMessage): Uint8Array {
  const { text, label, ranks, ...rest } = message;
  return gradwirecomm.Abort.encode({
    ...rest,
    ranks: [...ranks],
    text: text.slice(0, MAX_TEXT),
    operationName: label,
  }).finish();
}

/** @throws ProtocolError on anything but an abort message */
export function decodeAbort(body: Uint8Array, size: number): AbortMessage {
  let message;
  try {
    message = gradwirecomm.Abort.decode(body);
  } catch (cause) {
    throw new ProtocolError('an abort message is malformed', { cause });
  }
  const { code, text, origin, ranks, context, operation, operationName, inside } = message;
  if (origin >= size || ranks.some((rank) => rank >= size))
    throw new ProtocolError(`an abort message names a rank that is not below ${size}`);
  return {
    code: code.startsWith('GRADWIRE_') ? (code as ErrorCode) : FOREIGN_CODE,
    text: text.slice(0, MAX_TEXT),
    origin,
    ranks,
    context,
    operation,
    label: operationName.slice(0, MAX_TEXT),
    inside,
  };
}

/** The error that rank `self` reports after hearing `message`. Timeouts are settled elsewhere. */
export function errorOf(message: AbortMessage, self: number): PeerLostError | RemoteAbortError {
  const { code, text, origin, ranks } = message;
  const label = message.label === '' ? undefined : message.label;
  const [lost] = ranks;
  if (code === LOST_CODE && lost !== undefined && lost !== self)
    return new PeerLostError(lost, new Error(`rank ${origin} reports: ${text}`), label);
  return new RemoteAbortError(origin, code, text, label);
}
