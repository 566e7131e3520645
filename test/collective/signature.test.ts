import { describe, expect, it } from 'vitest';
import { reducerOf, type ReduceName } from '../../src/collective/reducer.ts';
import { signatureOf, type Agreed } from '../../src/collective/signature.ts';
import { TYPES } from '../compliance/collective-job.ts';

const names: ReduceName[] = ['sum', 'min', 'max', 'prod'];
const own = { name: 'sum', combine: (): void => {} };

const ALL: Readonly<Record<string, readonly Agreed[]>> = {
  types: TYPES.map((type) => ({ type: new type(1), reducer: own, root: 3 })),
  reductions: [own, ...names.map(reducerOf)].map((reducer) => ({
    type: new Int8Array(0),
    reducer,
  })),
  roots: Array.from({ length: 16 }, (_, root) => ({ type: new Int8Array(0), root: root + 100 })),
};

describe('a signature', () => {
  it.each(Object.entries(ALL))('differs for all %s, the rest being equal', (_, all) => {
    const signatures = all.map(signatureOf);
    expect(new Set(signatures).size).toBe(all.length);
    for (const signature of signatures) {
      expect(signature).toBeGreaterThanOrEqual(0);
      expect(signature).toBeLessThan(16);
    }
  });
});
