/**
 * A user's training program, as far as `gradwire launch` and `gradwire/comm` are concerned. Prints a line
 * of JSON a result.
 *
 * usage: node rank.mjs MODE
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createExchange } from 'gradwire';
import { init } from 'gradwire/comm';

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const gradientOf = (rank, length = 5000) =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * (rank + 1)) / (rank + 1));

/** Runs `body` on the communicator and says what it failed with, if it did. */
async function together(body, options = {}) {
  let communicator;
  try {
    communicator = await init(options);
    await body(communicator);
  } catch (error) {
    const { name, code, message, values, missing, rank } = error;
    say({ name, code, message, values, missing, culprit: rank });
    process.exitCode = 3;
  }
  await communicator?.close();
}

const modes = {
  environment() {
    const names = ['RANK', 'WORLD_SIZE', 'LOCAL_RANK', 'LOCAL_WORLD_SIZE', 'MASTER_ADDR'];
    say(Object.fromEntries(names.map((name) => [name, process.env[name]])));
    process.stderr.write('to standard error\nwithout an end');
  },

  async mean() {
    await together(async (communicator) => {
      const exchange = await createExchange(communicator, { codec: 'qsgd', seed: 4 });
      const gradient = gradientOf(communicator.rank);
      await exchange.allReduce(gradient);
      const hash = createHash('sha256').update(gradient).digest('hex');
      say({ rank: communicator.rank, size: communicator.size, hash });
    });
  },

  async transport() {
    await together(async (communicator) => {
      await communicator.barrier();
      const { GRADWIRE_SECRET = '' } = process.env;
      const secret = createHash('sha256').update(GRADWIRE_SECRET).digest('hex');
      say({ transport: communicator.transport, bytes: GRADWIRE_SECRET.length, secret });
    });
  },

  async disagree() {
    await together(async (communicator) => {
      const codec = communicator.rank === 1 ? 'terngrad' : 'bf16';
      await createExchange(communicator, { codec });
    });
  },

  async nan() {
    await together(async (communicator) => {
      const exchange = await createExchange(communicator, { codec: 'topk:density=0.1+ef' });
      for (let step = 0; step < 10; step++) {
        const gradient = gradientOf(communicator.rank);
        if (step === 4 && communicator.rank === 1) gradient[17] = Number.NaN;
        await exchange.allReduce(gradient);
      }
    });
  },

  /** Rank 2 has something else to do. */
  async absent() {
    if (process.env.RANK === '2') await sleep(600_000);
    await together(() => {}, { rendezvousMs: 1500 });
  },

  async fail() {
    say({ pid: process.pid });
    await together(async (communicator) => {
      await communicator.barrier();
      if (communicator.rank === 1) process.exit(5);
      // The others notice nothing.
      await sleep(600_000);
    });
  },

  /** When all are there, rank 0 sends the launcher a signal. */
  async signal(name) {
    say({ pid: process.pid });
    process.on('SIGINT', () => say({ heard: 'SIGINT' }));
    await together(async (communicator) => {
      await communicator.barrier();
      if (communicator.rank === 0) process.kill(Number(process.env.LAUNCHER ?? process.ppid), name);
      await sleep(600_000);
    });
  },

  /** Like `signal`, but ends in order. */
  async orderly() {
    say({ pid: process.pid });
    process.on('SIGINT', () => {
      say({ saved: true });
      process.exit(0);
    });
    await together(async (communicator) => {
      await communicator.barrier();
      if (communicator.rank === 0) process.kill(process.ppid, 'SIGINT');
      await sleep(600_000);
    });
  },

  /** Does not mind anything but SIGKILL; rank 0 sends the launcher two signals. */
  async stubborn() {
    say({ pid: process.pid });
    process.on('SIGINT', () => {});
    process.on('SIGTERM', () => {});
    await together(async (communicator) => {
      await communicator.barrier();
      if (communicator.rank === 0) {
        process.kill(process.ppid, 'SIGINT');
        process.on('SIGINT', () => process.kill(process.ppid, 'SIGINT'));
      }
      await sleep(600_000);
    });
  },
};

const [mode, ...args] = process.argv.slice(2);
await modes[mode](...args);
