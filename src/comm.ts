/**
 * `gradwire/comm`: a small MPI-like communicator over TCP. `init()` meets the other ranks of the job and
 * returns it.
 */
export { init, listenAsMaster, type InitOptions, type MasterListener } from './rendezvous/init.ts';
export {
  findPlace,
  type Environment,
  type Place,
  type PlaceOptions,
} from './rendezvous/launcher.ts';
export type { CredentialOptions, TlsFiles } from './rendezvous/credentials.ts';
export { createMemoryCommunicators, type MemoryCommunicators } from './rendezvous/memory.ts';
export {
  Communicator,
  type AllGatherOptions,
  type AllReduceAlgorithm,
  type AllReduceOptions,
  type BroadcastOptions,
  type BytesOptions,
  type CommunicatorOptions,
  type CommunicatorStats,
  type MessageOptions,
  type OperationOptions,
  type ReduceOptions,
} from './collective/communicator.ts';
export type { Channel } from './collective/channel.ts';
export { chunkRange, type Range } from './collective/chunks.ts';
export type { ReceiveBuffer, ReceiveListener } from './collective/exchange-bytes.ts';
export type { NumericArray, ReduceName, Reducer } from './collective/reducer.ts';
export type { MemoryNetwork, MemoryNetworkOptions } from './transport/memory.ts';
export type { DuplexTraffic, Traffic } from './transport/traffic.ts';
export {
  CollectiveMismatchError,
  CollectiveTimeoutError,
  CommunicatorClosedError,
  FrameError,
  LauncherError,
  MessageTooLongError,
  OperationAbortedError,
  PeerLostError,
  PortInUseError,
  ProtocolError,
  RemoteAbortError,
  RendezvousError,
  SecretError,
  TlsError,
  type FrameErrorCode,
  type RendezvousErrorCode,
} from '../proto/comm-errors.ts';
