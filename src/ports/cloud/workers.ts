import type { SessionId, WorkerId } from '../../domain/identifiers.ts';
import type { WorkerMachine } from '../../domain/policy/worker-policy.ts';
import type { ResourceOwner } from './resource-owner.ts';

export type WorkerState = 'starting' | 'running' | 'gone';

export interface WorkerDescription {
  readonly workerId: WorkerId;
  readonly owner: ResourceOwner;
  readonly state: WorkerState;
  /** What is known of why it is gone (exit code, last lines of its log); otherwise empty. */
  readonly stateMessage: string;
}

export interface WorkerRequest {
  readonly owner: ResourceOwner;
  /** The same token gives the same worker, however often it is asked. */
  readonly clientToken: string;
  /**
   * What the worker's program finds at its start, at most 16 KiB (the limit of EC2 user data).
   * Readable by others on that machine and in the cloud's API: carries no key.
   */
  readonly userData: Uint8Array;
  /** Part of the request that the token stands for; a cloud without types and prices does not look at it. */
  readonly machine: WorkerMachine;
}

/** Worker instances: they end themselves when their work is done, and can be removed at any time. */
export interface Workers {
  /** @throws SPOT_REFUSED when there is no spot instance to be had now; then none was launched */
  launch(request: WorkerRequest): Promise<WorkerDescription>;
  /** Null when nothing is known of it any more, which means that it is gone. */
  describe(workerId: WorkerId): Promise<WorkerDescription | null>;
  find(owner: { readonly sessionId: SessionId }): Promise<readonly WorkerDescription[]>;
  /**
   * Resolves when the worker runs no more; fine when it is gone already.
   *
   * @throws RESOURCE_UNTRUSTED for one that runs and cannot be told to be a worker any more
   */
  terminate(workerId: WorkerId): Promise<void>;
}

/** @see WorkerRequest.userData */
export const userDataMaxBytes = 16 * 1024;
