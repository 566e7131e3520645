/**
 * The payload container: an 8-byte prelude and a protobuf header, padded to a multiple of 16, then
 * the codec's raw body. The normative description is `proto/README.md`.
 *
 *   0  'G' 'W'   magic
 *   2  u8        format version
 *   3  u8        header length in units of 16 bytes, prelude and padding included
 *   4  u16       length of the protobuf message in bytes
 *   6  u16       zero
 *   8  message, then zero padding; the body starts at 16 × byte 3
 */
import { laneChecksum, type Checksum } from './checksum.ts';
import { PayloadError } from './errors.ts';
import { gradwire } from './generated/gradwire.js';
import { FORMAT_VERSION } from './ids.ts';

const MAGIC_0 = 0x47;
const MAGIC_1 = 0x57;
const PRELUDE_BYTES = 8;
const MAX_HEADER_BYTES = 255 * 16;

/** 64-bit key of a random stream, as two unsigned halves. */
export interface StreamKey {
  readonly low: number;
  readonly high: number;
}

/** Header of a payload, checked. Lengths: `length` in elements, the others in bytes. */
export interface PayloadHeader {
  readonly version: number;
  readonly codecIds: readonly number[];
  readonly spec: string;
  readonly length: number;
  readonly headerBytes: number;
  readonly bodyBytes: number;
  readonly saturated: number;
  readonly checksum: number;
  readonly key: StreamKey | undefined;
}

/** Values of the header that change from payload to payload. */
export interface PayloadFields {
  readonly length: number;
  readonly bodyBytes: number;
  readonly saturated: number;
  readonly key: StreamKey | undefined;
}

function putUint32(out: Uint8Array, offset: number, value: number): void {
  out[offset] = value;
  out[offset + 1] = value >>> 8;
  out[offset + 2] = value >>> 16;
  out[offset + 3] = value >>> 24;
}

/** Bytes of a header around a protobuf message, padding included. */
function wrapMessage(message: Uint8Array): Uint8Array {
  const headerBytes = (PRELUDE_BYTES + message.length + 15) & ~15;
  if (headerBytes > MAX_HEADER_BYTES)
    throw new RangeError(
      `payload header of ${headerBytes} bytes exceeds ${MAX_HEADER_BYTES}: shorten the codec spec`,
    );
  const header = new Uint8Array(headerBytes);
  header.set([MAGIC_0, MAGIC_1, FORMAT_VERSION, headerBytes >>> 4]);
  header[4] = message.length & 0xff;
  header[5] = message.length >>> 8;
  header.set(message, PRELUDE_BYTES);
  return header;
}

/**
 * A cached header of one codec: encoded once, then patched for each payload, so that the hot path
 * allocates nothing.
 */
export class HeaderTemplate {
  readonly #bytes: Uint8Array;
  /** Offset of the first fixed-width value; the others follow at a stride of 5 (tag and value). */
  readonly #fixed: number;
  readonly #keyed: boolean;

  constructor(ids: readonly number[], spec: string, keyed: boolean) {
    const key = keyed ? { keyLow: 1, keyHigh: 1 } : {};
    const message = gradwire.PayloadHeader.encode({
      codecIds: [...ids],
      spec,
      length: 1,
      bodyBytes: 1,
      checksum: 1,
      saturated: 1,
      ...key,
    }).finish();
    this.#bytes = wrapMessage(message);
    this.#fixed = PRELUDE_BYTES + message.length - 5 * (keyed ? 6 : 4) + 1;
    this.#keyed = keyed;
  }

  /** Length of the header in bytes, a multiple of 16. */
  get byteLength(): number {
    return this.#bytes.length;
  }

