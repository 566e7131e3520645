/** What help texts and warnings say about codecs, taken from the registry. */
import { registry, type Codec } from '../../codecs/index.ts';

type Stage = (typeof registry)[keyof typeof registry];
type Parameter = Stage['parameters'][number];

function defaultText({ default: value }: Parameter): string {
  if (value === undefined) return '';
  return `; default ${typeof value === 'function' ? value(false) : value}`;
}

/** All codecs with their keys, for `--help`. */
export function codecList(): string {
  const lines = Object.entries(registry).flatMap(([name, stage]) => [
    `  ${name.padEnd(10)} ${stage.summary}`,
    ...stage.parameters.map(
      (parameter) =>
        `  ${''.padEnd(12)} ${parameter.key}: ${parameter.allowed}${defaultText(parameter)}`,
    ),
  ]);
  return [
    'Codecs, written name:key=value,key=value',
    ...lines,
    '  topk and randomk take a value codec behind "/"; "+ef" at the end adds error feedback.',
  ].join('\n');
}

/** What to warn of before using a codec in training; undefined when there is nothing. */
export function codecWarning(codec: Codec): string | undefined {
  const { unbiased, feedback } = codec.traits;
  if (unbiased || feedback) return undefined;
  return `${codec.spec} is biased and its error is not fed back; training wants ${codec.spec}+ef`;
}
