/** What the fake can be told to do wrong, the next time that it is asked for something. */
export type FakeFault =
  /** Takes the request and is never heard of again; nothing is written. */
  | { readonly kind: 'hang' }
  /** Does what it is asked for, and never says so. */
  | { readonly kind: 'reply-lost' }
  /** Breaks the call off, before or after the event was written. */
  | { readonly kind: 'cut-before' }
  | { readonly kind: 'cut-after' }
  | { readonly kind: 'unavailable' }
  /** As a server that is starting, or that has too much to do. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'not-leader'; readonly leaderPort: number }
  | { readonly kind: 'internal' }
  | { readonly kind: 'access-denied' }
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Of a read: ends it, or says nothing more, after so many events. */
  | { readonly kind: 'cut-after-events'; readonly events: number }
  | { readonly kind: 'hang-after-events'; readonly events: number }
  /** Of a subscription: gives every event twice. */
  | { readonly kind: 'duplicates' }
  /** Of a subscription: says first that it has looked as far as a position that no server knows. */
  | { readonly kind: 'unknown-checkpoint' };

export type FakeOperation =
  | 'features'
  | 'gossip'
  | 'append'
  | 'batch-append'
  | 'read-stream'
  | 'read-all'
  | 'subscribe'
  | 'create-group'
  | 'read-group';

/** Which faults are still to happen, and what was asked for so far. */
export class FakeFaults {
  readonly #armed = new Map<FakeOperation, FakeFault[]>();
  readonly #calls = new Map<FakeOperation, number>();

  /** The next `times` requests of this kind meet the fault. */
  arm(operation: FakeOperation, fault: FakeFault, times = 1): void {
    const faults = this.#armed.get(operation) ?? [];
    this.#armed.set(operation, [...faults, ...Array<FakeFault>(times).fill(fault)]);
  }

  clear(): void {
    this.#armed.clear();
  }

  /** Counts a request, and gives the fault that it is to meet. */
  meet(operation: FakeOperation): FakeFault | undefined {
    this.#calls.set(operation, this.calls(operation) + 1);
    return this.#armed.get(operation)?.shift();
  }

  calls(operation: FakeOperation): number {
    return this.#calls.get(operation) ?? 0;
  }
}
