/** Entry of a rank's process: measures as it is told, and what rank 0 finds goes to the parent. */
import { tellParent } from '../launch/tell.ts';
import { init } from '../worker/init.ts';
import { measureNetwork, type MeasureOptions, type NetworkMeasurement } from './network.ts';

/** Rank → parent. */
export type FromMeasuringRank =
  | { readonly type: 'progress'; readonly done: number; readonly all: number }
  | { readonly type: 'result'; readonly measurement: NetworkMeasurement }
  | { readonly type: 'fatal'; readonly message: string };

const tell = (message: FromMeasuringRank): Promise<void> => tellParent(message);

async function measure(options: MeasureOptions): Promise<void> {
  const communicator = await init();
  const isFirst = communicator.rank === 0;
  const measurement = await measureNetwork(communicator, {
    ...options,
    ...(isFirst && { onProgress: (done, all) => void tell({ type: 'progress', done, all }) }),
  });
  await communicator.close();
  if (isFirst) await tell({ type: 'result', measurement });
}

// Ctrl-C reaches the whole process group; the parent decides what happens then.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', (options: MeasureOptions) => {
  measure(options)
    .catch(async (error: unknown) => {
      process.exitCode = 1;
      await tell({
        type: 'fatal',
        message: error instanceof Error ? error.message : String(error),
      });
    })
    .finally(() => process.disconnect());
});
