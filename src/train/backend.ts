/**
 * Which TensorFlow.js backend computes the gradients. Three are known, in order of preference:
 *
 * - `node`: @tensorflow/tfjs-node, native; an optional dependency, absent where its library could not
 *   be downloaded;
 * - `wasm`: @tensorflow/tfjs-backend-wasm with SIMD, read from node_modules, one thread;
 * - `cpu`: @tensorflow/tfjs-backend-cpu, plain JavaScript.
 */
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { BackendUnavailableError, UnknownNameError } from './errors.ts';
import { registerConv2dBackpropFilter } from './kernels/conv2d-backprop-filter.ts';
import { registerGradients } from './kernels/gradients.ts';

/** A backend as users name it. */
export type BackendName = 'node' | 'wasm' | 'cpu';

/** Every backend, in order of preference. */
export const backendNames: readonly BackendName[] = ['node', 'wasm', 'cpu'];

/** The backend in use. */
export interface Backend {
  readonly name: BackendName;
  /** One line for people: package, version, and what it runs on. */
  readonly description: string;
  /** The preferred ones that were passed over, and why. */
  readonly skipped: readonly { readonly name: BackendName; readonly reason: string }[];
}

/**
 * Loads a backend and makes it the current one of tfjs-core.
 *
 * @param choice a backend, or `auto` for the first that is present
 * @throws UnknownNameError when there is no such backend
 * @throws BackendUnavailableError when the chosen one is not usable here; the message says why
 */
export async function selectBackend(choice: BackendName | 'auto' = 'auto'): Promise<Backend> {
  if (choice !== 'auto') {
    if (!backendNames.includes(choice))
      throw new UnknownNameError('backend', String(choice), ['auto', ...backendNames]);
    return { name: choice, description: await activate(choice), skipped: [] };
  }
  const skipped: { name: BackendName; reason: string }[] = [];
  for (const name of backendNames) {
    try {
      return { name, description: await activate(name), skipped };
    } catch (error) {
      if (!(error instanceof BackendUnavailableError)) throw error;
      skipped.push({ name, reason: error.message });
    }
  }
  throw new BackendUnavailableError('auto', skipped.map(({ reason }) => reason).join('; '));
}

/** The backend in use; as tfjs calls it where it is none of ours. */
export function currentBackend(): string {
  const inUse = tf.getBackend();
  return backendNames.find((name) => LOADERS[name].tfjsName === inUse) ?? inUse;
}

/** How tfjs calls each backend, and how to load it. `load` returns the description. */
const LOADERS: Readonly<Record<BackendName, { tfjsName: string; load(): Promise<string> }>> = {
  node: { tfjsName: 'tensorflow', load: loadNode },
  wasm: { tfjsName: 'wasm', load: loadWasm },
  cpu: { tfjsName: 'cpu', load: loadCpu },
};

async function activate(name: BackendName): Promise<string> {
  // Silences advice tfjs would print on first use, about backends chosen here on purpose.
  tf.enableProdMode();
  const { tfjsName, load } = LOADERS[name];
  const description = await load().catch((cause: unknown) => {
    throw new BackendUnavailableError(name, explainLoadFailure(cause), { cause });
  });
  const ready = await withoutNewProcessListeners(() => tf.setBackend(tfjsName));
  if (!ready) throw new BackendUnavailableError(name, `tfjs could not initialise ${description}`);
  await tf.ready();
  registerGradients();
  return description;
}

async function loadNode(): Promise<string> {
  // Not a literal: the package, and with it its types, may be absent.
  const packageName: string = '@tensorflow/tfjs-node';
  const tfjsNode = (await import(packageName)) as { version: Record<string, string> };
  return `${packageName} ${tfjsNode.version['tfjs-node'] ?? ''}, native TensorFlow`;
}

async function loadWasm(): Promise<string> {
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  // tfjs takes the path at its first initialisation only and complains about later changes.
  if (!isInitialised('wasm')) wasm.setWasmPaths(join(root, 'dist') + sep);
  registerConv2dBackpropFilter('wasm');
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return `@tensorflow/tfjs-backend-wasm ${wasm.version_wasm}, ${simd ? 'SIMD' : 'no SIMD'}, 1 thread`;
}

async function loadCpu(): Promise<string> {
  const { version_cpu } = await import('@tensorflow/tfjs-backend-cpu');
  return `@tensorflow/tfjs-backend-cpu ${version_cpu}, plain JavaScript`;
}

function isInitialised(tfjsName: string): boolean {
  return tf.engine().registry[tfjsName] !== undefined;
}

function explainLoadFailure(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ERR_MODULE_NOT_FOUND') return 'its package is not installed';
  return `it could not be loaded (${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)})`;
}

const PROCESS_EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * The Emscripten runtime of the wasm backend installs process-wide handlers that rethrow, which turns
 * every later crash of the program into a page of minified source. They are taken off again.
 */
async function withoutNewProcessListeners<T>(work: () => Promise<T>): Promise<T> {
  const before = PROCESS_EVENTS.map((event) => new Set<unknown>(process.rawListeners(event)));
  try {
    return await work();
  } finally {
    PROCESS_EVENTS.forEach((event, i) => {
      for (const listener of process.rawListeners(event))
        if (!before[i]!.has(listener))
          process.removeListener(event, listener as (...args: unknown[]) => void);
    });
  }
}
