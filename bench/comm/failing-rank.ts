/**
 * A rank of which one is lost, or whose memory is looked at. Says what happens to it, a line of JSON each.
 *
 * usage: failing-rank loop <deadline, ms>     all-reduces until that fails: { ready }, then { at, code }
 *        failing-rank memory <bytes>          a few all-reduces of so many bytes: { megabytes }
 */
import { allocateVector } from '../../codecs/index.ts';
import { init } from '../../src/comm.ts';

const [mode = '', argument = ''] = process.argv.slice(2);
const WARM_UP = 20;
const ALL_REDUCES = 20;
const LOOP_BYTES = 4_000_000;

const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

/** Milliseconds since 1970, finer than the clock of Date. */
const now = (): number => performance.timeOrigin + performance.now();

async function loop(deadlineMs: number): Promise<void> {
  const communicator = await init({ deadlineMs });
  const vector = allocateVector(LOOP_BYTES / 4);
  try {
    for (let i = 0; ; i++) {
      await communicator.allReduce(vector);
      if (i === WARM_UP) say({ ready: true });
    }
  } catch (error) {
    say({ at: now(), code: (error as { code?: string }).code ?? String(error) });
  }
  await communicator.close();
}

/** Resident memory beside the vector once the sums are made. */
async function memory(bytes: number): Promise<void> {
  const communicator = await init();
  const vector = allocateVector(bytes / 4);
  for (let i = 0; i < ALL_REDUCES; i++) await communicator.allReduce(vector);
  say({ megabytes: (process.memoryUsage.rss() - bytes) / 1e6 });
  await communicator.barrier();
  await communicator.close();
}

if (mode === 'loop') await loop(Number(argument));
else await memory(Number(argument));
