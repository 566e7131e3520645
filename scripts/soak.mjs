/**
 * Half an hour of all-reduces and compressed exchanges of many sizes between processes of this machine, and what that does to
 * their memory: fails when a result is wrong, or when resident memory, once warm, grows by more than `GROWTH_MB`.
 *
 * usage: npm run soak [-- --minutes 30] [--ranks 4]      (after npm run build)
 */
import { fileURLToPath } from 'node:url';
import { allocateVector } from '../dist/codecs/index.js';
import { createExchange } from '../dist/src/index.js';
import { init } from '../dist/src/comm.js';
import { ProcessGroup } from '../dist/src/launch/process-group.js';
import { newJob, rankVariables } from '../dist/src/launch/ranks.js';
import { readArguments } from './arguments.mjs';

const HELP = `usage: npm run soak -- [options]

  --minutes N   how long (default 30)
  --ranks N     processes (default 4)
  --help        this text
`;

/** Allowed growth of any rank over the whole time, by a line fitted to what follows the first third. */
const GROWTH_MB = 8;
const SAMPLE_MS = 5000;
const LONGEST = 2_000_000;
const CODECS = ['none', 'qsgd:levels=7+ef', 'topk:density=0.01+ef', 'bf16'];

const { values, refuse } = readArguments({ minutes: '30', ranks: '4' }, HELP);

/** One rank; rank 0 prints a line of JSON for each sample. @param {number} minutes */
async function soak(minutes) {
  const communicator = await init();
  const { rank, size } = communicator;
  const exchanges = [];
  for (const codec of CODECS)
    exchanges.push(await createExchange(communicator, { codec, seed: 1 }));
  const vector = allocateVector(LONGEST);
  const gradient = new Float32Array(100_000);
  const start = performance.now();
  let sampled = start;
  for (let round = 0; ; round++) {
    const part = vector.subarray(0, 1 + ((round * 7919) % LONGEST));
    part.fill(rank + 1);
    await communicator.allReduce(part);
    if (part[0] !== (size * (size + 1)) / 2) throw new Error(`wrong sum in round ${round}`);
    gradient.fill(1 / (round + 1));
    await exchanges[round % exchanges.length]?.allReduce(gradient);
    if (round % 16 !== 0) continue;
    const now = performance.now();
    const state = Float64Array.of(
      now - sampled > SAMPLE_MS ? 1 : 0,
      now - start > minutes * 6e4 ? 1 : 0,
    );
    await communicator.broadcast(state);
    if (state[0] === 1) {
      sampled = now;
      const megabytes = Float64Array.of(process.memoryUsage.rss() / 1e6);
      await communicator.allReduce(megabytes, { op: 'max' });
      const sample = { minutes: (now - start) / 6e4, megabytes: megabytes[0], rounds: round };
      if (rank === 0) process.stdout.write(`${JSON.stringify(sample)}\n`);
    }
    if (state[1] === 1) break;
  }
  await communicator.close();
}

/** Growth over the time of all samples. @param {{ minutes: number, megabytes: number }[]} samples */
function growthOf(samples) {
  const warm = samples.slice(Math.floor(samples.length / 3));
  /** @param {(sample: { minutes: number, megabytes: number }) => number} pick */
  const mean = (pick) => warm.reduce((sum, sample) => sum + pick(sample), 0) / warm.length;
  const [time, memory] = [mean(({ minutes }) => minutes), mean(({ megabytes }) => megabytes)];
  const slope =
    mean((sample) => (sample.minutes - time) * (sample.megabytes - memory)) /
    mean(({ minutes }) => (minutes - time) ** 2);
  return slope * (samples.at(-1)?.minutes ?? 0);
}

/** @param {number} ranks @param {number} minutes */
async function watch(ranks, minutes) {
  const job = await newJob(ranks);
  /** @type {{ minutes: number, megabytes: number }[]} */
  const samples = [];
  const specs = Array.from({ length: ranks }, (_, rank) => ({
    command: process.execPath,
    args: [fileURLToPath(import.meta.url), '--minutes', String(minutes)],
    env: rankVariables(rank, job),
  }));
  const group = new ProcessGroup(specs, {
    onLine: (rank, stream, line) => {
      if (stream === 'stderr') process.stderr.write(`[${rank}] ${line}\n`);
      else {
        const sample = JSON.parse(line);
        samples.push(sample);
        process.stdout.write(
          `${sample.minutes.toFixed(1)} of ${minutes} min: ${sample.megabytes.toFixed(1)} MB, ${sample.rounds} rounds\n`,
        );
      }
    },
  });
  await group.ended;
  if (group.failures.length > 0) return 1;
  if (samples.length < 6) refuse(`${samples.length} samples say nothing; give more --minutes`);
  const growth = growthOf(samples);
  process.stdout.write(`growth once warm: ${growth.toFixed(1)} MB; allowed: ${GROWTH_MB} MB\n`);
  return growth > GROWTH_MB ? 1 : 0;
}

/** @param {string} minutes @param {string} ranks */
async function main(minutes = '', ranks = '') {
  if (!(Number(minutes) > 0)) refuse(`--minutes must be a number above 0, got ${minutes}`);
  if (!/^[1-9]\d?$/.test(ranks)) refuse(`--ranks must be an integer from 1 to 99, got ${ranks}`);
  if (process.env['GRADWIRE_RANK'] !== undefined) await soak(Number(minutes));
  else process.exitCode = await watch(Number(ranks), Number(minutes));
}

await main(values['minutes'], values['ranks']);
