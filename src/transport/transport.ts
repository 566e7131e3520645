/**
 * What moves frames between this rank and its peers. A transport knows nothing of operations: it
 * delivers frames, counts bytes and says who is gone.
 */
import type { FrameHeader } from '../../proto/frame.ts';
import type { FrameFields } from './connection.ts';
import type { DuplexTraffic } from './traffic.ts';

/** Takes what arrives from the peers. */
export interface TransportHandler {
  /**
   * Where the payload of a `data` frame goes: exactly `header.length` bytes. What it throws is reported
   * as `lost`.
   */
  destination(peer: number, header: FrameHeader): Uint8Array;
  /** A complete frame, `data` or control. */
  frame(peer: number, header: FrameHeader, payload: Uint8Array): void;
  /** The peer is gone or cannot be believed any more. At most once a peer. */
  lost(peer: number, cause: Error): void;
  /** The peer left in order; all its frames have been delivered. At most once a peer. */
  departed(peer: number): void;
}

export interface Transport {
  readonly rank: number;
  readonly size: number;
  /** Generation of the group of ranks: 0, and one more each time its survivors go on. */
  readonly epoch: number;
  /** Names the kind of transport: `tcp`, `memory`. */
  readonly name: string;
  /** Must be set before the first frame can arrive. */
  handler: TransportHandler;
  /**
   * Queues a frame behind everything sent to this peer before. `payload` belongs to the transport until
   * `flushed` is called.
   */
  send(peer: number, fields: FrameFields, payload?: Uint8Array, flushed?: () => void): void;
  /** Queues a small frame that overtakes what `send` has queued. */
  sendControl(peer: number, fields: FrameFields, payload?: Uint8Array): void;
  /** The peer is not believed in any more: it is reported as lost, if it has not been before. */
  giveUp(peer: number, cause: Error): void;
  /** Bytes and frames exchanged with a peer so far. */
  traffic(peer: number): DuplexTraffic;
  /**
   * Leaves in order: everything queued is flushed, the peers are told (unless `silent`, after a
   * failure) and all resources released. A peer that does not answer is dropped after
   * `lingerMs`. Called once; never rejects.
   */
  close(options?: { readonly silent?: boolean; readonly lingerMs?: number }): Promise<void>;
}
