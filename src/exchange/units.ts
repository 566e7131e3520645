/** Cuts a layout into units: runs of tensors of one bucket that share a codec. */
import type { Codec } from '../../codecs/index.ts';
import type { Layout, TensorSlot } from '../gradient/layout.ts';
import type { Unit } from './unit.ts';

/** Chooses another codec for some tensors, for example float32 for small ones. */
export interface CodecRule {
  /** Tensors whose name contains this text or matches this expression; all if omitted. */
  readonly name?: string | RegExp;
  /** Tensors of at most so many elements; all if omitted. */
  readonly maxElements?: number;
  /** Codec or spec for them. */
  readonly codec: Codec | string;
}

/** A rule whose codec is parsed. */
export interface ParsedRule extends CodecRule {
  readonly codec: Codec;
}

function matches(rule: CodecRule, tensor: TensorSlot): boolean {
  const { name, maxElements = Infinity } = rule;
  if (tensor.length > maxElements) return false;
  if (name === undefined) return true;
  return typeof name === 'string' ? tensor.name.includes(name) : name.test(tensor.name);
}

/** What gets a payload of its own: `auto` is `layer` for codecs with one scale a payload, else `bucket`. */
export type Granularity = 'auto' | 'bucket' | 'tensor';

/**
 * Tensors from this size on open a unit of their own where one scale covers a payload; smaller ones (biases)
 * join the tensor before them. Layer-wise scales are what TernGrad prescribes (Wen et al. 2017, §3.2).
 */
const LAYER_ELEMENTS = 1024;

function startsUnit(tensor: TensorSlot, codec: Codec, granularity: Granularity): boolean {
  if (granularity === 'tensor') return true;
  return (
    granularity === 'auto' && codec.traits.wholeScale === true && tensor.length >= LAYER_ELEMENTS
  );
}

/**
 * Units in flat order. The first rule that matches a tensor wins; empty tensors belong to no unit.
 */
export function cutUnits(
  layout: Layout,
  codec: Codec,
  rules: readonly ParsedRule[],
  granularity: Granularity,
): Unit[] {
  const units: Unit[] = [];
  for (const bucket of layout.buckets) {
    let open: { offset: number; length: number; codec: Codec } | undefined;
    for (const tensor of bucket.tensors) {
      const chosen = rules.find((rule) => matches(rule, tensor))?.codec ?? codec;
      const joins = open?.codec.spec === chosen.spec && !startsUnit(tensor, chosen, granularity);
      if (open && joins) open.length += tensor.length;
      else {
        if (open) units.push({ index: units.length, ...open });
        open = { offset: tensor.offset, length: tensor.length, codec: chosen };
      }
    }
    if (open) units.push({ index: units.length, ...open });
  }
  return units.filter(({ length }) => length > 0).map((unit, index) => ({ ...unit, index }));
}
