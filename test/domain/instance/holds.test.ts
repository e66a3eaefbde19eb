import { describe, it } from 'node:test';
import {
  decideInstance,
  type InstanceCommand,
} from '../../../src/domain/instance/decide-instance.ts';
import type { HoldId } from '../../../src/domain/identifiers.ts';
import type { Hold } from '../../../src/domain/instance/hold.ts';
import type { InstanceEvent } from '../../../src/domain/instance/instance-events.ts';
import { instanceLimits } from '../../../src/domain/instance/instance-limits.ts';
import {
  evolveInstance,
  initialInstance,
  type InstanceState,
} from '../../../src/domain/instance/instance-state.ts';
import type { ItemRef } from '../../../src/domain/retention/retention-plan.ts';
import { specificationOf } from '../../support/domain/decider-specification.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';
import { recordHold } from '../../../src/domain/instance/hold.ts';

const given = specificationOf<InstanceCommand, InstanceState, InstanceEvent>({
  initial: initialInstance,
  evolve: evolveInstance,
  decide: decideInstance,
});

const holdId = sampleIds.hold('one');
const sessionId = sampleIds.session('now');
const set = (name: string): ItemRef => ({ kind: 'snapshot-set', id: sampleIds.set(name) });
const legal: Hold = { kind: 'legal-hold', note: 'case 4711' };
const lock: Hold = { kind: 'lock', until: atHour(20) };

const place = (hold: Hold, item = set('a'), now = atHour(10)): InstanceCommand => ({
  type: 'PlaceHold',
  holdId,
  item,
  hold,
  now,
});
const placed = (hold: Hold, item = set('a')): InstanceEvent => ({
  type: 'HoldPlaced',
  data: { holdId, item, hold: recordHold(hold), placedAt: atHour(10) },
});
const release = (now = atHour(12)): InstanceCommand => ({ type: 'ReleaseHold', holdId, now });
const released: InstanceEvent = {
  type: 'HoldReleased',
  data: { holdId, releasedAt: atHour(12) },
};

const claimed: InstanceEvent = {
  type: 'SessionClaimed',
  data: { sessionId, engineId: sampleIds.engine('here') },
};
const begin = (items: readonly ItemRef[], now = atHour(11)): InstanceCommand => ({
  type: 'BeginRemovals',
  sessionId,
  items,
  now,
});
const begun = (...items: readonly ItemRef[]): InstanceEvent => ({
  type: 'RemovalsBegun',
  data: { sessionId, items, withheld: [] },
});
const sessionReleased: InstanceEvent = { type: 'SessionReleased', data: { sessionId } };

describe('a hold', () => {
  it('is placed at any time, also while a session holds the instance', () => {
    given().when(place(legal)).then(placed(legal));
    given(claimed).when(place(lock)).then(placed(lock));
  });

  it('that is placed again is the same hold', () => {
    given(placed(legal)).when(place(legal)).thenNothing();
  });

  it('of a legal kind is released whenever somebody says so', () => {
    given(placed(legal)).when(release()).then(released);
  });

  it('is not there once it was released, nor before it was placed', () => {
    given(placed(legal), released).when(release()).thenRefused('UNKNOWN_HOLD', holdId);
    given().when(release()).thenRefused('UNKNOWN_HOLD', holdId);
  });

  it('that locks cannot be released before its time, and can from then on', () => {
    given(placed(lock))
      .when(release(atHour(19.99)))
      .thenRefused('HOLD_IN_FORCE', '2026-01-05T20:');
    given(placed(lock))
      .when(release(atHour(20)))
      .then({ type: 'HoldReleased', data: { holdId, releasedAt: atHour(20) } });
  });

  it('that locks until now or earlier, or no time at all, is refused', () => {
    for (const until of [atHour(10), atHour(9), NaN as typeof lock.until, Infinity as never]) {
      given()
        .when(place({ kind: 'lock', until }))
        .thenRefused('INVALID_ARGUMENT', 'lock');
    }
  });

  it('has a note of limited length', () => {
    const note = 'x'.repeat(instanceLimits.holdNoteMaxLength);
    given()
      .when(place({ kind: 'legal-hold', note }))
      .then(placed({ kind: 'legal-hold', note }));
    given()
      .when(place({ kind: 'legal-hold', note: `${note}x` }))
      .thenRefused('INVALID_ARGUMENT', String(instanceLimits.holdNoteMaxLength));
  });

  it('is placed on a point by the repository however many there are, and counts for none of them', () => {
    const lock: Hold = { kind: 'lock', until: atHour(10) };
    const own = (index: number): Extract<InstanceEvent, { type: 'HoldPlaced' }> => {
      const pointId = sampleIds.session(`point ${index}`);
      const item = { kind: 'restore-point', id: pointId } as const;
      const holdId = pointId as string as HoldId;
      return {
        type: 'HoldPlaced',
        data: { holdId, item, hold: recordHold(lock), placedAt: atHour(1) },
      };
    };
    const many = Array.from({ length: instanceLimits.holdsMax }, (_, index) => own(index));
    const { holdId, item } = own(instanceLimits.holdsMax).data;
    given(...many)
      .when({ type: 'PlaceHold', holdId, item, hold: lock, now: atHour(1) })
      .then(own(instanceLimits.holdsMax));
    given(...many)
      .when(place(legal))
      .then(placed(legal));
  });

  it('is one of a limited number in force; a lock that is over takes no place', () => {
    const many = (hold: Hold): readonly InstanceEvent[] =>
      Array.from({ length: instanceLimits.holdsMax }, (_, index) => ({
        type: 'HoldPlaced',
        data: {
          holdId: sampleIds.hold(index),
          item: set('b'),
          hold: recordHold(hold),
          placedAt: atHour(1),
        },
      }));
    given(...many(legal))
      .when(place(legal))
      .thenRefused('LIMIT_EXCEEDED', 'holds in force');
    given(...many({ kind: 'lock', until: atHour(10) }))
      .when(place(legal))
      .then(placed(legal));
  });
});

