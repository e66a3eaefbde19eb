/** What the fake can be told to do wrong. */
export type AwsFault =
  /** Answers with an error, before the effect (which then does not happen) or after it. */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly code: string;
      readonly reason?: string;
      readonly message?: string;
      readonly when?: 'before-effect' | 'after-effect';
    }
  /** Cuts the connection, before anything happened. */
  | { readonly kind: 'cut-before' }
  /** Does what it is asked for, and cuts the connection instead of saying so. */
  | { readonly kind: 'reply-lost' }
  /** Cuts the connection in the middle of the reply's body. */
  | { readonly kind: 'cut-in-reply'; readonly afterBytes: number }
  /** Never answers; nothing happens. */
  | { readonly kind: 'hang' }
  /** Sends the reply's body in steps, with pauses. */
  | { readonly kind: 'slow-reply'; readonly stepBytes: number; readonly pauseMs: number }
  | { readonly kind: 'latency'; readonly delayMs: number }
  /** Flips one bit of the reply's body, after its checksums were made. */
  | { readonly kind: 'flipped-bit'; readonly atByte: number }
  /** Sends another body instead. */
  | { readonly kind: 'body'; readonly body: string }
  /** Replaces one header of the reply. */
  | { readonly kind: 'header'; readonly name: string; readonly value: string };

interface ArmedFault {
  readonly fault: AwsFault;
  remaining: number;
}

/** Which faults are still to happen, and what was asked for so far. */
export class AwsFaults {
  readonly #armed = new Map<string, ArmedFault[]>();
  readonly #calls = new Map<string, number>();

  /** The next `times` requests for this operation meet the fault; `Infinity`: all. */
  arm(operation: string, fault: AwsFault, times = 1): void {
    const armed = this.#armed.get(operation) ?? [];
    this.#armed.set(operation, [...armed, { fault, remaining: times }]);
  }

  clear(): void {
    this.#armed.clear();
  }

  /** Counts a request, and gives the fault that it is to meet. */
  meet(operation: string): AwsFault | undefined {
    this.#calls.set(operation, this.calls(operation) + 1);
    const next = this.#armed.get(operation)?.find(({ remaining }) => remaining > 0);
    if (next === undefined) return undefined;
    next.remaining -= 1;
    return next.fault;
  }

  /** How many requests for this operation came, with a right signature. */
  calls(operation: string): number {
    return this.#calls.get(operation) ?? 0;
  }
}
