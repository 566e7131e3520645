/** A fingerprint of parameters, to compare replicas and runs. */
import { createHash } from 'node:crypto';
import { endianness } from 'node:os';

/**
 * SHA-256 over the little-endian bytes, as 64 hexadecimal digits. Equal exactly when every bit is: 0 and
 * −0 differ.
 */
export function hashParameters(parameters: Float32Array): string {
  const bytes = Buffer.from(parameters.buffer, parameters.byteOffset, parameters.byteLength);
  const littleEndian = endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32();
  return createHash('sha256').update(littleEndian).digest('hex');
}
