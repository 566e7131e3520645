/**
 * One rank of a measurement: does what the plan in BENCH_PLAN says and, on rank 0, prints what it found as one
 * line of JSON. The place among the ranks comes from the usual variables.
 */
import { createExchange, allocateVector } from '../../src/index.ts';
import { init } from '../../src/worker/init.ts';
import type { Communicator } from '../../src/collective/communicator.ts';
import type { Findings, Plan } from './plan.ts';

const plan = JSON.parse(process.env['BENCH_PLAN']!) as Plan;
const bare = process.memoryUsage.rss();

/** One operation to be timed; returns its milliseconds. */
type Work = () => Promise<number>;

/** Gaussian numbers by Box and Muller, from a small generator: different on every rank. */
function gaussian(vector: Float32Array, seed: number): void {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  for (let i = 0; i < vector.length; i += 2) {
    const radius = 0.01 * Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    vector[i] = radius * Math.cos(angle);
    if (i + 1 < vector.length) vector[i + 1] = radius * Math.sin(angle);
  }
}

/** Occupies this thread. */
function compute(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

async function timed(work: () => Promise<unknown> | void): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Wrong sums fail the run before anything is timed. */
function check(vector: Float32Array, expected: number): void {
  const wrong = vector.findIndex((x) => x !== expected);
  if (wrong >= 0) throw new Error(`element ${wrong} is ${vector[wrong]}, not ${expected}`);
}

function allReduceWork(communicator: Communicator): Work {
  const { rank, size } = communicator;
  const vector = plan.heap ? new Float32Array(plan.bytes / 4) : allocateVector(plan.bytes / 4);
  let isChecked = false;
  return async () => {
    if (!isChecked) vector.fill(rank + 1);
    const milliseconds = await timed(() => {
      if (plan.sync) return communicator.allReduceSync(vector);
      const done = communicator.allReduce(vector);
      if (plan.computeMs !== undefined) compute(plan.computeMs);
      return done;
    });
    if (!isChecked) check(vector, (size * (size + 1)) / 2);
    isChecked = true;
    vector.fill(0, 0, 16);
    return milliseconds;
  };
}

async function exchangeWork(communicator: Communicator): Promise<Work> {
  const length = plan.bytes / 4;
  const exchange = await createExchange(communicator, { codec: plan.codec!, seed: 1 });
  const gradient = allocateVector(length);
  const work = allocateVector(length);
  gaussian(gradient, communicator.rank + 1);
  return async () => {
    work.set(gradient);
    await communicator.barrier();
    return await timed(() => exchange.allReduce(work));
  };
}

/** The slowest rank's time of each iteration. */
async function measure(communicator: Communicator): Promise<Findings> {
  const work =
    plan.codec === undefined ? allReduceWork(communicator) : await exchangeWork(communicator);
  const times: number[] = [];
  const cpu: number[] = [];
  for (let i = -plan.warmups; i < plan.iterations; i++) {
    // Who waits for a promise is told a little later, which would count as the other's time.
    if (plan.sync) communicator.barrierSync();
    else await communicator.barrier();
    const before = process.cpuUsage();
    const milliseconds = await work();
    const { user, system } = process.cpuUsage(before);
    const slowest = Float64Array.of(milliseconds);
    await communicator.allReduce(slowest, { op: 'max' });
    if (i < 0) continue;
    times.push(slowest[0]!);
    cpu.push((user + system) / 1000);
  }
  const { sent } = communicator.stats;
  const resident = Float64Array.of(process.memoryUsage.rss() - bare);
  await communicator.allReduce(resident, { op: 'max' });
  return { times, cpu, sentBytes: sent.socketBytes, residentBytes: resident[0]! };
}

const communicator = await init({ worker: plan.worker, deadlineMs: 120_000 });
const findings = await measure(communicator);
if (communicator.rank === 0) process.stdout.write(`${JSON.stringify(findings)}\n`);
await communicator.close();
