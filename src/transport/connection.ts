/** Frames over a pipe: prefix and payload out, decoded frames in, both counted. */
import { laneChecksum } from '../../proto/checksum.ts';
import { ProtocolError } from '../../proto/comm-errors.ts';
import {
  DEFAULT_FRAME_LIMITS,
  FRAME_PREFIX_BYTES,
  FrameDecoder,
  FrameFlag,
  FrameKind,
  writeFramePrefix,
  type FrameHeader,
  type FrameLimits,
} from '../../proto/frame.ts';
import type { Pipe, PipeReader } from './pipe.ts';
import { noTraffic, type DuplexTraffic, type Traffic } from './traffic.ts';

/** What a frame needs besides its payload. */
export interface FrameFields {
  readonly kind: FrameKind;
  readonly flags?: number;
  readonly context?: number;
  readonly operation?: number;
  readonly tag?: number;
}

/** Hears what happens on a connection. */
export interface ConnectionEvents {
  /** Where the payload of a `data` frame goes: exactly `header.length` bytes. */
  destination(header: FrameHeader): Uint8Array;
  frame(header: FrameHeader, payload: Uint8Array): void;
  /** The peer sent bytes it must not send; everything it sends from here on is dropped. */
  broken(error: Error): void;
  /** The peer sends no more, in order (no cause) or not. */
  ended(cause?: Error): void;
  closed(): void;
}

export interface ConnectionOptions {
  readonly limits?: FrameLimits;
  /** Guard payloads by a checksum. */
  readonly checksum?: boolean;
  /** Frames of another epoch are refused. */
  readonly epoch?: number;
}

const NO_BYTES = new Uint8Array(0);

export class Connection implements PipeReader {
  /** May be replaced at any time, also from inside `frame`. */
  events: ConnectionEvents;
  readonly pipe: Pipe;
  /** Guard what is sent by a checksum. */
  checksum: boolean;
  readonly #decoder: FrameDecoder;
  /** Of what is sent; frames of another epoch are refused. */
  epoch: number;
  readonly #sent: Traffic = noTraffic();
  readonly #received: Traffic = noTraffic();
  #broken = false;
  #hasEnded = false;

  constructor(pipe: Pipe, events: ConnectionEvents, options: ConnectionOptions = {}) {
    this.pipe = pipe;
    this.events = events;
    this.checksum = options.checksum ?? false;
    this.epoch = options.epoch ?? 0;
    this.#decoder = new FrameDecoder(
      {
        destination: (header) => this.#destination(header),
        frame: (header, payload) => this.#frame(header, payload),
      },
      options.limits ?? DEFAULT_FRAME_LIMITS,
    );
    pipe.start(this);
  }

  /** Longest payloads accepted from here on. */
  set limits(limits: FrameLimits) {
    this.#decoder.limits = limits;
  }

  get traffic(): DuplexTraffic {
    this.#sent.socketBytes = this.pipe.bytesWritten;
    this.#received.socketBytes = this.pipe.bytesRead;
    return { sent: this.#sent, received: this.#received };
  }

  /**
   * Queues a frame. `payload` belongs to the connection until `flushed` is called.
   */
  send(fields: FrameFields, payload: Uint8Array = NO_BYTES, flushed?: () => void): void {
    const prefix = new Uint8Array(FRAME_PREFIX_BYTES);
    const guarded = this.checksum && payload.length > 0;
    const header: FrameHeader = {
      kind: fields.kind,
      flags: (fields.flags ?? 0) | (guarded ? FrameFlag.checksum : 0),
      context: fields.context ?? 0,
      epoch: this.epoch,
      operation: fields.operation ?? 0,
      tag: fields.tag ?? 0,
      length: payload.length,
      checksum: guarded ? laneChecksum(payload) : 0,
    };
    writeFramePrefix(header, prefix);
    add(this.#sent, header);
    this.pipe.write(payload.length === 0 ? [prefix] : [prefix, payload], flushed);
  }

  nextBuffer(): Uint8Array {
    return this.#decoder.nextBuffer();
  }

  advance(count: number): void {
    this.#guarded(() => this.#decoder.advance(count));
  }

  push(bytes: Uint8Array): void {
    this.#guarded(() => this.#decoder.push(bytes));
  }

  /** The peer sends no more. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  ended(cause?: Error): void {
    this.#hasEnded = true;
    if (cause === undefined && !this.#broken && !this.#decoder.idle)
      this.events.ended(new ProtocolError('the connection ended inside a frame'));
    else this.events.ended(cause);
  }

  closed(): void {
    this.events.closed();
  }

  #guarded(step: () => void): void {
    if (this.#broken) return;
    try {
      step();
    } catch (error) {
      this.#broken = true;
      this.events.broken(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #destination(header: FrameHeader): Uint8Array {
    if (header.epoch !== this.epoch)
      throw new ProtocolError(`frame of epoch ${header.epoch}, this is epoch ${this.epoch}`);
    return header.kind === FrameKind.data
      ? this.events.destination(header)
      : new Uint8Array(header.length);
  }

  #frame(header: FrameHeader, payload: Uint8Array): void {
    add(this.#received, header);
    this.events.frame(header, payload);
  }
}

function add(traffic: Traffic, { kind, flags, length }: FrameHeader): void {
  traffic.frames++;
  traffic.framingBytes += FRAME_PREFIX_BYTES;
  if (kind === FrameKind.alive) traffic.signsOfLife++;
  if (kind !== FrameKind.data) {
    traffic.framingBytes += length;
    return;
  }
  traffic.payloadBytes += length;
  if ((flags & FrameFlag.last) !== 0) traffic.messages++;
}
