/** Measures between processes of this machine, which it starts and ends. */
import { fileURLToPath } from 'node:url';
import { GradwireError } from '../../proto/errors.ts';
import { describeExit, ProcessGroup } from '../launch/process-group.ts';
import { newJob, rankVariables } from '../launch/ranks.ts';
import type { MeasureOptions, NetworkMeasurement } from './network.ts';
import type { FromMeasuringRank } from './network-main.ts';

/** A rank could not measure. */
class MeasureError extends GradwireError {
  constructor(message: string) {
    super('GRADWIRE_RANK_PROCESS', message);
  }
}

const RANK_MAIN = fileURLToPath(new URL('./network-main.js', import.meta.url));

/**
 * Starts `ranks` processes and measures between them.
 * @throws GradwireError when one of them fails; the reason of the signal
 */
export async function measureOnThisMachine(
  ranks: number,
  { onProgress, ...plan }: MeasureOptions,
  signal: AbortSignal,
): Promise<NetworkMeasurement> {
  const job = await newJob(ranks);
  let measurement: NetworkMeasurement | undefined;
  let fatal: string | undefined;
  const hear = (rank: number, message: FromMeasuringRank): void => {
    if (message.type === 'progress') onProgress?.(message.done, message.all);
    else if (message.type === 'result') ({ measurement } = message);
    else fatal ??= `rank ${rank}: ${message.message}`;
  };
  const specs = Array.from({ length: ranks }, (_, rank) => ({
    command: RANK_MAIN,
    args: [],
    env: rankVariables(rank, job),
    ipc: true,
  }));
  const group = new ProcessGroup(specs, {
    onMessage: (rank, message) => hear(rank, message as FromMeasuringRank),
  });
  const stop = (): void => void group.end();
  signal.addEventListener('abort', stop);
  group.broadcast(plan);
  if (signal.aborted) stop();
  await group.ended;
  signal.removeEventListener('abort', stop);
  if (signal.aborted) throw signal.reason;
  const [failure] = group.failures;
  if (measurement !== undefined) return measurement;
  throw new MeasureError(fatal ?? (failure ? describeExit(failure) : 'the ranks found nothing'));
}
