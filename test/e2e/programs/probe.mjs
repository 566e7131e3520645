/**
 * Loaded into every process of a job before anything else (`node --import`): ranks leave a trace of
 * themselves, and some of them come to harm at given steps.
 *
 * PROBE is JSON: { folder, build, harms: [{ rank, step, harm }] }, at most one of a rank. Steps count the exchanges
 * of a process from 1; with `microseconds`, a signal comes that long after the exchange has begun, whatever the rank
 * does then. With `operation` instead of `step`, the harm is done in the middle of that operation on files of
 * checkpoints.
 */
import { existsSync, writeFileSync } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { isMainThread, Worker } from 'node:worker_threads';

const rank = process.env.GRADWIRE_RANK;
const { folder, build, harms: planned } = JSON.parse(process.env.PROBE);
const mine = planned.find(({ rank: victim }) => victim === Number(rank));
const { step, microseconds, operation, harm } = mine ?? {};

const mark = () => writeFileSync(join(folder, 'harm-done'), String(Date.now()));

/** What to do before the exchange of step `step`. */
const harms = {
  SIGKILL: () => process.kill(process.pid, 'SIGKILL'),
  SIGSTOP: () => process.kill(process.pid, 'SIGSTOP'),
  'SIGKILL parent': () => process.kill(process.ppid, 'SIGKILL'),
  'SIGINT parent': () => process.kill(process.ppid, 'SIGINT'),
  'SIGTERM parent': () => process.kill(process.ppid, 'SIGTERM'),
  // The parent leads the process group, as it does in a terminal.
  'SIGKILL group': () => process.kill(-process.ppid, 'SIGKILL'),
  'SIGINT group': () => process.kill(-process.ppid, 'SIGINT'),
  nan: (gradient) => {
    gradient[3] = Number.NaN;
  },
  drift: (gradient) => {
    gradient[0] += 1;
  },
  crash: () => {
    process.stderr.write('the first thing it said\nthe last thing it said\n');
    process.exit(7);
  },
};

/** Waits on a thread of its own, so the moment does not depend on what the others do, and sends the signal. */
const LATER = `
  const { workerData } = require('node:worker_threads');
  const { begun, microseconds, signal } = workerData;
  Atomics.wait(begun, 0, 0);
  Atomics.wait(begun, 0, 1, microseconds / 1000);
  process.kill(process.pid, signal);
`;

/** @returns what begins the time */
function prepareSignal() {
  const begun = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { begun, microseconds, signal: harm };
  new Worker(LATER, { eval: true, workerData, execArgv: [] }).unref();
  return () => {
    Atomics.store(begun, 0, 1);
    Atomics.notify(begun, 0);
  };
}

async function prepareHarm() {
  const act = microseconds === undefined ? harms[harm] : prepareSignal();
  const module = await import(new URL('src/worker/worker-exchange.js', build).href);
  const Exchange = module.WorkerExchange;
  const { allReduce } = Exchange.prototype;
  let steps = 0;
  Exchange.prototype.allReduce = async function (gradient, ...rest) {
    const due = ++steps === step;
    if (due) mark();
    if (due && harm !== 'drift') act(gradient);
    await allReduce.call(this, gradient, ...rest);
    if (due && harm === 'drift') act(gradient);
  };
}

/** Counts what is done to files of checkpoints, and does the harm before the given operation, or half-way. */
function prepareFileHarm() {
  let operations = 0;
  const count = (path) => {
    if (!String(path).includes('checkpoints') || ++operations !== operation) return;
    mark();
    harms[harm]();
  };
  const { open } = files;
  for (const name of ['mkdir', 'rename', 'rm', 'readdir']) {
    const original = files[name];
    files[name] = (path, ...rest) => {
      count(path);
      return original(path, ...rest);
    };
  }
  files.open = async (path, ...rest) => {
    count(path);
    const handle = await open(path, ...rest);
    const writeFile = handle.writeFile.bind(handle);
    handle.writeFile = async (bytes, ...options) => {
      if (operations + 1 === operation) await handle.write(bytes, 0, bytes.length >> 1);
      count(path);
      return writeFile(bytes, ...options);
    };
    return handle;
  };
  syncBuiltinESMExports();
}

/** Stops the process when its work is done and it is about to leave. */
async function stopAtTheEnd() {
  const module = await import(new URL('src/worker/worker-communicator.js', build).href);
  const Communicator = module.WorkerCommunicator;
  const { close } = Communicator.prototype;
  Communicator.prototype.close = function () {
    mark();
    process.kill(process.pid, 'SIGSTOP');
    return close.call(this);
  };
}

/** Takes the port rank 0 is about to listen on, the first time. */
function takePort() {
  if (existsSync(join(folder, 'harm-done'))) return Promise.resolve();
  mark();
  return new Promise((resolve) => {
    const server = createServer().unref();
    server.listen(Number(process.env.MASTER_PORT), process.env.MASTER_ADDR, resolve);
  });
}

// The communication worker is a thread of the same process, which loads this too.
if (rank !== undefined && isMainThread) {
  const trace = { rank: Number(rank), pid: process.pid, port: Number(process.env.MASTER_PORT) };
  writeFileSync(join(folder, `trace-${process.pid}.json`), JSON.stringify(trace));
  if (mine !== undefined) {
    if (harm === 'crash at start') throw new Error('broken from the start');
    else if (harm === 'SIGSTOP at start') process.kill(process.pid, 'SIGSTOP');
    else if (harm === 'SIGINT parent at start') process.kill(process.ppid, 'SIGINT');
    else if (harm === 'port taken') await takePort();
    else if (operation !== undefined) prepareFileHarm();
    else if (harm === 'SIGSTOP at the end') await stopAtTheEnd();
    else await prepareHarm();
  }
}