describe('removals', () => {
  it('are cleared for the session that holds the instance, and for no other', () => {
    given(claimed)
      .when(begin([set('a'), set('b')]))
      .then(begun(set('a'), set('b')));
    given()
      .when(begin([set('a')]))
      .thenRefused('SESSION_FENCED', sessionId);
  });

  it('leave out what was held before, and say by what', () => {
    given(claimed, placed(legal))
      .when(begin([set('a'), set('b')]))
      .then({
        type: 'RemovalsBegun',
        data: { sessionId, items: [set('b')], withheld: [{ item: set('a'), holdId }] },
      });
  });

  it('do not leave out what is held no more', () => {
    given(claimed, placed(legal), released)
      .when(begin([set('a')]))
      .then(begun(set('a')));
    given(claimed, placed(lock))
      .when(begin([set('a')], atHour(20)))
      .then(begun(set('a')));
  });

  it('take an item for another only if its kind is the same too', () => {
    const point: ItemRef = { kind: 'restore-point', id: sampleIds.session('a') };
    given(claimed, placed(legal, point))
      .when(begin([set('a')]))
      .then(begun(set('a')));
  });

  it('leave out what was made by hand and may stay longer by now', () => {
    const expiry = (expiresAt: ReturnType<typeof atHour> | null): InstanceEvent => ({
      type: 'ExpirySet',
      data: { item: set('a'), expiresAt, setAt: atHour(10) },
    });
    const withheld: InstanceEvent = {
      type: 'RemovalsBegun',
      data: { sessionId, items: [], withheld: [{ item: set('a'), holdId: null }] },
    };
    given(claimed, expiry(atHour(30)))
      .when(begin([set('a')]))
      .then(withheld);
    given(claimed, expiry(null))
      .when(begin([set('a')]))
      .then(withheld);
    given(claimed, expiry(atHour(11)))
      .when(begin([set('a')]))
      .then(begun(set('a')));
    given(claimed, expiry(null), expiry(atHour(11)))
      .when(begin([set('a')]))
      .then(begun(set('a')));
  });

  it('are cleared once: whoever goes on with the session asks in vain, and finds the same', () => {
    given(claimed, begun(set('a')), placed(legal, set('b')))
      .when(begin([set('a'), set('b')]))
      .thenNothing();
  });

  it('that were cleared come before any hold, until the session has ended', () => {
    const removing = [claimed, begun(set('a'))] as const;
    given(...removing)
      .when(place(legal))
      .thenRefused('ITEM_BEING_REMOVED', sessionId, 'set-a');
    given(...removing)
      .when(place(legal, set('b')))
      .then(placed(legal, set('b')));
    given(...removing, sessionReleased)
      .when(place(legal))
      .then(placed(legal));
  });

  it('that were cleared come before another expiry', () => {
    const later = { type: 'SetExpiry', item: set('a'), expiresAt: null, now: atHour(10) } as const;
    given(claimed, begun(set('a')))
      .when(later)
      .thenRefused('ITEM_BEING_REMOVED', 'set-a');
    given(claimed)
      .when(later)
      .then({ type: 'ExpirySet', data: { item: set('a'), expiresAt: null, setAt: atHour(10) } });
  });
});
