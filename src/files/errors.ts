/** What can go wrong with files of gradients and payloads. */
import { getSystemErrorMap } from 'node:util';
import { GradwireError } from '../../proto/errors.ts';

/** Why a file could not be used. */
export type FileErrorCode =
  'GRADWIRE_FILE_READ' | 'GRADWIRE_FILE_WRITE' | 'GRADWIRE_FILE_FORMAT' | 'GRADWIRE_FILE_TOO_LARGE';

/** A file that cannot be read, written or understood. The message starts with its name. */
export class FileError extends GradwireError {
  declare readonly code: FileErrorCode;
  /** The file as the caller named it. */
  readonly path: string;

  constructor(code: FileErrorCode, path: string, problem: string, options?: ErrorOptions) {
    super(code, `${path}: ${problem}`, options);
    this.path = path;
  }
}

/** What the operating system said, without call names and numbers. */
function systemReason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { errno } = cause as NodeJS.ErrnoException;
  return getSystemErrorMap().get(errno ?? 0)?.[1] ?? cause.message;
}

/** A FileError for something the operating system refused. */
export function systemError(
  code: 'GRADWIRE_FILE_READ' | 'GRADWIRE_FILE_WRITE',
  path: string,
  cause: unknown,
): FileError {
  const action = code === 'GRADWIRE_FILE_READ' ? 'cannot read' : 'cannot write';
  return new FileError(code, path, `${action}: ${systemReason(cause)}`, { cause });
}
