/** What a communication worker runs: it meets the other ranks, then takes calls until it is told to end. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { adoptMemory, vectorMemory } from '../../codecs/memory.ts';
import type { EngineCommunicator } from '../collective/engine-communicator.ts';
import { init, type InitOptions } from '../rendezvous/init.ts';
import { traceTo } from '../trace/files.ts';
import { equipEngines } from './engine-memory.ts';
import { WorkerHost } from './host.ts';
import type { WorkerData } from './start.ts';

const { memory, port, signal, options } = workerData as WorkerData & { port: MessagePort };
const host = new WorkerHost(port, signal);
process.on('uncaughtException', (error) => {
  host.fatal(error);
  process.exit(1);
});

const givenUp = new AbortController();
parentPort!.on('message', (message: string) => {
  if (message === 'give up') givenUp.abort();
  else end();
});

function end(): void {
  host.report({ kind: 'ended', regions: vectorMemory()?.handOver() ?? [] });
  port.close();
  parentPort!.close();
}

try {
  if (memory !== undefined) adoptMemory(memory);
  equipEngines();
  const given: InitOptions = { ...options, dedicatedThread: true, signal: givenUp.signal };
  const communicator = (await init(given)) as EngineCommunicator;
  traceTo(options.env?.['GRADWIRE_TRACE'], communicator.rank);
  host.report({ kind: 'result', id: 0, value: host.serve(communicator) });
} catch (error) {
  host.failed(error);
}
