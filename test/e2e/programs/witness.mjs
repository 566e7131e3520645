/**
 * Loaded into every rank of a job (`node --import`): writes down what the kernel has sent for each run.
 *
 * WITNESS is JSON: { folder, build, steps }.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { kernelBytes } from './kernel-bytes.mjs';

const rank = process.env.GRADWIRE_RANK;
const { folder, build, steps } = JSON.parse(process.env.WITNESS);

// The communication worker is a thread of the same process, which loads this too.
if (rank !== undefined && isMainThread) {
  const module = await import(new URL('src/worker/worker-exchange.js', build).href);
  const Exchange = module.WorkerExchange;
  const { allReduce } = Exchange.prototype;
  const begun = new WeakMap();
  Exchange.prototype.allReduce = async function (...args) {
    const run = begun.get(this) ?? { steps: 0, bytes: kernelBytes() };
    begun.set(this, run);
    await allReduce.apply(this, args);
    if (++run.steps < steps) return;
    const line = { codec: this.spec, rank: Number(rank), bytes: kernelBytes() - run.bytes };
    // Who leaves first takes its connections along, and the kernel forgets what they have sent.
    await this.communicator.barrier();
    appendFileSync(join(folder, `kernel-${rank}.jsonl`), `${JSON.stringify(line)}\n`);
  };
}
