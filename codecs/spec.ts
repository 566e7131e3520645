/**
 * Grammar of codec specs.
 *
 *   spec  = stage { "/" stage } [ "+ef" ]
 *   stage = name [ ":" key "=" value { "," key "=" value } ]
 *
 * Names and keys are lower-case words; values are words or decimals. The canonical form has keys in
 * their documented order, leaves out values equal to the default, and writes the shortest decimal.
 */
import { CodecSpecError } from '../proto/errors.ts';

/** A parsed stage: values are still text. */
export interface StageSpec {
  readonly name: string;
  readonly values: ReadonlyMap<string, string>;
}

/** A parsed spec. */
export interface ChainSpec {
  readonly stages: readonly StageSpec[];
  readonly feedback: boolean;
}

/** Value of a parameter after parsing. */
export type ParameterValue = number | string;

/** Raises a CodecSpecError about the spec being parsed. */
export type Fail = (problem: string) => never;

/** One parameter of a stage. */
export interface Parameter {
  readonly key: string;
  /** What is allowed, in words, for help texts and errors. */
  readonly allowed: string;
  /** Value when the key is absent; undefined = the parameter may be missing. */
  readonly default?: ParameterValue | ((feedback: boolean) => ParameterValue);
  /** Parsed value, or undefined when the text is not allowed. */
  parse(text: string): ParameterValue | undefined;
}

const MAX_SPEC_LENGTH = 512;
const NAME = /^[a-z][a-z0-9-]*$/;
const VALUE = /^[a-z0-9.-]+$/;
const DECIMAL = /^(\d+(\.\d+)?|\.\d+)(e-?\d+)?$/;

function parseNumber(text: string): number | undefined {
  return DECIMAL.test(text) ? Number(text) : undefined;
}

/** An integer in [min, max]. */
export function integer(key: string, min: number, max: number, fallback?: number): Parameter {
  return {
    key,
    allowed: `an integer from ${min} to ${max}`,
    ...(fallback === undefined ? {} : { default: fallback }),
    parse: (text) => {
      const value = parseNumber(text);
      return value !== undefined && Number.isInteger(value) && value >= min && value <= max
        ? value
        : undefined;
    },
  };
}

/** A decimal in (above, max]; with `word`, that word stands for "not set" and is the default. */
export function decimal(key: string, above: number, max: number, word?: string): Parameter {
  return {
    key,
    allowed: `a number above ${above}, at most ${max}${word ? `, or ${word}` : ''}`,
    ...(word === undefined ? {} : { default: word }),
    parse: (text) => {
      if (text === word) return text;
      const value = parseNumber(text);
      return value !== undefined && value > above && value <= max ? value : undefined;
    },
  };
}

/** One of a few words; the first is the default unless one is given. */
export function choice(
  key: string,
  words: readonly string[],
  fallback?: (feedback: boolean) => string,
): Parameter {
  return {
    key,
    allowed: words.join(' or '),
    default: fallback ?? words[0]!,
    parse: (text) => (words.includes(text) ? text : undefined),
  };
}

/** Shortest decimal, without a plus sign. */
function formatValue(value: ParameterValue): string {
  return String(value).replace('e+', 'e');
}

function splitStage(text: string, fail: Fail): StageSpec {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  if (!NAME.test(name)) fail(`"${name}" is not a codec name`);
  const values = new Map<string, string>();
  if (colon < 0) return { name, values };
  for (const pair of text.slice(colon + 1).split(',')) {
    const [key, value, ...rest] = pair.split('=');
    if (key === undefined || value === undefined || rest.length > 0 || !NAME.test(key))
      fail(`"${pair}" is not of the form key=value`);
    if (!VALUE.test(value)) fail(`${key}="${value}" is not a word or a decimal`);
    if (values.has(key)) fail(`key "${key}" is given twice`);
    values.set(key, value);
  }
  return { name, values };
}

/** Splits a spec into stages. @throws CodecSpecError */
export function splitSpec(spec: string, fail: Fail): ChainSpec {
  if (spec.length > MAX_SPEC_LENGTH) fail(`longer than ${MAX_SPEC_LENGTH} characters`);
  const feedback = spec.endsWith('+ef');
  const chain = feedback ? spec.slice(0, -3) : spec;
  if (chain.includes('+')) fail('the only suffix is "+ef", once and at the end');
  return { stages: chain.split('/').map((stage) => splitStage(stage, fail)), feedback };
}

/** `fail` for a given spec. */
export function failFor(spec: string): Fail {
  return (problem) => {
    throw new CodecSpecError(spec, problem);
  };
}

function defaultOf(parameter: Parameter, feedback: boolean): ParameterValue | undefined {
  return typeof parameter.default === 'function' ? parameter.default(feedback) : parameter.default;
}

/** Parsed values of one stage, defaults filled in; keys without a value are absent. */
export function readParameters(
  stage: StageSpec,
  parameters: readonly Parameter[],
  feedback: boolean,
  fail: Fail,
): Map<string, ParameterValue> {
  const keys = parameters.map((parameter) => parameter.key);
  for (const key of stage.values.keys())
    if (!keys.includes(key))
      fail(
        `${stage.name} has no key "${key}"` +
          (keys.length > 0 ? `; allowed: ${keys.join(', ')}` : '; it takes none'),
      );
  const values = new Map<string, ParameterValue>();
  for (const parameter of parameters) {
    const text = stage.values.get(parameter.key);
    const value = text === undefined ? defaultOf(parameter, feedback) : parameter.parse(text);
    if (text !== undefined && value === undefined)
      fail(`${stage.name}:${parameter.key}=${text} is not allowed; give ${parameter.allowed}`);
    if (value !== undefined) values.set(parameter.key, value);
  }
  return values;
}

/** Canonical text of one stage. */
export function formatStage(
  name: string,
  values: ReadonlyMap<string, ParameterValue>,
  parameters: readonly Parameter[],
  feedback: boolean,
): string {
  const pairs = parameters
    .filter(({ key }) => values.has(key))
    .filter((parameter) => values.get(parameter.key) !== defaultOf(parameter, feedback))
    .map(({ key }) => `${key}=${formatValue(values.get(key)!)}`);
  return pairs.length > 0 ? `${name}:${pairs.join(',')}` : name;
}
