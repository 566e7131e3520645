/** Runs the command line inside this process, on streams that the test owns. */
import { Readable, Writable } from 'node:stream';
import { main } from '../../src/cli/program.ts';
import type { Io } from '../../src/cli/io.ts';

/** What a run left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: Uint8Array;
  /** Standard output as text. */
  readonly text: string;
  readonly stderr: string;
}

/** The world of a run; everything has a quiet default. */
export interface World {
  readonly stdin?: Readable | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Both outputs and the input are terminals this many columns wide. */
  readonly columns?: number;
  /** Standard output fails with EPIPE, as a pipe does that nobody reads. */
  readonly brokenPipe?: boolean;
}

class Sink extends Writable {
  readonly chunks: Buffer[] = [];
  readonly #broken: boolean;

  constructor(broken = false) {
    super();
    this.#broken = broken;
    this.on('error', () => undefined);
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    if (this.#broken) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      return;
    }
    this.chunks.push(chunk);
    done();
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.chunks));
  }
}

/** `gradwire …argv`. */
export async function run(argv: readonly string[], world: World = {}): Promise<Outcome> {
  const { stdin = new Uint8Array(0), env = {}, columns, brokenPipe } = world;
  const terminal = columns === undefined ? {} : { isTTY: true, columns };
  const input = stdin instanceof Uint8Array ? Readable.from([Buffer.from(stdin)]) : stdin;
  const stdout = new Sink(brokenPipe);
  const stderr = new Sink();
  const io: Io = {
    stdin: Object.assign(input, terminal),
    stdout: Object.assign(stdout, terminal),
    stderr: Object.assign(stderr, terminal),
    env,
    signal: world.signal ?? new AbortController().signal,
  };
  const code = await main(argv, io);
  const decoder = new TextDecoder();
  return {
    code,
    stdout: stdout.bytes,
    text: decoder.decode(stdout.bytes),
    stderr: decoder.decode(stderr.bytes),
  };
}
