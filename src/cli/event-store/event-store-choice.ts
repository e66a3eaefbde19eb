import type { CreateVaultOptions, VaultEventStore } from '../../index.ts';
import { usageError } from '../usage-error.ts';

/** The options of commands that name a server for the record. */
export interface EventStoreOptions {
  readonly eventStore?: string;
  readonly eventStoreNamespace?: string;
}

/** @throws INVALID_ARGUMENT for a namespace without a server */
export function eventStoreChoice({
  eventStore: location,
  eventStoreNamespace: namespace,
}: EventStoreOptions): Pick<CreateVaultOptions, 'eventStore'> {
  if (location !== undefined) {
    return { eventStore: { location, ...(namespace === undefined ? {} : { namespace }) } };
  }
  if (namespace === undefined) return {};
  throw usageError(
    'a namespace is given, but no event store',
    "give its location with '--event-store', or leave out '--event-store-namespace'",
  );
}

/** Where the record of a vault is; nothing for a file of its folder. */
export function describeEventStore(eventStore: VaultEventStore): readonly string[] {
  if (eventStore.kind === 'sqlite') return [];
  return [`its record is at ${eventStore.location}, in the namespace ${eventStore.namespace}`];
}
