import type { InstanceId } from '../../domain/identifiers.ts';
import type { OpenRestore } from '../../domain/retention/instance-history.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { streamPrefixes } from '../ledger/stream-names.ts';
import { type AnySessionEvent, sessionCatalogue } from '../session/session-reader.ts';

/** The restores of an instance's points that have not ended. Reads every session there is. */
export async function openRestores(
  ledger: Ledger,
  instanceId: InstanceId,
): Promise<readonly OpenRestore[]> {
  const open = new Map<string, OpenRestore>();
  const entries = ledger.entriesOfAll<AnySessionEvent>(streamPrefixes.session, sessionCatalogue);
  for await (const { event, record } of entries) {
    if (event.type === 'RestoreStarted') {
      const { sessionId, pointId } = event.data;
      if (event.data.instanceId === instanceId) open.set(record.stream, { sessionId, pointId });
    } else if (endsRestore(event)) {
      open.delete(record.stream);
    }
  }
  return [...open.values()];
}

function endsRestore({ type }: AnySessionEvent): boolean {
  return ['RestoreCompleted', 'RestoreFailed', 'RestoreCancelled'].includes(type);
}
