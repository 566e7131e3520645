/** The same work in PyTorch, for those who have it: `--peers`. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CaseRecord, PeerRecord } from '../support/record.ts';
import { caseName, type Operation } from './cases.ts';

/** A line of the peer's output. */
interface PeerLine {
  readonly name: string;
  /** Codec and operation that do the same work. */
  readonly codec: string;
  readonly operation: Operation;
  /** Seconds of each run. */
  readonly seconds: number[];
  readonly version: string;
}

const SCRIPT = fileURLToPath(new URL('../peers/torch_codecs.py', import.meta.url));

/**
 * Runs the peer on one thread, on data of the same kind and length.
 * @returns undefined where python3 or torch is missing
 * @throws Error when the script fails
 */
export function runPeers(
  elements: number,
  data: string,
  cases: readonly CaseRecord[],
): PeerRecord[] | undefined {
  const probe = spawnSync('python3', ['-c', 'import torch'], { stdio: 'ignore' });
  if (probe.status !== 0) return undefined;
  const { status, stdout, stderr } = spawnSync('python3', [SCRIPT, String(elements), data], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`bench/peers/torch_codecs.py failed:\n${stderr}`);
  const lines = stdout.trim().split('\n');
  return lines.map((line) => compare(JSON.parse(line) as PeerLine, cases));
}

function compare(line: PeerLine, cases: readonly CaseRecord[]): PeerRecord {
  const { name, codec, operation, seconds, version } = line;
  const versus = caseName(codec, operation, 'simd');
  const own = cases.find((one) => one.name === versus);
  const median = seconds.toSorted((a, b) => a - b)[seconds.length >> 1]!;
  return { name, version, seconds, median, versus, ratio: own ? median / own.median : null };
}
