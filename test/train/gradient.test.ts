import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ArgumentRangeError } from '../../proto/errors.ts';
import { Layout } from '../../src/gradient/index.ts';
import { createDataset } from '../../src/train/data/dataset.ts';
import type { ProblemKind } from '../../src/train/data/dataset.ts';
import { addLosses, expandTargets, lossFor, meanLoss, outputsFor } from '../../src/train/loss.ts';
import type { LossName } from '../../src/train/loss.ts';
import { buildModel, modelsFor } from '../../src/train/models/registry.ts';
import type { ModelName, Problem } from '../../src/train/index.ts';
import {
  evaluate,
  GradientComputer,
  initialParameters,
  selectBackend,
} from '../../src/train/index.ts';
import { SeededRandom } from '../../src/train/random.ts';
import { findTask } from '../../src/train/tasks.ts';
import { flattenPerceptron, perceptronGradient, toPerceptron } from '../oracle/train.ts';

const ROWS = 40;

/** Random samples of a shape, with labels that depend on them, so that gradients are not noise. */
function problemFor(
  modelName: ModelName,
  kind: ProblemKind,
  classes: number,
  shape: number[],
): Problem {
  const random = new SeededRandom(11, `${modelName} ${kind} ${classes}`);
  const width = shape.reduce((a, b) => a * b, 1);
  const features = Float32Array.from({ length: ROWS * width }, () => 2 * random.uniform() - 1);
  const sumOf = (row: number): number =>
    features.subarray(row * width, (row + 1) * width).reduce((a, b) => a + b, 0);
  const labels = Array.from({ length: ROWS }, (_, row) =>
    String(kind === 'regression' ? sumOf(row) : (row + (sumOf(row) > 0 ? 1 : 0)) % classes),
  );
  const table = { rows: ROWS, shape, features, labels, locateLabel: () => ({ path: 'test' }) };
  const dataset = createDataset(table, { kind, seed: 1 });
  const model = buildModel(modelName, { kind, shape, outputs: outputsFor(dataset) });
  return {
    task: kind,
    modelName,
    kind,
    metric: kind === 'regression' ? 'loss' : 'accuracy',
    dataset,
    model,
    loss: lossFor(dataset),
    layout: new Layout(model.parameters),
    recipe: findTask('classification').recipe,
  };
}

const CASES: [ModelName, ProblemKind, number, number[]][] = [
  ['linear', 'regression', 0, [5]],
  ['logistic', 'classification', 2, [5]],
  ['logistic', 'classification', 4, [5]],
  ['mlp', 'classification', 2, [6]],
  ['mlp', 'classification', 3, [6]],
  ['mlp', 'regression', 0, [6]],
  ['cnn', 'classification', 3, [8, 8, 1]],
  ['cnn', 'classification', 2, [5, 7, 3]],
  ['cnn', 'regression', 0, [8, 8, 1]],
];

const BATCH = 12;
const positions = Uint32Array.from({ length: BATCH }, (_, i) => 2 * i);

/** Parameters off their starting point, so that zeros and symmetries hide nothing. */
function parametersFor(problem: Problem): Float32Array {
  const random = new SeededRandom(12, 'shift');
  return initialParameters(problem.model, 3).map((x) => x + 0.2 * (random.uniform() - 0.5));
}

/** The mean loss over the batch by a forward pass and the losses in double precision. */
function lossAt(problem: Problem, parameters: Float32Array): number {
  const { dataset } = problem;
  const rows = Uint32Array.from(positions, (position) => dataset.train.rows[position]!);
  return evaluate(
    { ...problem, dataset: { ...dataset, test: { ...dataset.train, rows } } },
    parameters,
  ).loss;
}

/**
 * Largest distance, over the tensors, between the derivative along a random direction within the tensor
 * as `gradient` claims it and as central differences see it, relative to the gradient's norm.
 */
function distanceToDifferences(
  problem: Problem,
  parameters: Float32Array,
  gradient: Float32Array,
): number {
  const random = new SeededRandom(13, 'directions');
  const norm = Math.hypot(...gradient);
  const distances = problem.layout.tensors.map(({ offset, length }) => {
    const direction = new Float32Array(gradient.length);
    for (let i = offset; i < offset + length; i++) direction[i] = random.uniform() - 0.5;
    const size = Math.hypot(...direction);
    const step = 2e-3 / size;
    const along = (sign: number): number =>
      lossAt(
        problem,
        parameters.map((x, i) => x + sign * step * direction[i]!),
      );
    const seen = (along(1) - along(-1)) / (2 * step * size);
    const claimed = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0) / size;
    return Math.abs(seen - claimed) / norm;
  });
  return Math.max(...distances);
}

const DIFFERENCE_TOLERANCE = 2e-3;

