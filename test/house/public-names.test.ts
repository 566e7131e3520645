import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { ROOT } from './structure.ts';

/**
 * Names an entry file exports, types marked. Entries list every name, so reading the file is
 * enough. `export *` is refused, because it publishes whatever a module happens to export, except
 * from another entry, which lists its names itself.
 */
function publicNames(text: string): string[] {
  const source = ts.createSourceFile('entry.ts', text, ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => namesOf(statement, source)).toSorted();
}

function namesOf(statement: ts.Statement, source: ts.SourceFile): string[] {
  if (ts.isExportDeclaration(statement)) return namesOfExportList(statement);
  if (ts.isExportAssignment(statement)) throw new Error('an entry has no default export');
  const isExported =
    ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword);
  if (isExported) throw new Error(`an entry only re-exports: ${statement.getText(source)}`);
  return [];
}

function namesOfExportList(statement: ts.ExportDeclaration): string[] {
  const { exportClause, moduleSpecifier } = statement;
  if (exportClause === undefined && isEntry(moduleSpecifier))
    return [`everything of ${moduleSpecifier.text}`];
  if (exportClause === undefined || !ts.isNamedExports(exportClause))
    throw new Error('an entry lists every name it exports');
  return exportClause.elements.map(
    ({ isTypeOnly, name }) => (isTypeOnly || statement.isTypeOnly ? 'type ' : '') + name.text,
  );
}

function isEntry(specifier: ts.Expression | undefined): specifier is ts.StringLiteral {
  return (
    specifier !== undefined &&
    ts.isStringLiteral(specifier) &&
    ['../codecs/index.ts', './comm.ts'].includes(specifier.text)
  );
}

function publicNamesOf(file: string): string[] {
  return publicNames(readFileSync(join(ROOT, file), 'utf8'));
}

it('reads values and types, and refuses lists that are not closed', () => {
  const text = "export { a, type B, c as d } from './x.ts';\nexport type { E } from './y.ts';";
  expect(publicNames(text)).toEqual(['a', 'd', 'type B', 'type E']);
  expect(() => publicNames("export * from './x.ts';")).toThrow('lists every name');
  expect(() => publicNames('export default 1;')).toThrow('no default export');
  expect(() => publicNames('export const a = 1;')).toThrow('only re-exports');
});

/** Source files of the package's entries, by the name they are imported by. */
function entries(): Map<string, string> {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  };
  const sources = Object.entries(exports).flatMap(([name, target]) =>
    typeof target === 'string'
      ? []
      : [[name, target.default.replace(/^\.\/dist\/(.*)\.js$/, '$1.ts')] as const],
  );
  return new Map(sources);
}

it('every entry has its names recorded below', () => {
  expect([...entries().keys()]).toEqual([
    '.',
    './codecs',
    './comm',
    './threads',
    './worker',
    './tfjs',
    './testing',
  ]);
});

it('gradwire', () => {
  expect(publicNamesOf(entries().get('.')!)).toMatchInlineSnapshot(`
    [
      "AgreementError",
      "DEFAULT_BUCKET_BYTES",
      "Layout",
      "ReplicaMismatchError",
      "SurvivingStrategy",
      "SynchronousStrategy",
      "createExchange",
      "everything of ../codecs/index.ts",
      "type Algorithm",
      "type Bucket",
      "type CodecRule",
      "type Exchange",
      "type ExchangeCounts",
      "type ExchangeOptions",
      "type ExchangeStats",
      "type Granularity",
      "type Loss",
      "type NamedArrays",
      "type Residual",
      "type StageMilliseconds",
      "type TensorShape",
      "type TensorSlot",
    ]
  `);
});

it('gradwire/codecs', () => {
  expect(publicNamesOf(entries().get('./codecs')!)).toMatchInlineSnapshot(`
    [
      "ArgumentRangeError",
      "ArgumentTypeError",
      "BufferTooSmallError",
      "CodecSpecError",
      "FeedbackCodec",
      "GradwireError",
      "KernelsUnavailableError",
      "NonFiniteGradientError",
      "PayloadError",
      "SnapshotError",
      "allocateBytes",
      "allocateVector",
      "decode",
      "defineCodec",
      "encode",
      "errorFeedback",
      "firstNonFinite",
      "inspect",
      "isGradwireError",
      "kernelBackend",
      "parseCodec",
      "registry",
      "releaseMemory",
      "selectKernels",
      "streamsFor",
      "type AdditiveValues",
      "type Codec",
      "type CodecDefinition",
      "type CodecTraits",
      "type DecodeOptions",
      "type EncodeOptions",
      "type EncodeRandom",
      "type ErrorCode",
      "type FeedbackOptions",
      "type KernelChoice",
      "type NonFinitePolicy",
      "type ParseOptions",
      "type PayloadErrorCode",
      "type PayloadInfo",
      "type RandomStream",
      "type Section",
      "type StreamCoordinates",
    ]
  `);
});

