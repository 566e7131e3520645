/**
 * Sealed protobuf messages: the last field on the wire is `fixed32 checksum = 15`, the lane checksum
 * of all bytes before it. To protobuf it is a field like any other.
 */
import { laneChecksum } from './checksum.ts';

/** Format of checkpoints and of exchange snapshots. Readers refuse any other number. */
export const CHECKPOINT_FORMAT_VERSION = 1;

/** Field 15, wire type 5 (four bytes). */
const CHECKSUM_TAG = (15 << 3) | 5;
const SEAL_BYTES = 5;

/** A message, encoded without its checksum, with the checksum behind it. */
export function seal(message: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(message.length + SEAL_BYTES);
  sealed.set(message);
  sealed[message.length] = CHECKSUM_TAG;
  new DataView(sealed.buffer).setUint32(message.length + 1, laneChecksum(message), true);
  return sealed;
}

/** True when `bytes` end with the checksum of all bytes before it. */
export function isSealed(bytes: Uint8Array): boolean {
  const end = bytes.length - SEAL_BYTES;
  if (end < 0 || bytes[end] !== CHECKSUM_TAG) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset + end + 1, 4);
  return view.getUint32(0, true) === laneChecksum(bytes.subarray(0, end));
}
