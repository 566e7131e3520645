import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bytesOfBase64 } from '../../../codecs/kernels/simd/wasm.ts';
import { ROOT } from '../../house/structure.ts';
import { packedBodyOf, planOf } from '../entropy/bodies.ts';

describe('the embedded module', () => {
  it('is what the AssemblyScript sources compile to today', () => {
    const fresh = mkdtempSync(join(tmpdir(), 'gradwire-wasm-'));
    try {
      execFileSync(process.execPath, [join(ROOT, 'scripts/build-wasm.mjs'), fresh]);
      const committed = join(ROOT, 'codecs/kernels/generated');
      expect(readdirSync(fresh).toSorted()).toEqual(readdirSync(committed).toSorted());
      for (const file of readdirSync(fresh))
        expect(readFileSync(join(committed, file), 'utf8'), `${file}: run npm run wasm:build`).toBe(
          readFileSync(join(fresh, file), 'utf8'),
        );
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  });

  it.each([0, 1, 2, 3, 4, 5, 100])('survives base64: %i bytes', (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 151 + 7) & 255);
    expect(bytesOfBase64(Buffer.from(bytes).toString('base64'))).toEqual(bytes);
  });
});

describe('the choice of kernels', () => {
  const fresh = () => import('../../../codecs/kernels/index.ts');

  beforeEach(() => {
    vi.resetModules();
    vi.stubEnv('GRADWIRE_KERNELS', undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
  });

  it('is SIMD where the platform has it', async () => {
    const { kernels } = await fresh();
    expect(kernels.name).toBe('simd');
  });

  it.each(['reference', 'simd'] as const)('follows GRADWIRE_KERNELS=%s', async (name) => {
    vi.stubEnv('GRADWIRE_KERNELS', name);
    const { kernels } = await fresh();
    expect(kernels.name).toBe(name);
  });

  it('names an environment variable it does not know', async () => {
    vi.stubEnv('GRADWIRE_KERNELS', 'avx');
    const { kernels } = await fresh();
    expect(() => kernels.name).toThrow(
      `"GRADWIRE_KERNELS" must be 'reference', 'simd' or 'auto', got "avx"`,
    );
  });

  it('can be made by the program, at any time', async () => {
    vi.stubEnv('GRADWIRE_KERNELS', 'simd');
    const { kernels, selectKernels } = await fresh();
    expect(selectKernels('reference')).toBe('reference');
    expect(kernels.name).toBe('reference');
    expect(selectKernels('auto')).toBe('simd');
    expect(kernels.name).toBe('simd');
    expect(() => selectKernels('best' as 'auto')).toThrow(RangeError);
    expect(kernels.name).toBe('simd');
  });

  const withoutSimd: [string, () => void][] = [
    ['WebAssembly is missing', () => vi.stubGlobal('WebAssembly', undefined)],
    [
      'compiling is refused',
      () => {
        const refuse = (): never => {
          throw new Error('compiling is refused here');
        };
        vi.stubGlobal('WebAssembly', { Memory: Object, Module: refuse });
      },
    ],
  ];

  it.each(withoutSimd)('falls back to the reference where %s', async (_, arrange) => {
    arrange();
    const { kernels } = await fresh();
    expect(kernels.name).toBe('reference');
    expect(kernels.firstNonFinite(Float32Array.of(1, NaN))).toBe(1);
  });

  it.each(withoutSimd)('refuses SIMD on request where %s', async (_, arrange) => {
    arrange();
    const { kernels, selectKernels } = await fresh();
    expect(() => selectKernels('simd')).toThrow(
      expect.objectContaining({ code: 'GRADWIRE_KERNELS_UNAVAILABLE' }),
    );
    expect(kernels.name).toBe('reference');
  });

  it('exposes every kernel of both back ends, with equal results', async () => {
    const { kernels, selectKernels } = await fresh();
    const x = Float32Array.from({ length: 500 }, (_, i) => Math.sin(i * i));
    const results = (['reference', 'simd'] as const).map((name) => {
      selectKernels(name);
      const half = new Uint8Array(1000);
      const indices = new Uint32Array(20);
      const decoded = new Float32Array(500);
      const sum = x.slice();
      kernels.encodeHalf(x, 'fp16', half);
      kernels.decodeHalf(half, 'fp16', decoded);
      kernels.addHalf(half, 'fp16', sum, 0.5);
      const body = packedBodyOf(new Uint8Array(500).fill(1), planOf(500, 1));
      const plan = planOf(500, 1);
      const counts = new Uint32Array(256);
      const frequencies = Uint16Array.of(0, 4096, 0);
      const sections = [new Uint8Array(63), new Uint8Array(16)] as const;
      kernels.countCodes(body, plan, counts);
      const lengths = [
        kernels.encodeElias(body, plan, sections[0]),
        kernels.encodeRans(body, plan, frequencies, sections[1]),
      ];
      const read = sections.map(() => body.slice().fill(0));
      kernels.decodeElias(sections[0], plan, read[0]!);
      kernels.decodeRans(sections[1], plan, frequencies, read[1]!);
      expect(read).toEqual([body, body]);
      const values = new Float32Array(20);
      kernels.selectTopK({ x }, 500, () => 20, { indices, values });
      const list = new Uint8Array(20);
      kernels.encodeIndices(
        indices,
        20,
        { parameter: 4, remainderBytes: 10, quotientBytes: 10 },
        list,
        0,
      );
      const rest = x.slice();
      kernels.addVectorBut(x, rest, { indices, values });
      return [
        counts,
        sections,
        lengths,
        kernels.firstNonFinite(x),
        kernels.firstNonFiniteSum(x, x),
        kernels.firstNonFiniteHalf(half, 'fp16'),
        half,
        indices,
        values,
        kernels.quotientSums(indices, 20, 3),
        list,
        decoded,
        sum,
        rest,
      ];
    });
    expect(results[0]).toEqual(results[1]);
  });
});