it('gradwire/comm', () => {
  expect(publicNamesOf(entries().get('./comm')!)).toMatchInlineSnapshot(`
    [
      "BufferInUseError",
      "CollectiveMismatchError",
      "CollectiveTimeoutError",
      "CommunicatorClosedError",
      "EvictedError",
      "FrameError",
      "LauncherError",
      "MessageTooLongError",
      "OperationAbortedError",
      "PeerLostError",
      "PortInUseError",
      "ProtocolError",
      "RegroupingError",
      "RemoteAbortError",
      "RendezvousError",
      "SecretError",
      "ShrinkUnavailableError",
      "StateMismatchError",
      "SyncUnavailableError",
      "TlsError",
      "WorkerLostError",
      "chunkRange",
      "createMemoryCommunicators",
      "findPlace",
      "init",
      "listenAsMaster",
      "shareState",
      "type AllGatherAlgorithm",
      "type AllGatherOptions",
      "type AllReduceAlgorithm",
      "type AllReduceOptions",
      "type AllToAllAlgorithm",
      "type AllToAllOptions",
      "type BroadcastAlgorithm",
      "type BroadcastOptions",
      "type Channel",
      "type Communicator",
      "type CommunicatorOptions",
      "type CommunicatorStats",
      "type CostModel",
      "type CredentialOptions",
      "type DuplexTraffic",
      "type Environment",
      "type FrameErrorCode",
      "type GatherAlgorithm",
      "type GatherOptions",
      "type GatherVOptions",
      "type IncomingMessage",
      "type InitOptions",
      "type MasterListener",
      "type MemoryCommunicators",
      "type MemoryNetwork",
      "type MemoryNetworkOptions",
      "type MessageCount",
      "type NumericArray",
      "type OperationOptions",
      "type OperationStats",
      "type Place",
      "type PlaceOptions",
      "type Range",
      "type ReceiveBuffer",
      "type ReceiveInto",
      "type ReceiveListener",
      "type ReceiveOptions",
      "type Received",
      "type ReduceAlgorithm",
      "type ReduceName",
      "type ReduceOptions",
      "type ReduceScatterAlgorithm",
      "type ReduceScatterOptions",
      "type Reducer",
      "type ReductionOptions",
      "type RendezvousErrorCode",
      "type RootOptions",
      "type ScatterOptions",
      "type ScatterVOptions",
      "type SendOptions",
      "type SendReceiveOptions",
      "type ShrinkOptions",
      "type SyncOperations",
      "type TlsFiles",
      "type Traffic",
      "type VectorsOptions",
    ]
  `);
});

it('gradwire/tfjs', () => {
  expect(publicNamesOf(entries().get('./tfjs')!)).toMatchInlineSnapshot(`
    [
      "BackendUnavailableError",
      "CheckpointError",
      "DataError",
      "DivergenceError",
      "FINAL_EVALUATIONS",
      "GradientComputer",
      "MomentumSgd",
      "Sharder",
      "UnknownNameError",
      "backendNames",
      "builtinTaskNames",
      "evaluate",
      "hashParameters",
      "initialParameters",
      "inspectCheckpoint",
      "learningRateAt",
      "loadProblem",
      "modelsFor",
      "scheduleNames",
      "selectBackend",
      "singleRank",
      "stepsForEpochs",
      "taskNames",
      "train",
      "type Backend",
      "type BackendName",
      "type CheckpointErrorCode",
      "type CheckpointInfo",
      "type CheckpointOptions",
      "type DataPosition",
      "type Dataset",
      "type Evaluation",
      "type GradientExchange",
      "type HistoryEntry",
      "type LossName",
      "type Model",
      "type ModelName",
      "type MomentumOptions",
      "type NameKind",
      "type ParameterShape",
      "type Problem",
      "type ProblemKind",
      "type ProblemOptions",
      "type Recipe",
      "type Samples",
      "type ScheduleName",
      "type ShardOptions",
      "type StageTimes",
      "type Standardiser",
      "type TaskName",
      "type TrainOptions",
      "type TrainResult",
    ]
  `);
});

it('gradwire/threads', () => {
  expect(publicNamesOf(entries().get('./threads')!)).toMatchInlineSnapshot(`
    [
      "startThreads",
      "type CodecThreads",
      "type ThreadsOptions",
    ]
  `);
});

it('gradwire/testing', () => {
  expect(publicNamesOf(entries().get('./testing')!)).toMatchInlineSnapshot(`
    [
      "CodecLawError",
      "assertProperty",
      "awkwardLengths",
      "codecLaws",
      "gradientKinds",
      "gradients",
      "lawNames",
      "makeGradient",
      "mutations",
      "propertySeed",
      "specs",
      "type CodecLawsOptions",
      "type GradientKind",
      "type GradientOptions",
      "type LawName",
      "type PropertyOptions",
    ]
  `);
});
