/** Ranks that are operating-system processes of their own, and say what happens to them line by line, as JSON. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { ROOT } from '../house/structure.ts';
import { listenAsMaster } from '../../src/rendezvous/init.ts';

export type Line = Readonly<Record<string, unknown>>;

/** A rank's process. */
export interface RankProcess {
  readonly child: ChildProcess;
  readonly lines: Line[];
  /** Resolves with the exit code (null after a signal) once all output is there. */
  readonly exit: Promise<number | null>;
  /** Resolves with the next line that has this key. */
  said(key: string): Promise<Line>;
}

/** What to start. */
export interface LaunchPlan {
  readonly size: number;
  readonly args: readonly string[];
  /** Further variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Words before the command, such as those that run it on another host. */
  readonly on?: (rank: number) => readonly string[];
}

/** A program of ranks, made from the sources. */
export class RankProgram {
  readonly #folder: string;
  readonly #script: string;
  readonly #running: Set<ChildProcess> = new Set();

  private constructor(folder: string, script: string) {
    this.#folder = folder;
    this.#script = script;
  }

  /** @param entry source file, from the root of the repository */
  static async build(entry: string): Promise<RankProgram> {
    const folder = mkdtempSync(join(tmpdir(), 'gradwire-ranks-'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    await build({
      // The library looks for the program of its worker beside itself.
      entryPoints: {
        rank: join(ROOT, entry),
        'worker-main': join(ROOT, 'src/worker/worker-main.ts'),
      },
      outdir: folder,
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'error',
    });
    return new RankProgram(folder, join(folder, 'rank.js'));
  }

  /** One process a rank, with the usual variables. */
  start(size: number, ...args: string[]): Promise<RankProcess[]> {
    return this.launch({ size, args });
  }

  async launch({ size, args, env = {}, on = () => [] }: LaunchPlan): Promise<RankProcess[]> {
    const { port, close } = await listenAsMaster();
    close();
    return Array.from({ length: size }, (_, rank) =>
      this.#start([...on(rank), process.execPath, this.#script, ...args], {
        RANK: String(rank),
        WORLD_SIZE: String(size),
        MASTER_PORT: String(port),
        ...env,
      }),
    );
  }

  /** Nobody is left behind. */
  killAll(): void {
    for (const child of this.#running) child.kill('SIGKILL');
    this.#running.clear();
  }

  remove(): void {
    this.killAll();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(
    [command = '', ...args]: readonly string[],
    env: Readonly<Record<string, string>>,
  ): RankProcess {
    const { PATH = '' } = process.env;
    const child = spawn(command, args, {
      env: { PATH, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#running.add(child);
    child.once('close', () => this.#running.delete(child));
    const lines: Line[] = [];
    let heard: () => void = () => {};
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(JSON.parse(line) as Line);
      heard();
    });
    const exit = once(child, 'close').then(([code]) => {
      heard();
      return code as number | null;
    });
    return {
      child,
      lines,
      exit,
      async said(key) {
        for (;;) {
          const line = lines.find((candidate) => key in candidate);
          if (line !== undefined) return line;
          if (child.exitCode !== null || child.signalCode !== null)
            throw new Error(`the rank ended without saying ${key}: ${JSON.stringify(lines)}`);
          await new Promise<void>((resolve) => {
            heard = resolve;
          });
        }
      },
    };
  }
}
