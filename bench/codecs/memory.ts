/**
 * Peak resident memory of a case beside its buffers. Memory once taken is not always given back, so every
 * case gets a process of its own. Linux only: elsewhere no counter of the peak can be set back.
 */
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BackEnd } from './names.ts';

/** What a child is to do: the arguments of the suite that make the same case. */
export interface MemoryRequest {
  readonly name: string;
  readonly specs: readonly string[];
  readonly backEnds: readonly BackEnd[];
  readonly data: string;
  readonly elements: number;
}

const CHILD = fileURLToPath(new URL('./memory-child.ts', import.meta.url));

/** Bytes that the case took at its peak beside input, output and residual; null where unknown. */
export function peakBytes(request: MemoryRequest): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const execArgv = [...process.execArgv, '--expose-gc'];
    const child = fork(CHILD, [JSON.stringify(request)], { execArgv });
    let answer: number | null = null;
    child.on('message', (message) => {
      answer = message as number | null;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(answer);
      else reject(new Error(`measuring the memory of ${request.name}: exit code ${code}`));
    });
  });
}

/** Highest resident size of this process since the last call, bytes; null where the system does not say. */
export function takePeak(): number | null {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    // "5" sets the mark back to the present size (proc(5), clear_refs).
    writeFileSync('/proc/self/clear_refs', '5');
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
