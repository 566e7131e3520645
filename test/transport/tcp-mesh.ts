/** TCP transports of all ranks in this process, connected without the meeting of `init`. */
import { Connection, type ConnectionEvents } from '../../src/transport/connection.ts';
import { MeshTransport } from '../../src/transport/mesh.ts';
import type { Pipe } from '../../src/transport/pipe.ts';
import { dial, listen } from '../../src/transport/tcp.ts';
import type { TlsIdentity } from '../../src/transport/tls.ts';

export interface TcpMesh {
  /** By rank. */
  readonly transports: readonly MeshTransport[];
  /** Breaks all connections of a rank, as the end of its process would. */
  kill(rank: number): void;
  /** Breaks the connections between two ranks. */
  dropLink(a: number, b: number): void;
}

const NO_EVENTS: ConnectionEvents = {
  destination: () => new Uint8Array(0),
  frame: () => {},
  broken: () => {},
  ended: () => {},
  closed: () => {},
};

export async function openTcpMesh(
  size: number,
  options: { readonly checksum?: boolean; readonly tls?: TlsIdentity } = {},
): Promise<TcpMesh> {
  const transports = Array.from(
    { length: size },
    (_, rank) => new MeshTransport('tcp', rank, size),
  );
  const pipes: { readonly ranks: readonly [number, number]; readonly pipe: Pipe }[] = [];
  for (let peer = 0; peer < size; peer++) {
    let accepted: (pipe: Pipe) => void = () => {};
    const listener = await listen({ host: '127.0.0.1', port: 0 }, (caller) =>
      caller.answer((pipe) => accepted(pipe), options.tls),
    );
    for (let rank = 0; rank < size; rank++) {
      if (rank === peer) continue;
      const whenAccepted = new Promise<void>((resolve) => {
        accepted = (pipe) => {
          pipes.push({ ranks: [rank, peer], pipe });
          transports[peer]!.attachAccepted(rank, new Connection(pipe, NO_EVENTS, options));
          resolve();
        };
      });
      await dial(
        listener.address,
        (pipe) => {
          pipes.push({ ranks: [rank, peer], pipe });
          transports[rank]!.attachDialled(peer, new Connection(pipe, NO_EVENTS, options));
        },
        new AbortController().signal,
        options.tls,
      );
      await whenAccepted;
    }
    listener.close();
  }
  return {
    transports,
    kill(rank) {
      for (const { ranks, pipe } of pipes) if (ranks.includes(rank)) pipe.destroy();
    },
    dropLink(a, b) {
      for (const { ranks, pipe } of pipes)
        if (ranks.includes(a) && ranks.includes(b)) pipe.destroy();
    },
  };
}
