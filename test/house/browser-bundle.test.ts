import { webcrypto } from 'node:crypto';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build, type BuildResult } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { encode, kernelBackend } from '../../codecs/index.ts';
import { ROOT } from './structure.ts';

/** Bounds of the minified bundle with some room (154 and 54 kB when recorded); raise on purpose only. */
const RAW_BYTES = 180_000;
const GZIP_BYTES = 66_000;

function bundle(
  entry: { contents: string } | { file: string },
): Promise<BuildResult<{ write: false; metafile: true }>> {
  const input =
    'file' in entry
      ? { entryPoints: [entry.file] }
      : { stdin: { contents: entry.contents, resolveDir: ROOT, loader: 'ts' as const } };
  return build({
    ...input,
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'gradwire',
    target: 'es2022',
    minify: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
}

/** Runs a script where only the language and three web globals exist, and returns its value. */
function runLikeABrowser(script: string): unknown {
  const web = { TextDecoder, TextEncoder, crypto: webcrypto };
  return runInContext(script, createContext(web));
}

const SPECS = ['none', 'bf16', 'qsgd:levels=7', 'terngrad', 'topk:density=0.1', 'randomk:k=5'];

describe('codecs in a browser', () => {
  let result: Awaited<ReturnType<typeof bundle>>;

  beforeAll(async () => {
    result = await bundle({ file: 'codecs/index.ts' });
  });

  it('bundle without Node modules, shims or externals, within the recorded size', () => {
    const inputs = Object.keys(result.metafile.inputs);
    expect(inputs.filter((path) => /^\(disabled\)|^node:/.test(path))).toEqual([]);
    expect(Object.values(result.metafile.outputs).flatMap((output) => output.imports)).toEqual([]);

    const bytes = result.outputFiles[0]!.contents;
    const gzipped = gzipSync(bytes, { level: 9 }).length;
    console.log(`gradwire/codecs for browsers: ${bytes.length} bytes, ${gzipped} gzipped`);
    expect(bytes.length).toBeLessThan(RAW_BYTES);
    expect(gzipped).toBeLessThan(GZIP_BYTES);
  });

  it.each(SPECS)('encode %s to the same bytes as in Node, and decode them', (spec) => {
    const values = Array.from({ length: 100 }, (_, i) => Math.fround(Math.sin(i * i)));
    const script = `${result.outputFiles[0]!.text}
      const payload = gradwire.encode(${JSON.stringify(spec)}, Float32Array.from(${JSON.stringify(values)}), { seed: 5 });
      [Array.from(payload), gradwire.decode(payload).length]`;
    const payload = encode(spec, Float32Array.from(values), { seed: 5 });
    expect(runLikeABrowser(script)).toEqual([Array.from(payload), 100]);
  });

  it('run on the same kernels as in Node', () => {
    const script = `${result.outputFiles[0]!.text} gradwire.kernelBackend()`;
    expect(runLikeABrowser(script)).toBe(kernelBackend());
  });

  it('would be refused if they imported a Node module or used a Node global', async () => {
    await expect(bundle({ contents: "import 'node:fs';" })).rejects.toThrow('node:fs');
    expect(() => runLikeABrowser('Buffer.alloc(1)')).toThrow('Buffer is not defined');
  });
});
