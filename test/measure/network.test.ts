import { describe, expect, it } from 'vitest';
import { AlgorithmChoice } from '../../src/collective/cost-model.ts';
import { choicesOf, measureNetwork } from '../../src/measure/network.ts';
import { createMemoryCommunicators } from '../../src/rendezvous/memory.ts';

describe('a network', () => {
  it('is measured alike on all ranks, with every algorithm at every length', async () => {
    const { communicators, close } = createMemoryCommunicators(3);
    const ticks: number[] = [];
    const measured = await Promise.all(
      communicators.map((c) =>
        measureNetwork(c, {
          lengths: [4, 4000],
          budget: 0.001,
          ...(c.rank === 0 && { onProgress: (done) => ticks.push(done) }),
        }),
      ),
    );
    for (const { model, allReduce, ranks, transport } of measured) {
      expect({ ranks, transport }).toEqual({ ranks: 3, transport: 'memory' });
      // What all ranks measure together they all know; adding bytes is a rank's own affair.
      expect(model.secondsPerMessage).toBe(measured[0]!.model.secondsPerMessage);
      expect(model.secondsPerByte).toBe(measured[0]!.model.secondsPerByte);
      expect(model.secondsPerMessage).toBeGreaterThan(0);
      expect(model.secondsPerReducedByte).toBeGreaterThan(0);
      expect(allReduce.map(({ bytes }) => bytes)).toEqual([4, 4000]);
      for (const { seconds, predicted, chosen } of allReduce) {
        expect(Object.keys(seconds)).toEqual(['ring', 'recursive-doubling', 'halving-doubling']);
        for (const time of Object.values(seconds)) expect(time).toBeGreaterThan(0);
        // The choice is the cheapest by the model, which need not be the fastest.
        expect(predicted[chosen]).toBe(Math.min(...Object.values(predicted)));
      }
    }
    expect(ticks).toEqual(Array.from({ length: 10 }, (_, i) => i + 1));
    await close();
  });

  it('of long waits has other algorithms than one of few bytes a second', () => {
    const lengths = [4, 100_000_000];
    const of = (secondsPerMessage: number, secondsPerByte: number): string[] => {
      const model = { secondsPerMessage, secondsPerByte, secondsPerReducedByte: 0 };
      const choices = choicesOf(new AlgorithmChoice(2 ** 20, model), 8, lengths);
      expect(choices).toHaveLength(8);
      return [...choices.find(({ operation }) => operation === 'allReduce')!.algorithms];
    };
    expect(of(1, 0)).toEqual(['recursive-doubling', 'recursive-doubling']);
    expect(of(0, 1e-9)[1]).not.toBe('recursive-doubling');
  });
});
