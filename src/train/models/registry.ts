/** Every model, by name. */
import { UnknownNameError } from '../errors.ts';
import type { ProblemKind } from '../data/dataset.ts';
import { buildAffine } from './affine.ts';
import { buildCnn } from './cnn.ts';
import { buildMlp } from './mlp.ts';
import type { Model, ModelDefinition, ModelProblem } from './model.ts';

/** A model as users name it. */
export type ModelName = 'linear' | 'logistic' | 'mlp' | 'cnn';

const MODELS: Readonly<Record<ModelName, ModelDefinition>> = {
  linear: { kinds: ['regression'], build: buildAffine },
  logistic: { kinds: ['classification'], build: buildAffine },
  mlp: { kinds: ['classification', 'regression'], build: buildMlp },
  cnn: { kinds: ['classification', 'regression'], build: buildCnn },
};

/** The models that can learn a kind of problem. */
export function modelsFor(kind: ProblemKind): ModelName[] {
  return (Object.keys(MODELS) as ModelName[]).filter((name) => MODELS[name].kinds.includes(kind));
}

/**
 * @throws UnknownNameError when no model for this kind of problem has that name
 * @throws ArgumentRangeError when the samples do not suit the model
 */
export function buildModel(name: ModelName, problem: ModelProblem): Model {
  const allowed = modelsFor(problem.kind);
  if (!allowed.includes(name))
    throw new UnknownNameError('model', String(name), allowed, ` for ${problem.kind}`);
  return MODELS[name].build(problem);
}
