/**
 * `gradwire/comm`: a small MPI-like communicator over TCP. `init()` meets the other ranks of the job and
 * returns it.
 */
export { listenAsMaster, type MasterListener } from './rendezvous/init.ts';
export { init, type InitOptions } from './worker/init.ts';
export {
  findPlace,
  type Environment,
  type Place,
  type PlaceOptions,
} from './rendezvous/launcher.ts';
export type { CredentialOptions, TlsFiles } from './rendezvous/credentials.ts';
export { createMemoryCommunicators, type MemoryCommunicators } from './rendezvous/memory.ts';
export type { Communicator } from './collective/communicator.ts';
export type { Channel } from './collective/channel.ts';
export { chunkRange, type Range } from './collective/chunks.ts';
export type {
  AllGatherAlgorithm,
  AllReduceAlgorithm,
  AllToAllAlgorithm,
  BroadcastAlgorithm,
  CostModel,
  GatherAlgorithm,
  ReduceAlgorithm,
  ReduceScatterAlgorithm,
} from './collective/cost-model.ts';
export type { NumericArray } from './collective/numeric-array.ts';
export { shareState } from './collective/share-state.ts';
export type { MessageCount, OperationStats } from './collective/tally.ts';
export type {
  AllGatherOptions,
  AllReduceOptions,
  AllToAllOptions,
  BroadcastOptions,
  CommunicatorOptions,
  CommunicatorStats,
  GatherOptions,
  GatherVOptions,
  IncomingMessage,
  OperationOptions,
  ReceiveBuffer,
  ReceiveInto,
  ReceiveListener,
  ReceiveOptions,
  Received,
  ReduceOptions,
  ReduceScatterOptions,
  ReductionOptions,
  RootOptions,
  ScatterOptions,
  ScatterVOptions,
  SendOptions,
  SendReceiveOptions,
  ShrinkOptions,
  VectorsOptions,
} from './collective/options.ts';
export type { ReduceName, Reducer } from './collective/reducer.ts';
export type { SyncOperations } from './collective/sync.ts';
export type { MemoryNetwork, MemoryNetworkOptions } from './transport/memory.ts';
export type { DuplexTraffic, Traffic } from './transport/traffic.ts';
export {
  BufferInUseError,
  CollectiveMismatchError,
  CollectiveTimeoutError,
  CommunicatorClosedError,
  EvictedError,
  FrameError,
  LauncherError,
  MessageTooLongError,
  OperationAbortedError,
  PeerLostError,
  PortInUseError,
  ProtocolError,
  RegroupingError,
  RemoteAbortError,
  RendezvousError,
  SecretError,
  ShrinkUnavailableError,
  StateMismatchError,
  SyncUnavailableError,
  TlsError,
  WorkerLostError,
  type FrameErrorCode,
  type RendezvousErrorCode,
} from '../proto/comm-errors.ts';
