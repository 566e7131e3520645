/**
 * Processes that live and die together: one a rank. When one fails, the others get a moment to say what
 * they saw and are then ended; nothing is left behind.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** One process to start. */
export interface ProcessSpec {
  /** Program, or a Node module when `ipc` is set. */
  readonly command: string;
  readonly args: readonly string[];
  /** Added to this process's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Start `command` as a Node module with a message channel. */
  readonly ipc?: boolean;
}

/** How a process ended. */
export interface ProcessExit {
  readonly rank: number;
  /** Exit code, null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not be started. */
  readonly error?: Error;
}

/** What a group tells while it runs. */
export interface GroupListeners {
  readonly onLine?: (rank: number, stream: 'stdout' | 'stderr', line: string) => void;
  readonly onMessage?: (rank: number, message: unknown) => void;
}

/** How long processes have to end by themselves, in milliseconds. */
export interface GroupOptions {
  /** After another one failed. Default 3000. */
  readonly settleMs?: number;
  /** After SIGTERM, before SIGKILL. Default 2000. */
  readonly graceMs?: number;
}

const LAST_LINES = 20;

/** A running group. */
export class ProcessGroup {
  /** Resolves when every process has ended, in rank order. */
  readonly ended: Promise<readonly ProcessExit[]>;
  /** The first process that ended badly, if one has. */
  failure: ProcessExit | undefined;
  readonly #children: readonly ChildProcess[];
  readonly #lastLines: readonly string[][];
  readonly #settleMs: number;
  readonly #graceMs: number;
  #ending = false;

  constructor(
    specs: readonly ProcessSpec[],
    listeners: GroupListeners = {},
    options: GroupOptions = {},
  ) {
    this.#settleMs = options.settleMs ?? 3000;
    this.#graceMs = options.graceMs ?? 2000;
    this.#lastLines = specs.map(() => []);
    this.#children = specs.map(start);
    for (const [rank, child] of this.#children.entries()) this.#listen(rank, child, listeners);
    this.ended = Promise.all(this.#children.map((child, rank) => this.#exitOf(rank, child)));
  }

  /** Process ids, in rank order; undefined for one that could not be started. */
  get pids(): readonly (number | undefined)[] {
    return this.#children.map(({ pid }) => pid);
  }

  /** The last lines a process wrote to standard error or output. */
  lastLines(rank: number): readonly string[] {
    return this.#lastLines[rank]!;
  }

  /** Sends a message to every process that still listens. */
  broadcast(message: object): void {
    for (const child of this.#children) if (child.connected) child.send(message, () => undefined);
  }

  /** Ends all processes: SIGTERM now, SIGKILL after the grace time. Resolves when they are gone. */
  async end(): Promise<void> {
    this.#ending = true;
    this.#signal('SIGTERM');
    const kill = setTimeout(() => this.#signal('SIGKILL'), this.#graceMs);
    await this.ended;
    clearTimeout(kill);
  }

  #signal(signal: NodeJS.Signals): void {
    for (const child of this.#children)
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  }

  #listen(rank: number, child: ChildProcess, { onLine, onMessage }: GroupListeners): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const input = child[stream];
      if (!input) continue;
      createInterface({ input }).on('line', (line) => {
        const lines = this.#lastLines[rank]!;
        lines.push(line);
        if (lines.length > LAST_LINES) lines.shift();
        onLine?.(rank, stream, line);
      });
    }
    if (onMessage) child.on('message', (message) => onMessage(rank, message));
  }

  #exitOf(rank: number, child: ChildProcess): Promise<ProcessExit> {
    return new Promise((resolve) => {
      const settle = (exit: ProcessExit): void => {
        if (exit.code !== 0) this.#failed(exit);
        resolve(exit);
      };
      child.once('error', (error) => settle({ rank, code: null, signal: null, error }));
      // `close` comes after the last line of output.
      child.once('close', (code, signal) => settle({ rank, code, signal }));
    });
  }

  /** The others see for themselves what happened; who does not end in time is ended. */
  #failed(exit: ProcessExit): void {
    if (this.#ending) return;
    this.failure ??= exit;
    this.#ending = true;
    const timer = setTimeout(() => void this.end(), this.#settleMs);
    void this.ended.then(() => clearTimeout(timer));
  }
}

function start({ command, args, env, ipc }: ProcessSpec): ChildProcess {
  const options = { env: { ...process.env, ...env } };
  if (ipc) return fork(command, [...args], { ...options, silent: true });
  return spawn(command, [...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** How a process ended, in words. */
export function describeExit({ rank, code, signal, error }: ProcessExit): string {
  if (error) return `rank ${rank} could not be started: ${error.message}`;
  return signal ? `rank ${rank} was ended by ${signal}` : `rank ${rank} exited with code ${code}`;
}
