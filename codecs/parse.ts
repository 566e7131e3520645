/** Specs to codecs. */
import { ArgumentTypeError } from '../proto/errors.ts';
import { codecIds, type CodecName } from '../proto/ids.ts';
import type { Codec } from './codec.ts';
import { CustomCodec } from './custom.ts';
import { denseBody } from './dense.ts';
import { rawStage } from './none.ts';
import type { BuiltStage } from './registry-types.ts';
import { registry } from './registry.ts';
import { SparseBody } from './sparse.ts';
import {
  failFor,
  formatStage,
  readParameters,
  splitSpec,
  type ChainSpec,
  type Fail,
  type StageSpec,
} from './spec.ts';
import { StagedCodec, type BodyCodec } from './staged.ts';

/** Options of `parseCodec`. */
export interface ParseOptions {
  /** Users' own codecs (`defineCodec`) that the spec may name. */
  readonly codecs?: readonly Codec[] | undefined;
}

/** A stage with its canonical text and wire id. */
type NamedStage = BuiltStage & { readonly text: string; readonly id: number };

function isCodecName(name: string): name is CodecName {
  return Object.hasOwn(registry, name);
}

function buildStage(stage: StageSpec, feedback: boolean, fail: Fail): NamedStage {
  const { name } = stage;
  if (!isCodecName(name))
    return fail(`unknown codec "${name}"; known: ${Object.keys(registry).join(', ')}`);
  const definition = registry[name];
  const values = readParameters(stage, definition.parameters, feedback, fail);
  const built = definition.build({ values, feedback, fail });
  const text = formatStage(name, values, definition.parameters, feedback);
  return { ...built, text, id: codecIds[name] };
}

/** Canonical chain: a `none` behind a select stage says nothing and is dropped. */
function canonicalChain(stages: readonly NamedStage[]): readonly NamedStage[] {
  const [first, second] = stages;
  const redundant = stages.length === 2 && first!.role === 'select' && second!.text === 'none';
  return redundant ? [first!] : stages;
}

function bodyOf(stages: readonly NamedStage[], feedback: boolean, fail: Fail): BodyCodec {
  const [first, second] = stages;
  if (stages.length > 2)
    fail('a chain has at most two stages: topk or randomk, then a value codec');
  if (first!.role === 'values') {
    if (second)
      fail(`${first!.text} cannot be followed by "/": only topk and randomk select values`);
    return denseBody(first!.stage, feedback);
  }
  if (second?.role === 'select')
    fail(`${second.text} cannot follow "/": it does not encode values`);
  const value = second?.role === 'values' ? second.stage : rawStage;
  return new SparseBody(first!.stage, value, feedback);
}

function buildCodec(chain: ChainSpec, fail: Fail): StagedCodec {
  const { feedback } = chain;
  const stages = canonicalChain(chain.stages.map((stage) => buildStage(stage, feedback, fail)));
  const body = bodyOf(stages, feedback, fail);
  const spec = stages.map(({ text }) => text).join('/') + (feedback ? '+ef' : '');
  const ids = stages.map(({ id }) => id);
  return new StagedCodec(spec, ids, body, (self) =>
    feedback ? self : buildCodec({ stages: chain.stages, feedback: true }, failFor(`${spec}+ef`)),
  );
}

/** A user's codec whose spec, with or without `+ef`, is `spec`. */
function findCustom(spec: string, codecs: readonly Codec[]): CustomCodec | undefined {
  for (const codec of codecs) {
    if (!(codec instanceof CustomCodec)) continue;
    if (codec.spec === spec) return codec;
    if (`${codec.spec}+ef` === spec) return codec.withFeedback();
  }
  return undefined;
}

/**
 * The codec that a spec names; see `codecs/README.md` for all of them.
 * @example parseCodec('topk:density=0.01/qsgd:levels=3+ef').spec
 * @throws CodecSpecError naming the codec, key or value at fault and what is allowed
 */
export function parseCodec(spec: string, options: ParseOptions = {}): Codec {
  if (typeof spec !== 'string')
    throw new ArgumentTypeError(`"spec" must be a string, got ${typeof spec}`);
  return findCustom(spec, options.codecs ?? []) ?? parseBuiltIn(spec);
}

/** `parseCodec` for chains of built-in stages. */
export function parseBuiltIn(spec: string): StagedCodec {
  const fail = failFor(spec);
  return buildCodec(splitSpec(spec, fail), fail);
}
