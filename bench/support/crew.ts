/**
 * Processes that stay: one a rank, each does what it is asked and answers, so that starting them is not timed.
 * This side asks; crew-rank.ts is the other.
 */
import { fileURLToPath } from 'node:url';
import { describeExit, ProcessGroup } from '../../src/launch/process-group.ts';
import { newJob, rankVariables, type Job } from '../../src/launch/ranks.ts';
import type { CrewMessage, CrewReply } from './crew-rank.ts';

/** How long ranks get to leave in order, milliseconds. */
const LEAVE_MS = 5000;

interface Call<Answer> {
  readonly answers: Map<number, Answer>;
  readonly resolve: (answers: Answer[]) => void;
  readonly reject: (error: Error) => void;
}

/** All ranks of a job. Calls are made one after another. */
export class Crew<Request, Answer> {
  readonly #size: number;
  readonly #group: ProcessGroup;
  #call: Call<Answer> | undefined;

  private constructor(module: URL, args: readonly string[], job: Job) {
    this.#size = job.size;
    const specs = Array.from({ length: job.size }, (_, rank) => ({
      command: fileURLToPath(module),
      args,
      env: rankVariables(rank, job),
      ipc: true,
    }));
    this.#group = new ProcessGroup(specs, {
      onMessage: (rank, message) => this.#hear(rank, message as CrewReply<Answer>),
    });
    void this.#group.ended.then(() => this.#lost());
  }

  /** Starts `size` processes of a module that calls `serve`. */
  static async start<Request, Answer>(
    module: URL,
    size: number,
    args: readonly string[] = [],
  ): Promise<Crew<Request, Answer>> {
    return new Crew(module, args, await newJob(size));
  }

  /** Asks all ranks the same. @returns their answers, by rank @throws the first rank's error */
  ask(request: Request): Promise<Answer[]> {
    return new Promise((resolve, reject) => {
      if (this.#group.failures.length > 0) {
        reject(this.#failure());
        return;
      }
      if (this.#call) {
        reject(new Error('the ranks are still busy with the last call'));
        return;
      }
      this.#call = { answers: new Map(), resolve, reject };
      this.#group.broadcast({ type: 'ask', request } satisfies CrewMessage<Request>);
    });
  }

  /** Ranks leave; those that do not are ended. */
  async close(): Promise<void> {
    this.#group.broadcast({ type: 'leave' } satisfies CrewMessage<Request>);
    const timer = setTimeout(() => void this.#group.end(), LEAVE_MS);
    await this.#group.ended;
    clearTimeout(timer);
  }

  #hear(rank: number, reply: CrewReply<Answer>): void {
    const call = this.#call;
    if (!call) return;
    if ('error' in reply) {
      this.#call = undefined;
      call.reject(new Error(`rank ${rank}: ${reply.error}`));
      return;
    }
    call.answers.set(rank, reply.answer);
    if (call.answers.size < this.#size) return;
    this.#call = undefined;
    call.resolve(Array.from({ length: this.#size }, (_, i) => call.answers.get(i)!));
  }

  #lost(): void {
    this.#call?.reject(this.#failure());
  }

  #failure(): Error {
    const [failure] = this.#group.failures;
    if (!failure) return new Error('the ranks have left');
    const said = this.#group.lastLines(failure.rank).join('\n  ');
    return new Error(`${describeExit(failure)}\n  ${said}`);
  }
}
