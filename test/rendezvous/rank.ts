/**
 * One rank of a job in a process of its own; takes its place from the environment.
 *
 * usage: rank.mjs MODE [DEADLINE_MS]
 *   sums   a few collectives, their results, then an orderly end
 *   loop   all-reduces until something goes wrong, then what it was
 *
 * Prints one JSON object a line.
 */
import { init } from '../../src/comm.ts';

function say(message: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function sums(): Promise<void> {
  const communicator = await init();
  const { rank, size } = communicator;
  const vector = Float32Array.from({ length: 100_003 }, (_, i) => (i % 100) + rank);
  await communicator.allReduce(vector);
  const parts = await communicator.allGatherV(new Uint8Array(1000 * rank).fill(rank));
  await communicator.barrier();
  say({
    rank,
    size,
    vector: vector.every((x, i) => x === size * (i % 100) + (size * (size - 1)) / 2),
    parts: parts.map((part) => part.length),
    sent: communicator.stats.sent.payloadBytes,
  });
  await communicator.close();
}

async function loop(deadlineMs: number): Promise<void> {
  const communicator = await init({ deadlineMs });
  const { rank } = communicator;
  const vector = new Float32Array(1_000_000);
  try {
    await communicator.barrier();
    say({ rank, ready: true });
    for (;;) await communicator.allReduce(vector);
  } catch (error) {
    const { name, code, waitingFor, rank: culprit } = error as Record<string, unknown>;
    say({ rank, name, code, culprit, waitingFor });
  }
  await communicator.close();
  say({ rank, closed: true });
}

const [mode, deadlineMs] = process.argv.slice(2);
if (mode === 'sums') await sums();
else await loop(Number(deadlineMs));
