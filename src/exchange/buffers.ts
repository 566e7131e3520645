/** Receive buffers of known size for messages of unknown length. */
import { PayloadError } from '../../proto/errors.ts';

/** Gives `buffer` for any message that fits; a longer one cannot be a payload of this codec. */
export function bounded(buffer: Uint8Array, source: number): (length: number) => Uint8Array {
  return (length) => {
    if (length <= buffer.length) return buffer;
    throw new PayloadError(
      'GRADWIRE_PAYLOAD_OVERSIZED',
      `rank ${source} sent a payload of ${length} bytes where at most ${buffer.length} are possible`,
    );
  };
}
