import { EventStoreDBClient } from '@eventstore/db-client';
import type {
  DNSClusterOptions,
  GossipClusterOptions,
  SingleNodeOptions,
} from '@eventstore/db-client';
import { assert } from '../../domain/errors/assert.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KurrentDbCredentials } from './kurrentdb-credentials.ts';
import type { KurrentDbLocation } from './kurrentdb-location.ts';
import { withinTime } from './within-time.ts';

/** The contents of the files that a location names. */
export interface KurrentDbCertificates {
  readonly rootCertificate?: Buffer;
  readonly userCertFile?: Buffer;
  readonly userKeyFile?: Buffer;
}

const batchAppendPath = /\/batchappend$/i;

/**
 * The client, without batch appends and with an end.
 *
 * Batch appends of all clients of a process share one table of pending answers. When the stream
 * of one of them fails the table is emptied, and an answer for another one that comes after that
 * throws where nobody can catch it, which ends the process. They also have no deadline. Plain
 * appends have neither fault, so the server is never asked for the others.
 */
export class KurrentDbClient extends EventStoreDBClient {
  #channel: ReturnType<EventStoreDBClient['getChannel']> | null = null;

  constructor(
    location: KurrentDbLocation,
    certificates: KurrentDbCertificates,
    credentials: KurrentDbCredentials | null,
  ) {
    super(
      // The constructor takes each of the three kinds, but says so in three overloads.
      connectionSettings(location) as SingleNodeOptions,
      { insecure: location.transport === 'plain', ...certificates },
      credentials ?? undefined,
    );
    const { supports, getChannel } = this;
    this.supports = (method, feature) =>
      batchAppendPath.test(method.path) ? Promise.resolve(false) : supports(method, feature);
    this.getChannel = () => (this.#channel = getChannel());
  }

  /** Ends all calls and the connection, which would otherwise keep the process alive. */
  async close(clock: Clock, limitMs: number): Promise<void> {
    try {
      await withinTime(clock, limitMs, this.dispose(), () => new Error('calls did not end'));
    } finally {
      if (this.#channel !== null) (await this.#channel).close();
    }
  }
}

function connectionSettings(
  location: KurrentDbLocation,
): DNSClusterOptions | GossipClusterOptions | SingleNodeOptions {
  const { mode, hosts, settings } = location;
  const options: Record<string, number> = {};
  for (const [key, value] of Object.entries(settings)) {
    if (/^\d+$/.test(value)) options[key] = Number(value);
  }
  const [first, ...others] = hosts;
  assert(first !== undefined, 'a location has a host');
  if (mode === 'discover') return { ...options, discover: first };
  return others.length === 0
    ? { ...options, endpoint: first }
    : { ...options, endpoints: [...hosts] };
}
