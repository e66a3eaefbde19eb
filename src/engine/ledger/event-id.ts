import { createHash } from 'node:crypto';
import { v5 as uuidV5 } from 'uuid';
import type { EngineId } from '../../domain/identifiers.ts';
import type { StreamName } from '../../ports/event-store.ts';

/** Namespace of the ids of events; a random UUID, fixed for ever. */
const eventIdNamespace = 'd3c2f1de-50a6-4e5a-8d6c-2f0c8b8c8a37';

/** An event among those of one append. */
export interface EventPlace {
  readonly stream: StreamName;
  /** Revision of the first event of the append. */
  readonly first: number;
  readonly cause: string;
  /** In the append. */
  readonly index: number;
  readonly engineId: EngineId;
}

/** The same for a repeated append, and for no other; docs/ledger.md specifies it. */
export function eventId(
  { stream, first, cause, index, engineId }: EventPlace,
  data: Uint8Array,
): string {
  const digest = createHash('sha256').update(data).digest('hex');
  const name = JSON.stringify([stream, first, cause, index, engineId, digest]);
  return uuidV5(name, eventIdNamespace);
}
