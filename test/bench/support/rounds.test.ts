import { describe, expect, it } from 'vitest';
import { checkAll, CheckError, selectCases, type BenchCase } from '../../../bench/support/case.ts';
import { QUICK, rotated, runRounds } from '../../../bench/support/rounds.ts';

function caseOf(name: string, own: Partial<BenchCase> = {}): BenchCase {
  return { name, facts: {}, references: {}, check: () => ({}), run: () => Math.sqrt(2), ...own };
}

describe('rounds', () => {
  it('are the same cases, each starting at another place', () => {
    const items = [0, 1, 2, 3, 4];
    const orders = [0, 1, 2].map((round) => rotated(items, round, 3));
    expect(orders).toEqual([
      [0, 1, 2, 3, 4],
      [1, 2, 3, 4, 0],
      [3, 4, 0, 1, 2],
    ]);
  });

  it('give every case a time of one operation for each round, in rotated order', async () => {
    const order: string[] = [];
    const cases = ['a', 'b', 'c'].map((name) =>
      caseOf(name, { operations: name === 'a' ? 1000 : 1 }),
    );
    const timings = await runRounds(cases, 3, QUICK, (done, total, name) => {
      expect([done, total]).toEqual([order.length, 9]);
      order.push(name);
    });
    expect(order.join('')).toBe('abcbcacab');
    for (const name of ['a', 'b', 'c']) expect(timings.get(name)).toHaveLength(3);
    for (const times of timings.values()) for (const time of times) expect(time).toBeGreaterThan(0);
  });

  it('prepare a case before each timing, and call nothing else meanwhile', async () => {
    let prepared = '';
    const cases = ['a', 'b'].map((name) =>
      caseOf(name, {
        prepare: () => {
          prepared = name;
        },
        run: () => expect(prepared).toBe(name),
      }),
    );
    await runRounds(cases, 2, QUICK);
  });

  it('never let calls of an asynchronous case overlap', async () => {
    let running = 0;
    let most = 0;
    let calls = 0;
    const waits = caseOf('waits', {
      run: async () => {
        calls++;
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running--;
      },
    });
    await runRounds([waits], 2, QUICK);
    expect(calls).toBeGreaterThan(2);
    expect(most).toBe(1);
  });

  it('take the word of a case that measures itself, once a round', async () => {
    let calls = 0;
    const run = () => Promise.resolve(++calls);
    const timings = await runRounds([caseOf('far', { measuresItself: true, run })], 3, QUICK);
    expect(timings.get('far')).toEqual([1, 2, 3]);
  });

  it('clean up behind a case before the next is prepared, whether it failed or not', async () => {
    const order: string[] = [];
    const cases = ['a', 'b'].map((name) =>
      caseOf(name, {
        prepare: () => Promise.resolve().then(() => void order.push(`${name} begins`)),
        finish: () => Promise.resolve().then(() => void order.push(`${name} ends`)),
        ...(name === 'b' && { run: () => Promise.reject(new Error('broken')) }),
      }),
    );
    await expect(runRounds(cases, 1, QUICK)).rejects.toThrow('broken');
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
    order.length = 0;
    await checkAll(cases);
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('end with the error of a case that fails, in whatever way', async () => {
    const error = new Error('broken');
    const throws = (): never => {
      throw error;
    };
    await expect(runRounds([caseOf('a', { run: throws })], 1, QUICK)).rejects.toBe(error);
    const rejects = (): Promise<never> => Promise.reject(error);
    await expect(runRounds([caseOf('a', { run: rejects })], 1, QUICK)).rejects.toBe(error);
  });

  it('leave the console as it was', async () => {
    const { log } = console;
    await runRounds([caseOf('a')], 1, QUICK);
    expect(console).toHaveProperty('log', log);
  });
});

describe('cases', () => {
  it('are selected with what they are compared with', () => {
    const cases = [caseOf('copy'), caseOf('naive'), caseOf('qsgd', { references: { c: 'copy' } })];
    const names = (filter?: RegExp): string[] => selectCases(cases, filter).map(({ name }) => name);
    expect(names()).toEqual(['copy', 'naive', 'qsgd']);
    expect(names(/qsgd/)).toEqual(['copy', 'qsgd']);
    const chain = [caseOf('copy'), caseOf('one', { references: { c: 'copy' } })];
    chain.push(caseOf('two', { references: { o: 'one' } }));
    expect(selectCases(chain, /two/).map(({ name }) => name)).toEqual(['copy', 'one', 'two']);
    expect(names(/nothing/)).toEqual([]);
  });

  it('are checked before anything is timed, and a wrong one is named', async () => {
    const right = caseOf('right', { facts: { codec: 'none' }, check: () => ({ bits: 32 }) });
    expect((await checkAll([right])).get('right')).toEqual({ codec: 'none', bits: 32 });
    const wrong = caseOf('wrong', { check: () => Promise.reject(new Error('3 is not 4')) });
    const failure = checkAll([right, wrong]);
    await expect(failure).rejects.toThrow(CheckError);
    await expect(failure).rejects.toThrow('wrong: 3 is not 4');
  });
});
