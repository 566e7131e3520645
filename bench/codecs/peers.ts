/**
 * The same work in PyTorch, for those who have it (`--peers`): a process that times a case when it is asked
 * to, so that its cases take part in the rounds like any other.
 */
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseCodec } from '../../codecs/index.ts';
import type { BenchCase } from '../support/case.ts';
import type { PeerNames } from './cases.ts';

/** What the peer can do. */
interface PeerCase {
  readonly name: string;
  /** Codec and operation that do the same work. */
  readonly codec: string;
  readonly operation: string;
}

/** The first line of the peer's output. */
interface Greeting {
  readonly version: string;
  readonly cases: readonly PeerCase[];
}

const SCRIPT = fileURLToPath(new URL('../peers/torch_codecs.py', import.meta.url));

/** The first in the path need not be the one that has torch. */
const PYTHONS = ['python3', '/usr/bin/python3'];

/** A python3 that has torch, if there is one. */
export function pythonWithTorch(): string | undefined {
  return PYTHONS.find(
    (python) => spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0,
  );
}

/** The peer, on one thread, with data of its own of the same kind and length. */
export class Peer {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #greeting: Greeting;

  private constructor(
    child: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
    greeting: Greeting,
  ) {
    this.#child = child;
    this.#lines = lines;
    this.#greeting = greeting;
  }

  /** Settles when the peer has checked what it does. @throws Error when it fails */
  static async start(python: string, elements: number, data: string): Promise<Peer> {
    const args = [SCRIPT, String(elements), data];
    const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new Peer(child, lines, await nextAnswer<Greeting>(lines));
  }

  /** PyTorch's version. */
  get version(): string {
    return this.#greeting.version;
  }

  /** Its cases that do what these codecs do; `references` of ours name them. */
  casesFor(specs: readonly string[]): BenchCase[] {
    const canonical = specs.map(canonicalSpec);
    return this.#greeting.cases
      .filter(({ codec }) => canonical.includes(canonicalSpec(codec)))
      .map(({ name, codec, operation }) => ({
        name,
        facts: { operation, does: canonicalSpec(codec) },
        references: {},
        measuresItself: true,
        // It has checked itself before it said what it can do.
        check: () => ({}),
        run: () => this.#time(name),
      }));
  }

  /** Which of its cases does the same as a codec. */
  readonly nameOf: PeerNames = (spec, operation) =>
    this.#greeting.cases.find(
      (one) => canonicalSpec(one.codec) === canonicalSpec(spec) && one.operation === operation,
    )?.name;

  async #time(name: string): Promise<number> {
    this.#child.stdin.write(`${name}\n`);
    return (await nextAnswer<{ readonly seconds: number }>(this.#lines)).seconds;
  }

  /** Ends it. */
  async close(): Promise<void> {
    const { exitCode } = this.#child;
    if (exitCode !== null) return;
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.end();
    await closed;
  }
}

function canonicalSpec(spec: string): string {
  return parseCodec(spec).spec;
}

async function nextAnswer<T>(lines: AsyncIterator<string>): Promise<T> {
  const { value, done } = await lines.next();
  if (done) throw new Error('bench/peers/torch_codecs.py ended early');
  return JSON.parse(value) as T;
}
