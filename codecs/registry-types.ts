/** What a stage tells the registry about itself. */
import type { Fail, Parameter, ParameterValue } from './spec.ts';
import type { SelectStage, ValueStage } from './stage.ts';

/** A built stage and its place in a chain. */
export type BuiltStage =
  | { readonly role: 'values'; readonly stage: ValueStage }
  | { readonly role: 'select'; readonly stage: SelectStage };

/** What a stage is built from. */
export interface BuildContext {
  readonly values: ReadonlyMap<string, ParameterValue>;
  /** The chain ends in `+ef`, so the stage must contract. */
  readonly feedback: boolean;
  readonly fail: Fail;
}

/** Registry entry of a stage. */
export interface StageDefinition {
  /** One line for help texts. */
  readonly summary: string;
  /** In canonical order. */
  readonly parameters: readonly Parameter[];
  build(context: BuildContext): BuiltStage;
}
