/**
 * Frames: what travels between two ranks is a sequence of a fixed 32-byte prefix and a payload.
 *
 * | offset | bytes | field | meaning |
 * |---|---|---|---|
 * | 0 | 2 | magic | 0x47 0x57 (`GW`) |
 * | 2 | 1 | version | format version, 2 |
 * | 3 | 1 | kind | what the frame is (`FrameKind`) |
 * | 4 | 1 | flags | `FrameFlag` bits; unknown bits are refused |
 * | 5 | 3 | context | communicator the operation belongs to, 0 for that of the job |
 * | 8 | 4 | epoch | generation of the group of ranks |
 * | 12 | 4 | operation | number of the operation, 0 outside collectives |
 * | 16 | 4 | tag | tells messages of one operation apart |
 * | 20 | 4 | length | bytes of payload behind the prefix |
 * | 24 | 4 | checksum | lane checksum of the payload if flag `checksum` is set, else zero |
 * | 28 | 4 | check | of the seven words before it |
 *
 * Numbers are little-endian. The prefix is judged before anything is allocated or a payload byte is
 * taken: magic and version as soon as their bytes are there, then check, flags, kind and length.
 */
import { laneChecksum } from './checksum.ts';
import { FrameError } from './comm-errors.ts';

/** Bytes of the prefix. */
export const FRAME_PREFIX_BYTES = 32;
/** Version of the frame format, and of the handshake, this library reads and writes. */
export const FRAME_VERSION = 2;

/** Kinds of frame. Numbers are append-only. */
export const FrameKind = {
  /** Rank → master: `Join` and a proof. */
  join: 1,
  /** Master → rank: `Roster` and a proof. */
  roster: 2,
  /** Dialling rank → peer: `Hello` and a proof. */
  hello: 3,
  /** Peer → dialling rank: accepted; a proof. */
  welcome: 4,
  /** The connection is turned away: `Refusal`, and a proof where the dialling rank has given its own. */
  refuse: 5,
  /** Bytes of a message. */
  data: 6,
  /** A message is ready to be sent: its length in bytes as two words, low word first. */
  offer: 7,
  /** The receiver has a buffer ready for the next message of this operation and tag. */
  grant: 8,
  /** The receiver has consumed `tag` bytes of eager messages. */
  credit: 9,
  /** The job has failed: `Abort`. */
  abort: 10,
  /** Last frame of a rank that leaves in order; no payload. */
  goodbye: 11,
  /** Dialling rank → peer, first frame of a connection: a nonce (proto/handshake.ts). */
  greet: 12,
  /** Peer → dialling rank: a nonce and the proof that it holds the secret. */
  challenge: 13,
  /** A sign of life, of a rank whose engine has a thread of its own; no payload. */
  alive: 14,
  /** Survivors of a failure agree on who they are: `Regroup`. */
  regroup: 15,
} as const;
/** One of the numbers of `FrameKind`. */
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** Flag bits. */
export const FrameFlag = {
  /** The prefix carries a checksum of the payload. */
  checksum: 1,
  /** Sent without waiting for a grant. */
  eager: 2,
  /** Last frame of its message. */
  last: 4,
} as const;
const KNOWN_FLAGS = FrameFlag.checksum | FrameFlag.eager | FrameFlag.last;
const LAST_KIND = FrameKind.regroup;
/** Bits of `FrameHeader.flags`; those above them in the word are the context. */
const FLAG_BITS = 8;
/** Contexts are integers in [0, 2²⁴). */
export const MAX_CONTEXTS: number = 2 ** 24;

/** The changing fields of a prefix. */
export interface FrameHeader {
  readonly kind: FrameKind;
  readonly flags: number;
  readonly context: number;
  readonly epoch: number;
  readonly operation: number;
  readonly tag: number;
  /** Bytes of payload. */
  readonly length: number;
  /** Lane checksum of the payload, or 0 where the flag is not set. */
  readonly checksum: number;
}

/** Longest payloads that are accepted, in bytes. */
export interface FrameLimits {
  readonly data: number;
  /** For every kind but `data`. */
  readonly control: number;
}

/** Limits that no configuration of this library exceeds. */
export const DEFAULT_FRAME_LIMITS: FrameLimits = { data: 16 << 20, control: 1 << 20 };

/**
 * Check of a prefix: seven rounds of xor, multiply, rotate. Each round is a bijection in its word, so a
 * change confined to one word is always found.
 */