  /**
   * Writes the header in front of a body that is already in place at `byteLength`, and seals both
   * with the checksum. `out` holds at least header and body.
   * @param checksum a faster equivalent of `laneChecksum`, where the caller has one
   */
  write(out: Uint8Array, fields: PayloadFields, checksum: Checksum = laneChecksum): void {
    out.set(this.#bytes);
    const at = this.#fixed;
    putUint32(out, at, fields.length);
    putUint32(out, at + 5, fields.bodyBytes);
    putUint32(out, at + 10, 0);
    putUint32(out, at + 15, fields.saturated);
    if (this.#keyed) {
      putUint32(out, at + 20, fields.key!.low);
      putUint32(out, at + 25, fields.key!.high);
    }
    putUint32(out, at + 10, sealOf(out, this.#bytes.length, fields.bodyBytes, checksum));
  }
}

/** Checksum of header and body; the checksum field in the header holds zero at this moment. */
function sealOf(
  payload: Uint8Array,
  headerBytes: number,
  bodyBytes: number,
  checksum: Checksum,
): number {
  const seed = checksum(payload.subarray(0, headerBytes));
  return checksum(payload.subarray(headerBytes, headerBytes + bodyBytes), seed);
}

function truncated(what: string, needed: number, given: number): PayloadError {
  return new PayloadError(
    'GRADWIRE_PAYLOAD_TRUNCATED',
    `payload is truncated: ${what} needs ${needed} bytes, got ${given}`,
  );
}

/** Checks the prelude; returns the length of header and message in bytes. */
function readPrelude(payload: Uint8Array): { headerBytes: number; messageBytes: number } {
  if (payload.length >= 2 && (payload[0] !== MAGIC_0 || payload[1] !== MAGIC_1))
    throw new PayloadError(
      'GRADWIRE_PAYLOAD_FOREIGN',
      'not a gradwire payload: it does not start with "GW"',
    );
  if (payload.length < PRELUDE_BYTES) throw truncated('the prelude', PRELUDE_BYTES, payload.length);
  const version = payload[2]!;
  if (version !== FORMAT_VERSION)
    throw new PayloadError(
      'GRADWIRE_PAYLOAD_VERSION',
      version > FORMAT_VERSION
        ? `payload has format version ${version}, this library reads up to ${FORMAT_VERSION}: update gradwire`
        : `payload has unknown format version ${version}`,
    );
  const headerBytes = payload[3]! << 4;
  const messageBytes = payload[4]! | (payload[5]! << 8);
  if (headerBytes < PRELUDE_BYTES + messageBytes || payload[6] !== 0 || payload[7] !== 0)
    throw headerError('lengths in the prelude contradict each other');
  if (payload.length < headerBytes) throw truncated('the header', headerBytes, payload.length);
  return { headerBytes, messageBytes };
}

function headerError(problem: string, cause?: unknown): PayloadError {
  return new PayloadError('GRADWIRE_PAYLOAD_HEADER', `payload header is malformed: ${problem}`, {
    cause,
  });
}

function decodeMessage(bytes: Uint8Array): gradwire.PayloadHeader {
  try {
    return gradwire.PayloadHeader.decode(bytes);
  } catch (cause) {
    throw headerError('not a valid protobuf message', cause);
  }
}

function keyOf(message: gradwire.PayloadHeader): StreamKey | undefined {
  const { keyLow, keyHigh } = message;
  if (typeof keyLow !== 'number' && typeof keyHigh !== 'number') return undefined;
  if (typeof keyLow !== 'number' || typeof keyHigh !== 'number')
    throw headerError('half of the stream key is missing');
  return { low: keyLow, high: keyHigh };
}

/**
 * Reads and checks header, lengths and checksum. Nothing is allocated in proportion to lengths the
 * payload merely declares.
 * @param maxLength largest element count accepted
 * @param checksum a faster equivalent of `laneChecksum`, where the caller has one
 * @throws PayloadError
 */
export function readHeader(
  payload: Uint8Array,
  maxLength: number,
  checksum: Checksum = laneChecksum,
): PayloadHeader {
  const { headerBytes, messageBytes } = readPrelude(payload);
  const message = decodeMessage(payload.subarray(PRELUDE_BYTES, PRELUDE_BYTES + messageBytes));
  if (message.length > maxLength)
    throw new PayloadError(
      'GRADWIRE_PAYLOAD_LIMIT',
      `payload declares ${message.length} elements, the limit is ${maxLength} (option maxLength)`,
    );
  const total = headerBytes + message.bodyBytes;
  if (payload.length < total) throw truncated('header and body', total, payload.length);
  if (payload.length > total)
    throw new PayloadError(
      'GRADWIRE_PAYLOAD_OVERSIZED',
      `payload has ${payload.length - total} bytes behind its declared end at ${total}`,
    );
  const header: PayloadHeader = {
    version: payload[2]!,
    codecIds: message.codecIds,
    spec: message.spec,
    length: message.length,
    headerBytes,
    bodyBytes: message.bodyBytes,
    saturated: message.saturated,
    checksum: message.checksum,
    key: keyOf(message),
  };
  checkSeal(payload, header, messageBytes, checksum);
  return header;
}

/** The checksum is taken with its own field zeroed, so the header is checked on a copy. */
function checkSeal(
  payload: Uint8Array,
  header: PayloadHeader,
  messageBytes: number,
  checksum: Checksum,
): void {
  // Not `slice`: a Buffer's shares the caller's memory.
  const copy = new Uint8Array(payload.subarray(0, header.headerBytes));
  const at = checksumOffset(copy, PRELUDE_BYTES + messageBytes);
  if (at < 0) throw headerError('the checksum field is missing');
  putUint32(copy, at, 0);
  const actual = checksum(payload.subarray(header.headerBytes), checksum(copy));
  if (actual !== header.checksum)
    throw new PayloadError(
      'GRADWIRE_PAYLOAD_CHECKSUM',
      `payload is damaged: checksum ${header.checksum.toString(16)} in the header, ` +
        `${actual.toString(16)} of the bytes`,
    );
}

/** Protobuf tags of the checksum and of the fixed-width field that always follows it. */
const CHECKSUM_TAG = (5 << 3) | 5;
const SATURATED_TAG = (6 << 3) | 5;

/**
 * Offset of the checksum's four bytes: writers put the fixed-width fields last and in the order of
 * their numbers, so it is searched from the end of the message. Returns −1 when it is not there.
 */
function checksumOffset(header: Uint8Array, messageEnd: number): number {
  for (const keyed of [0, 10]) {
    const at = messageEnd - keyed - 10;
    if (at < PRELUDE_BYTES) continue;
    if (header[at] === CHECKSUM_TAG && header[at + 5] === SATURATED_TAG) return at + 1;
  }
  return -1;
}

/**
 * Makes lengths and checksum of a payload consistent again after its bytes were edited, as far as
 * its header can still be read; otherwise returns a plain copy. For tests that want mutations to
 * reach the decoders behind the checksum.
 */
export function resealPayload(payload: Uint8Array): Uint8Array {
  const copy = new Uint8Array(payload);
  try {
    const { headerBytes, messageBytes } = readPrelude(copy);
    const at = checksumOffset(copy, PRELUDE_BYTES + messageBytes);
    if (at < 0) return copy;
    putUint32(copy, at - 5, copy.length - headerBytes);
    putUint32(copy, at, 0);
    putUint32(copy, at, sealOf(copy, headerBytes, copy.length - headerBytes, laneChecksum));
  } catch {
    // The header is beyond repair: the mutation is tested as it is.
  }
  return copy;
}
