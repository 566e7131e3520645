/** Gradients and payloads that commands take. */
import { NonFiniteGradientError, PayloadError } from '../../codecs/index.ts';
import { GradwireError } from '../../proto/errors.ts';
import { gradientFromBytes } from '../files/gradient-file.ts';
import { inputName, readInput, type Io } from './io.ts';

/** Longest gradient in one payload, in elements. */
export const MAX_ELEMENTS: number = 2 ** 28;
/** Room for the header of a .npy file. */
const GRADIENT_BYTES = 4 * MAX_ELEMENTS + 2 ** 16;
/** The largest buffer that Node reads a file into; no payload of 2²⁸ elements is larger. */
const PAYLOAD_BYTES = 2 ** 31 - 1;

/** A gradient from a raw or .npy file. @throws FileError */
export async function readGradient(io: Io, path: string): Promise<Float32Array> {
  return gradientFromBytes(await readInput(io, path, GRADIENT_BYTES), inputName(path));
}

/** Bytes that should be a payload. @throws FileError */
export async function readPayload(io: Io, path: string): Promise<Uint8Array> {
  return await readInput(io, path, PAYLOAD_BYTES);
}

/** Runs `use` on a file's content; what it finds wrong with it is said with the file's name. */
export function namingInput<Result>(path: string, use: () => Result): Result {
  try {
    return use();
  } catch (cause) {
    const name = inputName(path);
    if (cause instanceof PayloadError)
      throw new PayloadError(cause.code, `${name}: ${cause.message}`, { cause });
    if (cause instanceof NonFiniteGradientError)
      throw new GradwireError(
        cause.code,
        `${name}: element ${cause.index} is ${cause.value}; codecs take finite values only ` +
          '(--non-finite zero takes such elements as 0)',
        { cause },
      );
    throw cause;
  }
}