describe('on the cpu backend', () => {
  beforeAll(async () => {
    await selectBackend('cpu');
  });

  it.each(CASES)('%s for %s (%i classes, %j) agrees with finite differences', (...args) => {
    const problem = problemFor(...args);
    const parameters = parametersFor(problem);
    const gradient = problem.layout.allocate();
    const loss = new GradientComputer(problem, BATCH).compute(parameters, positions, gradient);
    expect(loss).toBeCloseTo(lossAt(problem, parameters), 5);
    expect(distanceToDifferences(problem, parameters, gradient)).toBeLessThan(DIFFERENCE_TOLERANCE);
    // The same check must see a gradient that is wrong in its smallest tensor only.
    const last = problem.layout.tensors.at(-1)!;
    const wrong = gradient.map((g, i) => (i >= last.offset ? -g : g));
    expect(distanceToDifferences(problem, parameters, wrong)).toBeGreaterThan(
      10 * DIFFERENCE_TOLERANCE,
    );
  });

  it('covers every model', () => {
    const covered = new Set(CASES.map(([model]) => model));
    expect([...covered].sort()).toEqual(
      [...new Set([...modelsFor('classification'), ...modelsFor('regression')])].sort(),
    );
  });
});

describe.each(['cpu', 'wasm'] as const)('on the %s backend', (backend) => {
  beforeAll(async () => {
    await selectBackend(backend);
  });

  it('the perceptron agrees with loops in double precision', () => {
    const problem = problemFor('mlp', 'classification', 3, [6]);
    const { dataset, layout } = problem;
    const parameters = parametersFor(problem);
    const gradient = layout.allocate();
    const loss = new GradientComputer(problem, BATCH).compute(parameters, positions, gradient);
    const samples = Array.from(positions, (position) => {
      const row = dataset.train.rows[position]!;
      const raw = [...dataset.train.features.subarray(row * 6, row * 6 + 6)];
      const { mean, scale } = dataset.standardiser;
      return {
        x: raw.map((value, j) => Math.fround((value - mean[j]!) * scale[j]!)),
        label: dataset.train.targets[row]!,
      };
    });
    const oracle = perceptronGradient(toPerceptron(parameters, 6, 128, 3), samples);
    expect(Math.abs(loss - oracle.loss)).toBeLessThan(1e-6);
    const expected = flattenPerceptron(oracle.gradient);
    expect(expected).toHaveLength(gradient.length);
    const distance = Math.max(...expected.map((value, i) => Math.abs(value - gradient[i]!)));
    expect(distance).toBeLessThan(1e-6);
  });

  it.each(CASES)('%s for %s (%i classes, %j) is cut into micro-batches without loss', (...args) => {
    const problem = problemFor(...args);
    const parameters = parametersFor(problem);
    const [whole, parts] = [problem.layout.allocate(), problem.layout.allocate()];
    const loss = new GradientComputer(problem, BATCH).compute(parameters, positions, whole);
    const sum = new GradientComputer(problem, BATCH, 4).compute(parameters, positions, parts);
    expect(sum).toBeCloseTo(loss, 5);
    const scale = Math.hypot(...whole);
    expect(Math.hypot(...whole.map((g, i) => g - parts[i]!)) / scale).toBeLessThan(1e-5);
  });

  it('keeps no tensor from one step to the next, nor after an evaluation', () => {
    for (const args of CASES) {
      const problem = problemFor(...args);
      const parameters = parametersFor(problem);
      const gradient = problem.layout.allocate();
      const computer = new GradientComputer(problem, BATCH);
      const before = tf.memory().numTensors;
      for (let step = 0; step < 5; step++) {
        computer.compute(parameters, positions, gradient);
        evaluate(problem, parameters);
        expect(tf.memory().numTensors, `${args[0]} at step ${step}`).toBe(before);
      }
    }
  });

  it('counts right answers and losses like the tensors do', () => {
    const cases: [LossName, number[], number[], number][] = [
      ['squared', [1, 2, -3], [0, 2, -1], 0],
      ['logistic', [3, -2, 0.5, -80], [1, 0, 0, 1], 2],
      ['softmax', [1, 2, 3, 90, 0, -90, 0.1, 0.2, 0], [2, 0, 0], 2],
    ];
    for (const [name, outputs, targets, correct] of cases) {
      const sum = { loss: 0, correct: 0 };
      const goal = Float32Array.from(targets);
      addLosses(name, Float32Array.from(outputs), goal, sum);
      const expanded = new Float32Array(outputs.length);
      expandTargets(name, goal, expanded);
      const shape: [number, number] = [targets.length, outputs.length / targets.length];
      const tensorLoss = tf.tidy(() =>
        meanLoss(name, tf.tensor2d(outputs, shape), tf.tensor2d(expanded, shape)).dataSync(),
      );
      expect(sum.loss / targets.length).toBeCloseTo(tensorLoss[0]!, 5);
      expect(sum.correct).toBe(correct);
    }
  });
});

describe('GradientComputer', () => {
  it('refuses a micro-batch that does not divide the batch', () => {
    const problem = problemFor('linear', 'regression', 0, [5]);
    expect(() => new GradientComputer(problem, 12, 5)).toThrow(ArgumentRangeError);
    expect(() => new GradientComputer(problem, 12, 24)).toThrow(ArgumentRangeError);
  });
});
