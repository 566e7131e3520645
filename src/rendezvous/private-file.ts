/** Files that nobody else may read: a job's secret, a private key. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** Permission bits no such file may have: anything for others, writing for the group. */
const FORBIDDEN = 0o027;

/**
 * The contents of a small file that is no secret.
 * @throws Error that names file and reason
 */
export async function readSmallFile(path: string, maxBytes: number): Promise<Buffer> {
  return await read(path, maxBytes, () => {});
}

/**
 * The contents of a small file that only its owner, and at most readers of its group, may read. (The group
 * is how Kubernetes hands secrets to programs that do not run as root.) Permissions are not looked at
 * on Windows, which has others.
 * @throws Error that names file and reason
 */
export async function readPrivateFile(path: string, maxBytes: number): Promise<Buffer> {
  return await read(path, maxBytes, (mode) => {
    if (process.platform !== 'win32' && (mode & FORBIDDEN) !== 0)
      throw new Error(
        `${path} is open to other users of this machine (mode ${(mode & 0o777).toString(8)}); ` +
          `run "chmod 600 ${path}"`,
      );
  });
}

async function read(
  path: string,
  maxBytes: number,
  check: (mode: number) => void,
): Promise<Buffer> {
  // Without waiting: a pipe that nobody writes to would block.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (cause: NodeJS.ErrnoException) => {
      throw new Error(`${path} cannot be read (${cause.code})`, { cause });
    },
  );
  try {
    // Of the file that is open, whatever the path names by now.
    const status = await file.stat();
    if (!status.isFile()) throw new Error(`${path} is no file`);
    check(status.mode);
    return await contents(file, path, maxBytes);
  } finally {
    await file.close();
  }
}

async function contents(file: FileHandle, path: string, maxBytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(maxBytes + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    length += bytesRead;
    if (length > maxBytes) throw new Error(`${path} is longer than ${maxBytes} bytes`);
    if (bytesRead === 0) return buffer.subarray(0, length);
  }
}
