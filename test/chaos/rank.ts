/**
 * One rank of a chaotic job: runs random operations, checks every result, and goes on with the survivors when
 * something goes wrong. Once it has gone on, it runs `AFTERWARDS` operations more and leaves.
 *
 * usage: rank.js SEED SILENCE_MS
 * Prints one JSON object a line: `ready`; for each failure `name`, `code`; for each recovery `survivors`, the
 * ranks at the start; at the end `done`, the number of operations, or `evicted`.
 */
import { EvictedError, init, type Communicator } from '../../src/comm.ts';
import { isGradwireError } from '../../proto/errors.ts';

const AFTERWARDS = 20;
const [seed = 0, silenceMs = 10_000] = process.argv.slice(2).map(Number);

function say(message: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** The same random integers on all ranks, by operation. */
function integerOf(operation: number, stream: number, limit: number): number {
  let state = (seed * 7919 + operation * 104_729 + stream * 1_299_709) >>> 0;
  for (let i = 0; i < 3; i++) state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 1) >>> 0;
  return state % limit;
}

function assert(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`wrong result of ${what}`);
}

type Work = (communicator: Communicator, length: number, root: number) => Promise<void>;

const valueOf = (rank: number): number => rank + 1;
const sumOf = (size: number): number => (size * (size + 1)) / 2;

const OPERATIONS: readonly Work[] = [
  async (c, length) => {
    const vector = new Float32Array(length).fill(valueOf(c.rank));
    await c.allReduce(vector);
    assert(
      vector.every((x) => x === sumOf(c.size)),
      'allReduce',
    );
  },
  async (c, length, root) => {
    const vector = new Int32Array(length).fill(c.rank === root ? length : -1);
    await c.broadcast(vector, { root });
    assert(
      vector.every((x) => x === length),
      'broadcast',
    );
  },
  async (c, length) => {
    const all = await c.allGather(new Uint16Array(length).fill(valueOf(c.rank)));
    assert(
      all.every((x, i) => x === valueOf(Math.floor(i / length))),
      'allGather',
    );
  },
  async (c, length) => {
    const own = await c.reduceScatter(new Float64Array(length).fill(valueOf(c.rank)));
    assert(
      own.every((x) => x === sumOf(c.size)),
      'reduceScatter',
    );
  },
  async (c) => c.barrier(),
  async (c, length) => {
    const into = new Uint8Array(length);
    const [next, previous] = [(c.rank + 1) % c.size, (c.rank + c.size - 1) % c.size];
    await c.sendReceive(next, new Uint8Array(length).fill(c.rank), previous, into, { tag: 5 });
    assert(
      into.every((x) => x === previous),
      'sendReceive',
    );
  },
  async (c, length) => {
    const parts = await c.allGatherV(new Uint8Array(length * c.rank).fill(c.rank));
    assert(
      parts.every((part, rank) => part.length === length * rank && part.every((x) => x === rank)),
      'allGatherV',
    );
  },
  // Several in flight.
  async (c, length) => {
    const vectors = [1, 2, 3].map((k) => new Float32Array(length).fill(k * valueOf(c.rank)));
    await Promise.all(vectors.map((vector) => c.allReduce(vector)));
    assert(
      vectors.every((vector, k) => vector.every((x) => x === (k + 1) * sumOf(c.size))),
      'three allReduces',
    );
  },
];

/** From an element to a few megabytes; long ones are rare. */
function lengthOf(operation: number): number {
  return 1 + integerOf(operation, 1, 2 ** (2 + integerOf(operation, 2, 17)));
}

async function operate(communicator: Communicator, operation: number): Promise<void> {
  const work = OPERATIONS[integerOf(operation, 3, OPERATIONS.length)]!;
  const root = integerOf(operation, 4, communicator.size);
  await work(communicator, lengthOf(operation), root);
}

/** Ranks at the start, by their present numbers. */
let survivors: readonly number[] = [];

async function goOn(communicator: Communicator): Promise<Communicator> {
  const next = await communicator.shrink();
  survivors = next.formerRanks.map((rank) => survivors[rank]!);
  say({ survivors });
  return next;
}

async function live(first: Communicator): Promise<number> {
  let communicator = first;
  let hasRecovered = false;
  let last = Infinity;
  survivors = first.formerRanks;
  for (let operation = 0; operation < last;) {
    try {
      if (!hasRecovered && communicator.epoch > 0) {
        // Where does everybody stand? The operation of the one that is ahead has ended on it alone.
        const most = Float64Array.of(operation);
        await communicator.allReduce(most, { op: 'max' });
        operation = most[0]!;
        last = operation + AFTERWARDS;
        hasRecovered = true;
      }
      await operate(communicator, operation);
      operation++;
    } catch (error) {
      if (!isGradwireError(error)) throw error;
      const { name, code } = error;
      say({ name, code, at: Date.now() });
      communicator = await goOn(communicator);
      hasRecovered = false;
    }
  }
  await communicator.close();
  return last;
}

const communicator = await init({
  deadlineMs: 20_000,
  heartbeatMs: Math.min(100, silenceMs),
  silenceMs,
});
say({ ready: true });
try {
  say({ done: await live(communicator) });
} catch (error) {
  if (!(error instanceof EvictedError)) throw error;
  say({ evicted: error.survivors });
  await communicator.close();
}
