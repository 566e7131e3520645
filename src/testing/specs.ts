/** Specs of all built-in codecs, drawn from the registry: a new codec needs no line here. */
import fc from 'fast-check';
import { isGradwireError, parseCodec, registry } from '../../codecs/index.ts';

/** Values to try for any parameter; each parameter's own parser says which it takes. */
const numbers: readonly string[] =
  '1 2 3 5 7 8 15 16 31 32 63 64 127 512 4096 100000 0.001 0.01 0.05 0.1 0.3 0.5 0.9 2.5'.split(
    ' ',
  );

type Parameter = (typeof registry)[keyof typeof registry]['parameters'][number];

/** Texts that a parameter accepts: numbers, and the words that its description names. */
function admissible(parameter: Parameter): string[] {
  const words = parameter.allowed.split(/[^a-z0-9-]+/);
  const texts = [...new Set([...numbers, ...words])];
  return texts.filter((text) => text !== '' && parameter.parse(text) !== undefined);
}

/** The canonical form of a spec, or undefined when it is refused. */
function canonical(spec: string): string | undefined {
  try {
    return parseCodec(spec).spec;
  } catch (error) {
    if (isGradwireError(error)) return undefined;
    throw error;
  }
}

function isSelect(stage: string): boolean {
  return canonical(`${stage}/none`) !== undefined;
}

/** One stage with any subset of its parameters. */
function stageOf(name: string, parameters: readonly Parameter[]): fc.Arbitrary<string> {
  const values = parameters.map((parameter) =>
    fc.option(
      fc.constantFrom(...admissible(parameter)).map((text) => `${parameter.key}=${text}`),
      { nil: undefined },
    ),
  );
  return fc.tuple(...values).map((pairs) => {
    const given = pairs.filter((pair) => pair !== undefined);
    return given.length > 0 ? `${name}:${given.join(',')}` : name;
  });
}

/**
 * Canonical specs of every built-in stage with admissible parameters, alone and composed, with and
 * without `+ef`.
 */
export function specs(): fc.Arbitrary<string> {
  const stages = Object.entries(registry).map(([name, { parameters }]) =>
    stageOf(name, parameters).filter((stage) => canonical(stage) !== undefined),
  );
  const stage = fc.oneof(...stages);
  const selects = stage.filter(isSelect);
  const values = stage.filter((text) => !isSelect(text));
  const chain = fc.oneof(
    stage,
    fc.tuple(selects, values).map((parts) => parts.join('/')),
  );
  return fc
    .tuple(chain, fc.constantFrom('', '+ef'))
    .map((parts) => canonical(parts.join('')))
    .filter((spec) => spec !== undefined);
}
