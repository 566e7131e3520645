/**
 * Processes that live and die together: one a rank. When one fails, the others get a moment to say what
 * they saw and are then ended; nothing is left behind.
 *
 * A program (unlike a Node module of ours) may be a wrapper around the real one: `npx`, a shell. It leads
 * a process group of its own, and signals go to the whole group.
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
  readonly onExit?: (exit: ProcessExit) => void;
}

/** How long processes have to end by themselves, in milliseconds. */
export interface GroupOptions {
  /** After another one failed. Default 3000. */
  readonly settleMs?: number;
  /** After SIGTERM, before SIGKILL. Default 2000. */
  readonly graceMs?: number;
  /** Whether the others go on when one fails. Default false. */
  readonly outlives?: boolean;
}

const LAST_LINES = 20;
/** Time for the outputs of killed processes to end, milliseconds. Whoever still holds one got away. */
const CUT_MS = 1000;
const hasProcessGroups = process.platform !== 'win32';

/** A process and whether all its output has been read. */
interface Member {
  readonly child: ChildProcess;
  readonly leads: boolean;
  closed: boolean;
}

/** A running group. */
export class ProcessGroup {
  /** Resolves when every process has ended, in rank order. */
  readonly ended: Promise<readonly ProcessExit[]>;
  /** Processes that ended badly by themselves, the first one first. */
  readonly failures: ProcessExit[] = [];
  readonly #members: readonly Member[];
  readonly #lastLines: readonly string[][];
  readonly #settleMs: number;
  readonly #graceMs: number;
  readonly #outlives: boolean;
  #ending = false;

  constructor(
    specs: readonly ProcessSpec[],
    listeners: GroupListeners = {},
    options: GroupOptions = {},
  ) {
    this.#settleMs = options.settleMs ?? 3000;
    this.#graceMs = options.graceMs ?? 2000;
    this.#outlives = options.outlives ?? false;
    this.#lastLines = specs.map(() => []);
    this.#members = specs.map((spec) => ({
      child: start(spec),
      leads: !spec.ipc && hasProcessGroups,
      closed: false,
    }));
    for (const [rank, { child }] of this.#members.entries()) this.#listen(rank, child, listeners);
    // However this process ends, short of a signal it cannot see: nobody is left behind.
    const killAll = (): void => this.#signal('SIGKILL');
    process.once('exit', killAll);
    this.ended = Promise.all(
      this.#members.map((member, rank) => this.#exitOf(rank, member, listeners)),
    ).finally(() => process.removeListener('exit', killAll));
  }

  /** Process ids, in rank order; undefined for one that could not be started. */
  get pids(): readonly (number | undefined)[] {
    return this.#members.map(({ child }) => child.pid);
  }

  /** The last lines a process wrote to standard error or output. */
  lastLines(rank: number): readonly string[] {
    return this.#lastLines[rank]!;
  }

  /** Sends a message to every process that still listens. */
  broadcast(message: object): void {
    for (const { child } of this.#members)
      if (child.connected) child.send(message, () => undefined);
  }

  /**
   * Ends all processes: by `signal` now, by SIGKILL after the grace time. Resolves when they are gone.
   */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#ending = true;
    this.#signal(signal);
    const kill = setTimeout(() => this.#signal('SIGKILL'), this.#graceMs);
    const cut = setTimeout(() => this.#cutOff(), this.#graceMs + CUT_MS);
    await this.ended;
    clearTimeout(kill);
    clearTimeout(cut);
  }

  /** To every process that has not ended, and to what it has started. */
  #signal(signal: NodeJS.Signals): void {
    for (const { child, leads, closed } of this.#members) {
      if (closed || child.pid === undefined) continue;
      if (leads) signalGroup(child.pid, signal);
      else if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    }
  }

  /** `close` waits for the end of the outputs, which a process outside the group may hold open. */
  #cutOff(): void {
    for (const { child } of this.#members) {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }
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

  #exitOf(rank: number, member: Member, { onExit }: GroupListeners): Promise<ProcessExit> {
    return new Promise((resolve) => {
      const settle = (exit: ProcessExit): void => {
        if (member.closed) return;
        member.closed = true;
        if (exit.code !== 0) this.#failed(exit);
        onExit?.(exit);
        resolve(exit);
      };
      member.child.on('error', (error) => settle({ rank, code: null, signal: null, error }));
      // `close` comes after the last line of output.
      member.child.once('close', (code, signal) => settle({ rank, code, signal }));
    });
  }

  /** The others see for themselves what happened; who does not end in time is ended. */
  #failed(exit: ProcessExit): void {
    if (this.#ending) return;
    this.failures.push(exit);
    if (this.failures.length > 1 || this.#outlives) return;
    const timer = setTimeout(() => void this.end(), this.#settleMs);
    void this.ended.then(() => clearTimeout(timer));
  }
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    // ESRCH: nobody is left in it. EPERM: nor is anybody of ours (macOS also says so of zombies).
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

function start({ command, args, env, ipc }: ProcessSpec): ChildProcess {
  const options = { env: { ...process.env, ...env } };
  if (ipc) return fork(command, [...args], { ...options, silent: true });
  return spawn(command, [...args], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: hasProcessGroups,
  });
}

/** How a process ended, in words. */
export function describeExit({ rank, code, signal, error }: ProcessExit): string {
  if (error) return `rank ${rank} could not be started: ${error.message}`;
  return signal ? `rank ${rank} was ended by ${signal}` : `rank ${rank} exited with code ${code}`;
}
