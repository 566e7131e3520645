/** Snapshots of error feedback: a protobuf message (proto/gradwire.proto, FeedbackSnapshot). */
import { assertBytes } from '../../proto/assert.ts';
import { laneChecksum } from '../../proto/checksum.ts';
import { SnapshotError } from '../../proto/errors.ts';
import { gradwire } from '../../proto/generated/gradwire.js';
import { FORMAT_VERSION } from '../../proto/ids.ts';

/** What a snapshot holds. */
export interface Snapshot {
  readonly spec: string;
  readonly step: number;
  readonly residual: Float32Array;
}

const LOW_HALF = 2 ** 32;

/** Checksum of residual and step; version, spec and length are compared with what is expected. */
function checksumOf(residual: Uint8Array, stepLow: number, stepHigh: number): number {
  const step = new DataView(new ArrayBuffer(8));
  step.setUint32(0, stepLow, true);
  step.setUint32(4, stepHigh, true);
  return laneChecksum(residual, laneChecksum(new Uint8Array(step.buffer)));
}

/** Serialises a snapshot. */
export function writeSnapshot({ spec, step, residual }: Snapshot): Uint8Array {
  const bytes = new Uint8Array(residual.buffer, residual.byteOffset, residual.byteLength);
  const stepLow = step >>> 0;
  const stepHigh = Math.floor(step / LOW_HALF);
  const message = gradwire.FeedbackSnapshot.encode({
    formatVersion: FORMAT_VERSION,
    spec,
    length: residual.length,
    stepLow,
    stepHigh,
    residual: bytes,
    checksum: checksumOf(bytes, stepLow, stepHigh),
  }).finish();
  // In Node, protobufjs hands out a view of a pooled Buffer, whose slice would share that memory.
  return new Uint8Array(message);
}

function decodeMessage(bytes: Uint8Array): gradwire.FeedbackSnapshot {
  try {
    return gradwire.FeedbackSnapshot.decode(bytes);
  } catch (cause) {
    throw new SnapshotError('snapshot is damaged: not a valid protobuf message', { cause });
  }
}

function check(message: gradwire.FeedbackSnapshot, spec: string, length: number): void {
  if (message.formatVersion !== FORMAT_VERSION)
    throw new SnapshotError(
      `snapshot has format version ${message.formatVersion}, this library reads ${FORMAT_VERSION}`,
    );
  if (message.spec !== spec)
    throw new SnapshotError(
      `snapshot is of codec ${JSON.stringify(message.spec)}, not ${JSON.stringify(spec)}`,
    );
  if (message.length !== length)
    throw new SnapshotError(`snapshot has ${message.length} elements, expected ${length}`);
  if (message.residual.length !== 4 * length)
    throw new SnapshotError(
      `snapshot is damaged: ${message.residual.length} residual bytes for ${length} elements`,
    );
  if (checksumOf(message.residual, message.stepLow, message.stepHigh) !== message.checksum)
    throw new SnapshotError('snapshot is damaged: the checksum does not match');
}

/**
 * Reads a snapshot of the given codec and length.
 * @throws SnapshotError
 */
export function readSnapshot(bytes: Uint8Array, spec: string, length: number): Snapshot {
  assertBytes(bytes, 'bytes');
  const message = decodeMessage(bytes);
  check(message, spec, length);
  // The message's bytes may be a Node Buffer, whose `slice` is no copy.
  const residual = new Float32Array(length);
  new Uint8Array(residual.buffer).set(message.residual);
  if (!residual.every(Number.isFinite))
    throw new SnapshotError('snapshot is damaged: the residual is not finite');
  const step = message.stepLow + message.stepHigh * LOW_HALF;
  if (!Number.isSafeInteger(step))
    throw new SnapshotError('snapshot is damaged: the step is no integer below 2⁵³');
  return { spec, step, residual };
}
