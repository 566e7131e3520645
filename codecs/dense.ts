/** A chain of one value stage: every element is sent. */
import type { AdditiveValues, CodecTraits } from './codec.ts';
import type { BodyCodec } from './staged.ts';
import type { ValueStage } from './stage.ts';

const rawValues: AdditiveValues = {
  count: (length) => length,
  project: (gradient, values) => values.set(gradient),
  expand: (values, out) => out.set(values),
};

function denseTraits(stage: ValueStage, feedback: boolean): CodecTraits {
  return {
    unbiased: stage.unbiased,
    support: 'dense',
    feedback,
    ...(stage.omega && { omega: stage.omega }),
    ...(stage.delta && { delta: stage.delta }),
    ...(stage.range && { range: stage.range }),
    ...(stage.block && { block: stage.block }),
    ...(stage.wholeScale && { wholeScale: true }),
  };
}

/** Body of a dense codec: the stage's body. */
export function denseBody(stage: ValueStage, feedback: boolean): BodyCodec {
  return {
    traits: denseTraits(stage, feedback),
    keyed: false,
    maxBodyBytes: stage.maxBodyBytes,
    ...(stage.checksFinite && { checksFinite: true }),
    encodeBody: stage.encode,
    ...(stage.encodeWithResidual && { encodeWithResidual: stage.encodeWithResidual }),
    decodeBody(body, header, out) {
      const checked = stage.check(body, header.length);
      const target = out ?? new Float32Array(header.length);
      stage.decode(checked, target);
      return target;
    },
    addBody(body, header, sum, weight) {
      stage.add(stage.check(body, header.length), sum, weight);
    },
    sections: (body, header) => stage.sections(body, header.length),
    ...(stage.raw && { values: rawValues }),
  };
}
