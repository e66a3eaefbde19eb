import type { Clock } from '../../ports/clock.ts';
import type { KurrentDbClient } from './kurrentdb-client.ts';

/**
 * The client that calls use, and those that are on their way out.
 *
 * A client whose call timed out may hang in a connection that nobody serves any more, and nothing
 * would ever tell it: it is replaced. Calls that it has under way end by themselves or by their
 * own limit; then it is closed.
 */
export class ClientSlot {
  readonly #make: () => KurrentDbClient;
  readonly #clock: Clock;
  readonly #closeTimeoutMs: number;
  readonly #usesOf = new Map<KurrentDbClient, number>();
  #current: KurrentDbClient | null = null;

  constructor(make: () => KurrentDbClient, clock: Clock, closeTimeoutMs: number) {
    this.#make = make;
    this.#clock = clock;
    this.#closeTimeoutMs = closeTimeoutMs;
  }

  /** Does `work` with the client of now. */
  async use<T>(work: (client: KurrentDbClient) => Promise<T>): Promise<T> {
    const client = this.acquire();
    try {
      return await work(client);
    } finally {
      this.release(client);
    }
  }

  /** The client of now, which stays open until it is released. */
  acquire(): KurrentDbClient {
    const client = (this.#current ??= this.#make());
    this.#usesOf.set(client, (this.#usesOf.get(client) ?? 0) + 1);
    return client;
  }

  release(client: KurrentDbClient): void {
    const uses = (this.#usesOf.get(client) ?? 0) - 1;
    if (uses > 0 || client === this.#current) {
      this.#usesOf.set(client, uses);
      return;
    }
    this.#usesOf.delete(client);
    void this.#closeQuietly(client);
  }

  /** Calls from now on use another client. */
  replace(client: KurrentDbClient): void {
    if (client !== this.#current) return;
    this.#current = null;
    if ((this.#usesOf.get(client) ?? 0) > 0) return;
    this.#usesOf.delete(client);
    void this.#closeQuietly(client);
  }

  /** Ends every call of every client. */
  async close(): Promise<void> {
    this.#current = null;
    const clients = [...this.#usesOf.keys()];
    this.#usesOf.clear();
    await Promise.all(clients.map((client) => this.#closeQuietly(client)));
  }

  /** What cannot be ended properly any more is of no use to anybody, and neither is its error. */
  async #closeQuietly(client: KurrentDbClient): Promise<void> {
    await client.close(this.#clock, this.#closeTimeoutMs).catch(() => undefined);
  }
}
