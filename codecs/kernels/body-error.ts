/** The error of everything that reads hostile bodies. */
import { PayloadError } from '../../proto/errors.ts';

/** A body that contradicts its header or itself. */
export function bodyError(problem: string): PayloadError {
  return new PayloadError('GRADWIRE_PAYLOAD_BODY', `payload body is malformed: ${problem}`);
}
