/**
 * What a thread of the crew runs: it waits for a word to change, calls the function that is asked
 * for, and says so. Plain JavaScript in a string: neither a bundler nor a loader has to find a file.
 */

/** Words of the control block, 32 bits each. */
export const CONTROL = { go: 0, done: 1, call: 2, result: 3 } as const;
/** Byte offset of the arguments, float64, behind the words. */
export const ARGUMENTS_AT = 64;
export const MAX_ARGUMENTS = 8;
export const CONTROL_BYTES: number = ARGUMENTS_AT + 8 * MAX_ARGUMENTS;
/** A call that ends the thread. */
export const STOP = -1;

export const WORKER_SOURCE: string = `
const { workerData } = require('node:worker_threads');
const { module, memory, control, names } = workerData;
const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports;
const words = new Int32Array(memory.buffer, control, 16);
const args = new Float64Array(memory.buffer, control + ${ARGUMENTS_AT}, ${MAX_ARGUMENTS});
for (let turn = 0; ; ) {
  Atomics.wait(words, ${CONTROL.go}, turn);
  turn = Atomics.load(words, ${CONTROL.go});
  const call = words[${CONTROL.call}];
  if (call === ${STOP}) break;
  words[${CONTROL.result}] = kernels[names[call]](...args);
  Atomics.store(words, ${CONTROL.done}, turn);
  Atomics.notify(words, ${CONTROL.done});
}
`;
