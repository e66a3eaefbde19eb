import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { evolveInstance, initialInstance } from '../../../src/domain/instance/instance-state.ts';
import { instanceHistory } from '../../../src/domain/retention/instance-history.ts';
import { planRetention } from '../../../src/domain/retention/plan-retention.ts';
import { backupCatalogue, instanceCatalogue } from '../../../src/engine/ledger/event-catalogues.ts';
import { decodeEvent, encodeEvent } from '../../../src/engine/ledger/event-codec.ts';
import type { EventCatalogue } from '../../../src/engine/ledger/event-schema.ts';
import { recordedEvent } from '../../engine/ledger/recorded-event.ts';
import type { AnyEvent } from '../../support/domain/one-of-every-event.ts';
import {
  openWithFixedKey,
  sealWithFixedKey,
} from '../../support/sensitive/fixed-sensitive-keys.ts';
import { arbitrarySteps } from './life/arbitrary-steps.ts';
import { Life, stateAfter } from './life/life.ts';

/*
 * Histories as they come about: each session's retention decides by the policy of its time and is carried
 * out before the next begins, while policies change, clocks jump, and two engines append to the instance's
 * stream in any order that the stream allows.
 */

/** What a ledger gives back of these events: as bytes, by the schemas and upcasters. */
function readBack<Event extends AnyEvent>(
  events: readonly Event[],
  catalogue: EventCatalogue<Event>,
): readonly Event[] {
  return events.map((event) => {
    const { type } = event;
    const stream = 'session-fixture';
    const seal = sealWithFixedKey(stream, type, 'instance-web');
    const { data, schemaVersion } = encodeEvent(event, catalogue, seal);
    const dataHex = Buffer.from(data).toString('hex');
    const recorded = recordedEvent({ type, schemaVersion, dataHex });
    return decodeEvent(recorded, catalogue, openWithFixedKey(stream, type));
  });
}

describe('retention, however policies change and whichever engine works,', () => {
  it('has every property at every session, and never loses the base while a policy wants it', () => {
    fc.assert(
      fc.property(arbitrarySteps, (steps) => {
        const life = new Life();
        for (const step of steps) life.step(step);
      }),
      { numRuns: 400 },
    );
  });

  it('plans the same once all of its streams are read back from what was recorded', () => {
    fc.assert(
      fc.property(arbitrarySteps, (steps) => {
        const life = new Life();
        for (const step of steps) life.step(step);
        const sessions = life.sessions.map(({ events }) =>
          stateAfter(readBack(events, backupCatalogue)),
        );
        const instance = readBack(life.events, instanceCatalogue).reduce(
          evolveInstance,
          initialInstance,
        );
        const given = life.circumstances();
        const replayed = { ...given, history: instanceHistory(sessions, instance) };
        assert.deepEqual(replayed.history, given.history);
        assert.deepEqual(planRetention(replayed), planRetention(given));
      }),
      { numRuns: 200 },
    );
  });
});
