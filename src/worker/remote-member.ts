/**
 * This rank's place in a communicator of the worker, for operations whose body runs on the calling thread:
 * those with functions of the caller's (reducers, buffers, bodies of their own).
 */
import type { BuffersInUse } from '../collective/buffers-in-use.ts';
import type { Group } from '../collective/channel.ts';
import { Collective } from '../collective/channel.ts';
import type { Call, JobOfMember, Membership } from '../collective/member.ts';
import { signatureOf } from '../collective/signature.ts';
import type { WorkerLink } from './link.ts';
import type { Target } from './protocol.ts';
import { RemoteChannel } from './remote-channel.ts';
import { sendable } from './session.ts';

/** Where a member of the worker is found. */
export interface RemotePlace {
  readonly link: WorkerLink;
  readonly target: Target;
  readonly group: Group;
  readonly job: JobOfMember;
  readonly inUse: BuffersInUse;
}

export class RemoteMember implements Membership {
  readonly job: JobOfMember;
  readonly group: Group;
  readonly #place: RemotePlace;

  constructor(place: RemotePlace) {
    this.job = place.job;
    this.group = place.group;
    this.#place = place;
  }

  message<T>(call: Call<T>): Promise<T> {
    return this.#run(Collective.message, call);
  }

  collective<T>(collective: number, call: Call<T>): Promise<T> {
    return this.#run(collective, call);
  }

  get operations(): never {
    throw new Error('the worker counts what its communicators do');
  }

  member(): Membership {
    throw new Error('groups are made by the worker');
  }

  newcomers(): Promise<number> {
    throw new Error('the worker lets new processes in');
  }

  shrink(): Promise<Membership> {
    throw new Error('the worker shrinks its communicators');
  }

  close(): Promise<void> {
    throw new Error('the worker closes its communicators');
  }

  async #run<T>(collective: number, call: Call<T>): Promise<T> {
    const { link, target, inUse } = this.#place;
    const { name, options, operands = [], agreed = {}, body } = call;
    const release = inUse.hold(operands, name);
    const { signal } = options;
    let outcome: Promise<T> | undefined;
    const args = [collective, { name, options: sendable(options), signature: signatureOf(agreed) }];
    const { id, result } = link.operate(
      { target, method: 'operate', args, signal },
      {
        begun: (segmentBytes) => {
          outcome = this.#runBody(id, segmentBytes, body);
          // Heard of once the worker has told the peers.
          outcome.catch(() => {});
        },
      },
    );
    try {
      await result;
      return await outcome!;
    } finally {
      release();
    }
  }

  async #runBody<T>(operation: number, segmentBytes: number, body: Call<T>['body']): Promise<T> {
    const { link, group } = this.#place;
    const channel = new RemoteChannel(link, operation, group, segmentBytes);
    try {
      const value = await body(channel);
      await channel.flush();
      link.bodyEnded(operation);
      return value;
    } catch (error) {
      link.bodyEnded(operation, error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }
}
