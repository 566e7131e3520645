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

/**
 * Units in flat order. The first rule that matches a tensor wins; empty tensors belong to no unit.
 * @param perTensor give each tensor a unit of its own
 */
export function cutUnits(
  layout: Layout,
  codec: Codec,
  rules: readonly ParsedRule[],
  perTensor: boolean,
): Unit[] {
  const units: Unit[] = [];
  for (const bucket of layout.buckets) {
    let open: { offset: number; length: number; codec: Codec } | undefined;
    for (const tensor of bucket.tensors) {
      const chosen = rules.find((rule) => matches(rule, tensor))?.codec ?? codec;
      if (open && open.codec.spec === chosen.spec && !perTensor) open.length += tensor.length;
      else {
        if (open) units.push({ index: units.length, ...open });
        open = { offset: tensor.offset, length: tensor.length, codec: chosen };
      }
    }
    if (open) units.push({ index: units.length, ...open });
  }
  return units.filter(({ length }) => length > 0).map((unit, index) => ({ ...unit, index }));
}
