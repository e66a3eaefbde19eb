import { randomUUID } from 'node:crypto';
import { appendTogether } from '../../src/adapters/sqlite/event-store/append-events.ts';
import { openLedgerDatabase } from '../../src/adapters/sqlite/event-store/ledger-database.ts';
import { systemClock } from '../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../src/adapters/system/system-random.ts';
import type { BackupSessionEvent } from '../../src/domain/backup-session/backup-events.ts';
import type { EngineId, InstanceId, SessionId } from '../../src/domain/identifiers.ts';
import { backupAggregate } from '../../src/engine/backup/backup-aggregate.ts';
import { InstanceClaims } from '../../src/engine/instance/instance-claims.ts';
import { Ledger } from '../../src/engine/ledger/ledger.ts';
import { sessionStream } from '../../src/engine/ledger/stream-names.ts';
import type { AppendOutcome } from '../../src/adapters/sqlite/event-store/append-events.ts';
import type { AppendResult, EventStore } from '../../src/ports/event-store.ts';
import { openSqliteEventStore } from '../../src/adapters/sqlite/event-store/sqlite-event-store.ts';
import {
  eventsAfter,
  eventsBefore,
  journeyCommands,
} from '../../test/support/domain/backup-journey.ts';
import { fixedSensitiveKeys } from '../../test/support/sensitive/fixed-sensitive-keys.ts';

/** Sessions that are under way at once, so that their events lie between each other's. */
const atOnce = 16;
const instances = 300;
/** Events of a session that are appended together: as an engine does, hardly ever more than two. */
const eventsPerAppend = 2;

/**
 * Makes a ledger of whole backup sessions, each with its claim and release, until it has `events`
 * events at least; not durable, as only a benchmark may.
 *
 * @returns how many events it has
 */
export async function fillLedger(path: string, events: number): Promise<number> {
  const reading = await openSqliteEventStore({ path, clock: systemClock, ifMissing: 'create' });
  const writing = openLedgerDatabase(path, {
    ifMissing: 'fail',
    guards: 'required',
    sharing: 'with-others',
  });
  writing.database.exec('PRAGMA synchronous = OFF');
  const eventStore: EventStore = {
    ...bound(reading),
    append: (stream, expectedRevision, newEvents) => {
      const append = { stream, expectedRevision, events: newEvents };
      return Promise.resolve(resultOf(appendTogether(writing, [append])));
    },
  };
  const engineId = randomUUID() as EngineId;
  const ledger = new Ledger({
    eventStore,
    clock: systemClock,
    random: systemRandom,
    engineId,
    actor: 'bench',
    engineVersion: '0.0.0',
    retryPolicy: { attemptsMax: 1, firstDelayMs: 1, delayMaxMs: 1 },
    sensitiveKeys: fixedSensitiveKeys(),
  });
  const claims = new InstanceClaims(ledger, engineId);
  const template = JSON.stringify(
    eventsAfter(eventsBefore('end-session', 'image-level'), journeyCommands.end),
  );
  let made = 0;
  let number = 0;
  while (made < events) {
    const round = Array.from({ length: atOnce }, () => (number += 1));
    const counts = await Promise.all(
      round.map((one) => appendSession(ledger, claims, template, one)),
    );
    made += counts.reduce((sum, count) => sum + count, 0);
  }
  writing.database.close();
  await reading.close();
  return made;
}

async function appendSession(
  ledger: Ledger,
  claims: InstanceClaims,
  template: string,
  number: number,
): Promise<number> {
  const sessionId = randomUUID() as SessionId;
  const instanceId = `web-${number % instances}` as InstanceId;
  const events = JSON.parse(
    template
      .replaceAll('session-now', sessionId)
      .replaceAll('"web-1"', `"${instanceId}"`)
      .replaceAll('set-now', `set-${sessionId}`)
      .replaceAll('snap-now', `snap-${number}`)
      .replaceAll('snap-copy', `snap-copy-${number}`)
      .replaceAll('replica-now', `replica-${sessionId}`),
  ) as readonly BackupSessionEvent[];
  await claims.claim({ instanceId, tags: {} }, sessionId, 'backup');
  let loaded = await ledger.load(sessionStream(sessionId), backupAggregate);
  for (let from = 0; from < events.length; from += eventsPerAppend) {
    const part = events.slice(from, from + eventsPerAppend);
    loaded = await ledger.append(loaded, part, `Append ${from}`, backupAggregate);
  }
  await claims.release(instanceId, sessionId);
  return events.length + 2;
}

function resultOf([outcome]: readonly AppendOutcome[]): AppendResult {
  if (outcome?.kind !== 'appended') throw new Error('the benchmark appends in order');
  return outcome.result;
}

function bound(store: EventStore): EventStore {
  return {
    append: (...given) => store.append(...given),
    readStream: (...given) => store.readStream(...given),
    readAll: (...given) => store.readAll(...given),
    subscribe: (...given) => store.subscribe(...given),
    close: () => store.close(),
  };
}
