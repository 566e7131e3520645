/** The channel of an operation of the worker, for a body that runs on the calling thread. */
import { MessageTooLongError } from '../../proto/comm-errors.ts';
import type { MessageProvider } from '../collective/channel.ts';
import { ScratchPool } from '../collective/scratch.ts';
import type { Group } from '../collective/channel.ts';
import type { BodyChannel } from '../collective/channel.ts';
import type { WorkerLink } from './link.ts';
import type { Delivery } from './protocol.ts';
import { isShared } from './wire.ts';

const ignore = (): void => {};

export class RemoteChannel implements BodyChannel {
  readonly rank: number;
  readonly size: number;
  readonly segmentBytes: number;
  readonly scratch: ScratchPool = new ScratchPool();
  readonly #link: WorkerLink;
  readonly #operation: number;
  readonly #group: Group;
  #unflushed: Promise<void>[] = [];

  constructor(link: WorkerLink, operation: number, group: Group, segmentBytes: number) {
    this.rank = group.rank;
    this.size = group.ranks.length;
    this.segmentBytes = segmentBytes;
    this.#link = link;
    this.#operation = operation;
    this.#group = group;
  }

  send(peer: number, step: number, bytes: Uint8Array): Promise<void> {
    return this.#sent('send', peer, step, bytes);
  }

  sendAny(peer: number, step: number, bytes: Uint8Array): Promise<void> {
    return this.#sent('sendAny', peer, step, bytes);
  }

  async receive(peer: number, step: number, into: Uint8Array): Promise<void> {
    // Bytes the worker cannot see come back as a copy.
    const target = isShared(into) ? into : into.length;
    const delivery = await this.#ask('receive', [peer, step, target]);
    if (typeof target === 'number') into.set(delivery.bytes as Uint8Array);
  }

  async receiveAny(
    peer: number,
    step: number,
    provide: (length: number) => Uint8Array,
  ): Promise<Uint8Array> {
    const delivery = await this.#ask('receiveAny', [peer, step]);
    return this.#deliver(delivery, provide);
  }

  async receiveMessage(
    source: number | undefined,
    tag: number | undefined,
    provide: MessageProvider,
  ): Promise<Uint8Array> {
    const delivery = await this.#ask('receiveMessage', [source, tag]);
    return this.#deliver(delivery, (length) => provide(length, delivery.source, delivery.tag));
  }

  async flush(): Promise<void> {
    const unflushed = this.#unflushed;
    this.#unflushed = [];
    await Promise.all(unflushed);
  }

  #sent(ask: 'send' | 'sendAny', peer: number, step: number, bytes: Uint8Array): Promise<void> {
    const sent = this.#link.ask(this.#operation, ask, [peer, step, bytes]).then(ignore);
    sent.catch(ignore);
    this.#unflushed.push(sent);
    return sent;
  }

  #ask(ask: 'receive' | 'receiveAny' | 'receiveMessage', args: unknown[]): Promise<Delivery> {
    const asked = this.#link.ask(this.#operation, ask, args) as Promise<Delivery>;
    asked.catch(ignore);
    return asked;
  }

  #deliver(delivery: Delivery, provide: (length: number) => Uint8Array): Uint8Array {
    const bytes = delivery.bytes as Uint8Array;
    const buffer = provide(bytes.length);
    if (buffer.length < bytes.length)
      throw new MessageTooLongError(
        this.#group.ranks[delivery.source]!,
        bytes.length,
        buffer.length,
      );
    buffer.set(bytes);
    return buffer.subarray(0, bytes.length);
  }
}