function headerCheck(view: DataView): number {
  let check = 0x6a09e667;
  for (let offset = 0; offset < 28; offset += 4) {
    check = Math.imul(check ^ view.getUint32(offset, true), 0x9e3779b1);
    check = (check << 13) | (check >>> 19);
  }
  return check >>> 0;
}

/** Writes the prefix of `header` into the first 32 bytes of `out`. */
export function writeFramePrefix(header: FrameHeader, out: Uint8Array): void {
  const view = new DataView(out.buffer, out.byteOffset, FRAME_PREFIX_BYTES);
  view.setUint32(0, 0x5747 | (FRAME_VERSION << 16) | (header.kind << 24), true);
  view.setUint32(4, (header.flags | (header.context << FLAG_BITS)) >>> 0, true);
  view.setUint32(8, header.epoch, true);
  view.setUint32(12, header.operation, true);
  view.setUint32(16, header.tag, true);
  view.setUint32(20, header.length, true);
  view.setUint32(24, header.checksum, true);
  view.setUint32(28, headerCheck(view), true);
}

/** First bytes of TLS records that begin a conversation or end one: alert and handshake. */
const TLS_RECORDS = [0x15, 0x16];

/** Judges magic and version from the first bytes of a prefix, however few there are. */
function checkStart(prefix: Uint8Array, available: number): void {
  if (available > 0 && TLS_RECORDS.includes(prefix[0]!))
    throw new FrameError('GRADWIRE_FRAME_TLS', 'these bytes are TLS, here frames go without it');
  if ((available > 0 && prefix[0] !== 0x47) || (available > 1 && prefix[1] !== 0x57))
    throw new FrameError('GRADWIRE_FRAME_MAGIC', 'these bytes do not start a gradwire frame');
  if (available > 2 && prefix[2] !== FRAME_VERSION)
    throw new FrameError(
      'GRADWIRE_FRAME_VERSION',
      `frame format version ${prefix[2]} is not supported, this library speaks ${FRAME_VERSION}`,
    );
}

/**
 * Reads and judges a prefix (the first 32 bytes of `prefix`).
 * @throws FrameError when it is not one or its payload would be longer than `limits` allow
 */
export function readFramePrefix(
  prefix: Uint8Array,
  limits: FrameLimits = DEFAULT_FRAME_LIMITS,
): FrameHeader {
  checkStart(prefix, FRAME_PREFIX_BYTES);
  const view = new DataView(prefix.buffer, prefix.byteOffset, FRAME_PREFIX_BYTES);
  if (view.getUint32(28, true) !== headerCheck(view))
    throw new FrameError('GRADWIRE_FRAME_HEADER', 'a frame prefix is damaged (check differs)');
  const kind = view.getUint8(3);
  if (kind === 0 || kind > LAST_KIND)
    throw new FrameError('GRADWIRE_FRAME_KIND', `frame kind ${kind} is unknown`);
  const flags = view.getUint8(4);
  if ((flags & ~KNOWN_FLAGS) !== 0)
    throw new FrameError(
      'GRADWIRE_FRAME_HEADER',
      `frame flags 0x${flags.toString(16)} are unknown`,
    );
  const length = view.getUint32(20, true);
  const limit = kind === FrameKind.data ? limits.data : limits.control;
  if (length > limit)
    throw new FrameError(
      'GRADWIRE_FRAME_LENGTH',
      `a frame announces ${length} bytes of payload, at most ${limit} are allowed`,
    );
  return {
    kind: kind as FrameKind,
    flags,
    context: view.getUint32(4, true) >>> FLAG_BITS,
    epoch: view.getUint32(8, true),
    operation: view.getUint32(12, true),
    tag: view.getUint32(16, true),
    length,
    checksum: view.getUint32(24, true),
  };
}

/** Takes the frames of a `FrameDecoder`. What it throws ends the decoding. */
export interface FrameSink {
  /** Where the payload of this frame goes: exactly `header.length` bytes. Not asked when 0. */
  destination(header: FrameHeader): Uint8Array;
  /** The frame is complete; `payload` is what `destination` returned. */
  frame(header: FrameHeader, payload: Uint8Array): void;
}

const STAGING_BYTES = 64 << 10;
/** From this many missing payload bytes on, a read goes straight to the destination. */
const DIRECT_BYTES = 4 << 10;
const NO_BYTES = new Uint8Array(0);

