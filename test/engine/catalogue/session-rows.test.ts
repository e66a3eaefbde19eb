import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupSessionEvent } from '../../../src/domain/backup-session/backup-events.ts';
import { backupCatalogue } from '../../../src/engine/ledger/event-catalogues.ts';
import { decodeEvent } from '../../../src/engine/ledger/event-codec.ts';
import { eventsWithoutRows, sessionRows } from '../../../src/engine/catalogue/session-rows.ts';
import {
  type AnySessionEvent,
  sessionCatalogue,
} from '../../../src/engine/session/session-reader.ts';
import { SessionFold } from '../../../src/engine/session/session-summary.ts';
import type { LoggedEvent } from '../../../src/adapters/memory/event-store-log.ts';
import type { EventMetadata, GlobalPosition, Revision } from '../../../src/ports/event-store.ts';
import {
  eventsAfter,
  eventsBeforeWorker,
  journeyCommands,
} from '../../support/domain/backup-journey.ts';
import { runSimulation } from '../../simulation/run-simulation.ts';

function placeOf({ revision, position }: LoggedEvent): {
  readonly revision: Revision;
  readonly position: GlobalPosition;
} {
  return { revision: revision as Revision, position: String(position) as GlobalPosition };
}

/** Rare events are met sooner or later; which seeds have them changes with the simulation. */
const seedsMin = 5;
const seedsMax = 200;

/** A session as all of its events tell it, and as those do that may change its rows. */
class TwiceFolded {
  readonly #all = new SessionFold();
  readonly #some = new SessionFold();

  apply(event: AnySessionEvent): void {
    this.#all.apply(event);
    if (!eventsWithoutRows.has(event.type)) this.#some.apply(event);
    const { state } = this.#all;
    const { state: known } = this.#some;
    assert.ok(state !== null && known !== null);
    assert.deepEqual(sessionRows(known, 'a'), sessionRows(state, 'a'));
  }
}

/** Too rare to wait for: a worker that EC2 does not give as a spot instance. */
function spotRefused(): readonly BackupSessionEvent[] {
  const beforeWorker = eventsBeforeWorker({ types: [], market: 'spot' });
  return eventsAfter(beforeWorker, journeyCommands.spotRefused(1));
}

describe('events without rows', () => {
  it('change no row of any session, at any of its events', async () => {
    const left = new Set(eventsWithoutRows);
    const rare = new TwiceFolded();
    for (const event of spotRefused()) {
      rare.apply(event);
      left.delete(event.type);
    }
    for (let seed = 1; seed <= seedsMax && (seed <= seedsMin || left.size > 0); seed += 1) {
      const { events } = await runSimulation(String(seed));
      const folds = new Map<string, TwiceFolded>();
      for (const logged of events) {
        if (!logged.stream.startsWith('session-')) continue;
        const metadata = JSON.parse(logged.metadata) as EventMetadata;
        const record = { ...logged, metadata, ...placeOf(logged) };
        const event = decodeEvent<AnySessionEvent>(record, sessionCatalogue);
        const fold = folds.get(record.stream) ?? new TwiceFolded();
        folds.set(record.stream, fold);
        fold.apply(event);
        left.delete(event.type);
      }
    }
    assert.deepEqual([...left], [], 'each of them was met');
  });

  it('are types that there are', () => {
    for (const type of eventsWithoutRows) assert.ok(Object.hasOwn(backupCatalogue, type), type);
  });
});
