import type { BackupSessionEvent } from '../../src/domain/backup-session/backup-events.ts';
import {
  initialBackupSession,
  type StartedBackup,
} from '../../src/domain/backup-session/backup-session.ts';
import { evolveBackup } from '../../src/domain/backup-session/evolve-backup.ts';
import type { EngineId, InstanceId, SessionId } from '../../src/domain/identifiers.ts';
import type { InstanceEvent } from '../../src/domain/instance/instance-events.ts';
import {
  evolveInstance,
  initialInstance,
  type InstanceState,
} from '../../src/domain/instance/instance-state.ts';
import { engineVersion } from '../../src/engine/engine-version.ts';
import { instanceCatalogue } from '../../src/engine/ledger/event-catalogues.ts';
import type { DomainEvent } from '../../src/engine/ledger/domain-event.ts';
import { Ledger, type LedgerEntry } from '../../src/engine/ledger/ledger.ts';
import { streamPrefixes } from '../../src/engine/ledger/stream-names.ts';
import {
  type AnySessionEvent,
  isPolicyRunEvent,
  isRepositoryEvent,
  isRestoreEvent,
  sessionCatalogue,
} from '../../src/engine/session/session-reader.ts';
import type { StreamName } from '../../src/ports/event-store.ts';
import type { SimulatedWorld } from '../support/simulation/simulated-world.ts';
import { simulationEngineLimits } from '../support/simulation/simulation-limits.ts';
import { constantRandom } from '../support/random/constant-random.ts';
import { fakeKeys } from '../support/simulation/fake-format/fake-objects.ts';
import { keptWrappingKey } from '../support/simulation/kept-wrapping-key.ts';
import { SensitiveKeys } from '../../src/engine/sensitive/sensitive-keys.ts';

export interface PositionedEvent<Event> {
  /** How many events the ledger held when this one was in. */
  readonly position: number;
  readonly event: Event;
  /** The name of the engine that recorded it. */
  readonly actor: string;
}

export interface BackupView {
  readonly sessionId: SessionId;
  readonly instanceId: InstanceId;
  readonly events: readonly PositionedEvent<BackupSessionEvent>[];
  readonly state: StartedBackup;
}

/** What the ledger of a run says, read without any engine; every hash chain was checked. */
export interface LedgerView {
  /** In the order of their beginning. */
  readonly backups: readonly BackupView[];
  readonly restores: ReadonlyMap<string, readonly AnySessionEvent[]>;
  readonly instances: ReadonlyMap<InstanceId, InstanceState>;
  readonly claims: readonly PositionedEvent<InstanceEvent>[];
}

/** @throws LEDGER_CORRUPT */
export async function readLedger(world: SimulatedWorld): Promise<LedgerView> {
  const { objectStore } = world;
  const clock = { now: () => world.scheduler.now(), sleep: () => Promise.resolve() };
  const random = constantRandom(255);
  const wrappingKey = (): Promise<Uint8Array> => keptWrappingKey(world);
  const ledger = new Ledger({
    eventStore: world.eventStore,
    clock,
    random,
    engineId: 'checks' as EngineId,
    actor: 'checks',
    engineVersion,
    retryPolicy: simulationEngineLimits.retry,
    sensitiveKeys: new SensitiveKeys({
      objectStore,
      headerKey: fakeKeys.header,
      clock,
      random,
      wrappingKey,
    }),
  });
  const backups: BackupView[] = [];
  const restores = new Map<string, readonly AnySessionEvent[]>();
  const instances = new Map<InstanceId, InstanceState>();
  const claims: PositionedEvent<InstanceEvent>[] = [];
  for (const stream of new Set(world.log.events.map((event) => event.stream))) {
    if (stream.startsWith(streamPrefixes.instance)) {
      const entries = await Array.fromAsync(
        ledger.entries<InstanceEvent>(stream, instanceCatalogue),
      );
      claims.push(...entries.map(positioned));
      const state = entries.reduce((one, { event }) => evolveInstance(one, event), initialInstance);
      instances.set(stream.slice(streamPrefixes.instance.length) as InstanceId, state);
    } else if (stream.startsWith(streamPrefixes.session)) {
      const events = await sessionEvents(ledger, stream);
      const backup = backupOf(events);
      if (backup !== null) backups.push(backup);
      else {
        restores.set(
          stream,
          events.map(({ event }) => event),
        );
      }
    }
  }
  return { backups, restores, instances, claims };
}

async function sessionEvents(
  ledger: Ledger,
  stream: StreamName,
): Promise<readonly PositionedEvent<AnySessionEvent>[]> {
  const entries = await Array.fromAsync(ledger.entries<AnySessionEvent>(stream, sessionCatalogue));
  return entries.map(positioned);
}

function positioned<Event extends DomainEvent>({
  event,
  record,
}: LedgerEntry<Event>): PositionedEvent<Event> {
  return { event, position: Number(record.position), actor: record.metadata.actor };
}

function backupOf(all: readonly PositionedEvent<AnySessionEvent>[]): BackupView | null {
  const events: PositionedEvent<BackupSessionEvent>[] = [];
  for (const { event, position, actor } of all) {
    if (isRestoreEvent(event) || isPolicyRunEvent(event) || isRepositoryEvent(event)) return null;
    events.push({ event, position, actor });
  }
  let state = initialBackupSession;
  for (const { event } of events) state = evolveBackup(state, event);
  if (state.status === 'not-started') return null;
  const { sessionId, instanceId } = state;
  return { sessionId, instanceId, events, state };
}