/**
 * Splits a byte stream into frames. Two ways to feed it, which may alternate:
 * `push(bytes)`, or reading up to `buffer.length` bytes into `buffer = nextBuffer()` and reporting them
 * with `advance(count)`: large payloads then arrive in their destination without a copy.
 *
 * After an error every further call throws the same error: a damaged stream cannot be resynchronised.
 */
export class FrameDecoder {
  /** May be changed between frames. */
  limits: FrameLimits;
  readonly #sink: FrameSink;
  readonly #prefix: Uint8Array = new Uint8Array(FRAME_PREFIX_BYTES);
  #prefixFilled = 0;
  #header: FrameHeader | undefined;
  #payload: Uint8Array = NO_BYTES;
  #filled = 0;
  #staging: Uint8Array | undefined;
  #direct = false;
  #error: unknown;
  #failed = false;

  constructor(sink: FrameSink, limits: FrameLimits = DEFAULT_FRAME_LIMITS) {
    this.#sink = sink;
    this.limits = limits;
  }

  /** True between frames: the stream may end here. */
  get idle(): boolean {
    return this.#header === undefined && this.#prefixFilled === 0;
  }

  /** Where to read the next bytes to; at least one byte long. */
  nextBuffer(): Uint8Array {
    this.#direct =
      this.#header !== undefined && this.#payload.length - this.#filled >= DIRECT_BYTES;
    if (this.#direct) return this.#payload.subarray(this.#filled);
    return (this.#staging ??= new Uint8Array(STAGING_BYTES));
  }

  /** `count` bytes have been read into what `nextBuffer` returned last. */
  advance(count: number): void {
    if (!this.#direct) {
      this.push(this.#staging!.subarray(0, count));
      return;
    }
    this.#guarded(() => {
      this.#filled += count;
      if (this.#filled === this.#payload.length) this.#complete();
    });
  }

  /**
   * Takes the next bytes of the stream. They are copied where they must outlive the call.
   * @throws FrameError on bytes that are not frames
   */
  push(bytes: Uint8Array): void {
    this.#guarded(() => {
      let offset = 0;
      while (offset < bytes.length) {
        offset +=
          this.#header === undefined ? this.#fill(bytes, offset) : this.#copy(bytes, offset);
      }
    });
  }

  #guarded(step: () => void): void {
    if (this.#failed) throw this.#error;
    try {
      step();
    } catch (error) {
      this.#failed = true;
      this.#error = error;
      throw error;
    }
  }

  /** Prefix bytes; returns how many were taken. */
  #fill(bytes: Uint8Array, offset: number): number {
    const count = Math.min(FRAME_PREFIX_BYTES - this.#prefixFilled, bytes.length - offset);
    this.#prefix.set(bytes.subarray(offset, offset + count), this.#prefixFilled);
    this.#prefixFilled += count;
    if (this.#prefixFilled < FRAME_PREFIX_BYTES) checkStart(this.#prefix, this.#prefixFilled);
    else this.#open(readFramePrefix(this.#prefix, this.limits));
    return count;
  }

  #open(header: FrameHeader): void {
    this.#prefixFilled = 0;
    this.#filled = 0;
    this.#header = header;
    this.#payload = header.length === 0 ? NO_BYTES : this.#sink.destination(header);
    if (this.#payload.length !== header.length)
      throw new RangeError(
        `the destination of a frame has ${this.#payload.length} bytes instead of ${header.length}`,
      );
    if (header.length === 0) this.#complete();
  }

  /** Payload bytes; returns how many were taken. */
  #copy(bytes: Uint8Array, offset: number): number {
    const count = Math.min(this.#payload.length - this.#filled, bytes.length - offset);
    this.#payload.set(bytes.subarray(offset, offset + count), this.#filled);
    this.#filled += count;
    if (this.#filled === this.#payload.length) this.#complete();
    return count;
  }

  #complete(): void {
    const header = this.#header!;
    const payload = this.#payload;
    this.#header = undefined;
    this.#payload = NO_BYTES;
    if ((header.flags & FrameFlag.checksum) !== 0 && laneChecksum(payload) !== header.checksum)
      throw new FrameError(
        'GRADWIRE_FRAME_CHECKSUM',
        `a frame payload of ${header.length} bytes is damaged (checksum differs)`,
      );
    this.#sink.frame(header, payload);
  }
}
