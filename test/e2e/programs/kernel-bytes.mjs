/**
 * What the kernel says this process has sent, asked of `ss` from inside: bytes of all its TCP sockets,
 * retransmissions not counted twice.
 */
import { execFileSync } from 'node:child_process';

/** @returns {number} */
export function kernelBytes() {
  const table = execFileSync('ss', ['-tinpOH'], { encoding: 'utf8', maxBuffer: 1e8 });
  const own = table.split('\n').filter((line) => line.includes(`pid=${process.pid},`));
  const sum = (field) =>
    own.reduce(
      (total, line) => total + Number(new RegExp(`${field}:(\\d+)`).exec(line)?.[1] ?? 0),
      0,
    );
  return sum('\\bbytes_sent') - sum('\\bbytes_retrans');
}
