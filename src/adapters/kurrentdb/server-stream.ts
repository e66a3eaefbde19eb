import type { Clock } from '../../ports/clock.ts';
import { withinTime } from './within-time.ts';

/** What a stream of the client has to offer; its own type is none of today's Node. */
export interface PulledStream {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end' | 'readable', listener: () => void): unknown;
  off(event: 'readable', listener: () => void): unknown;
  read(): unknown;
  resume(): unknown;
}

/**
 * Takes what a stream of the client gives, one by one, and waits for it no longer than is said:
 * a read of the client has no deadline and ignores one that is given.
 */
export class ServerStream<Item> {
  readonly #readable: PulledStream;
  readonly #cancel: () => Promise<void>;
  readonly #onReadable = (): void => {
    this.touch();
  };
  #failure: { readonly error: unknown } | null = null;
  #ended = false;
  #changed = true;
  #wake: (() => void) | null = null;

  constructor(readable: PulledStream, cancel: () => Promise<void>) {
    this.#readable = readable;
    this.#cancel = cancel;
    // For the whole life of the stream: an error without a listener would end the process.
    readable.on('error', (error) => {
      this.#failure ??= { error };
      this.touch();
    });
    readable.on('end', () => {
      this.#ended = true;
      this.touch();
    });
    readable.on('readable', this.#onReadable);
  }

  /** The next item that is here already; null when there is none. */
  take(): Item | null {
    return this.#readable.read() as Item | null;
  }

  /** Whether the server has ended the stream, and all of it was taken. @throws its error */
  get isOver(): boolean {
    if (this.#failure !== null) throw this.#failure.error;
    return this.#ended;
  }

  /** Notes a sign of life that is no item. */
  touch(): void {
    this.#changed = true;
    this.#wake?.();
  }

  /**
   * Resolves when anything has happened since the last call, or when `signal` aborts.
   *
   * @param limitMs how long that may take; null: for ever
   * @throws the error of `expired`
   */
  async change(
    clock: Clock,
    limitMs: number | null,
    expired: () => Error,
    signal: AbortSignal,
  ): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#changed || signal.aborted) resolve();
    });
    const wake = (): void => this.#wake?.();
    signal.addEventListener('abort', wake, { once: true });
    try {
      await (limitMs === null ? woken : withinTime(clock, limitMs, woken, expired));
    } finally {
      signal.removeEventListener('abort', wake);
      this.#changed = false;
      this.#wake = null;
    }
  }

  /** Tells the server to stop. Errors from now on are nobody's concern. */
  stop(): void {
    // The call may not exist yet, or not any more; then there is nothing to cancel.
    this.#cancel().catch(() => undefined);
    // The end of a call comes after its last message: one that nobody takes would keep it open,
    // and with it the client and the process.
    this.#readable.off('readable', this.#onReadable);
    this.#readable.resume();
  }
}
