import type { StartedBackup } from '../../../src/domain/backup-session/backup-session.ts';
import type { InstanceId } from '../../../src/domain/identifiers.ts';
import type { InstanceEvent } from '../../../src/domain/instance/instance-events.ts';
import {
  evolveInstance,
  initialInstance,
  type InstanceState,
} from '../../../src/domain/instance/instance-state.ts';
import { instanceHistory } from '../../../src/domain/retention/instance-history.ts';
import { instanceCatalogue } from '../../../src/engine/ledger/event-catalogues.ts';
import type { Ledger } from '../../../src/engine/ledger/ledger.ts';
import { streamPrefixes } from '../../../src/engine/ledger/stream-names.ts';
import {
  type AnySessionEvent,
  sessionCatalogue,
} from '../../../src/engine/session/session-reader.ts';
import {
  SessionFold,
  type SummaryFacts,
  summaryFacts,
} from '../../../src/engine/session/session-summary.ts';
import type { InstanceCounts } from '../../../src/ports/catalogue-store.ts';

export interface ExpectedCatalogue {
  readonly sessions: readonly { readonly facts: SummaryFacts; readonly actor: string }[];
  readonly instances: readonly InstanceCounts[];
}

/** What a catalogue has to say, found the plain way: all events at once, and the rules of the domain. */
export async function expectedCatalogue(ledger: Ledger): Promise<ExpectedCatalogue> {
  const folds = new Map<string, { readonly fold: SessionFold; readonly actor: string }>();
  const entries = ledger.entriesOfAll<AnySessionEvent>(streamPrefixes.session, sessionCatalogue);
  for await (const { event, record } of entries) {
    const known = folds.get(record.stream);
    const one = known ?? { fold: new SessionFold(), actor: record.metadata.actor };
    folds.set(record.stream, one);
    one.fold.apply(event);
  }
  const states = [...folds.values()].flatMap(({ fold }) => fold.state ?? []);
  const claims = await claimsOf(ledger);
  const ids = new Set(states.flatMap((one) => ('instanceId' in one ? (one.instanceId ?? []) : [])));
  return {
    sessions: [...folds.values()].flatMap(({ fold, actor }) =>
      fold.state === null ? [] : { facts: summaryFacts(fold.state), actor },
    ),
    instances: [...ids].toSorted().map((instanceId) => {
      const own = states.filter((one) => 'instanceId' in one && one.instanceId === instanceId);
      const backups = own.filter((one): one is StartedBackup => 'scope' in one);
      const { sets, replicas, points } = instanceHistory(backups);
      const claim = claims.get(instanceId)?.claim ?? null;
      const begun = own.some(({ sessionId }) => sessionId === claim?.sessionId);
      return {
        instanceId,
        sessions: own.length,
        snapshotSets: sets.length,
        replicas: replicas.length,
        restorePoints: points.length,
        openSessionId: begun && claim !== null ? claim.sessionId : null,
      };
    }),
  };
}

async function claimsOf(ledger: Ledger): Promise<ReadonlyMap<InstanceId, InstanceState>> {
  const states = new Map<InstanceId, InstanceState>();
  const entries = ledger.entriesOfAll<InstanceEvent>(streamPrefixes.instance, instanceCatalogue);
  for await (const { event, record } of entries) {
    const instanceId = record.stream.slice(streamPrefixes.instance.length) as InstanceId;
    states.set(instanceId, evolveInstance(states.get(instanceId) ?? initialInstance, event));
  }
  return states;
}
