import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  decideInstance,
  type InstanceCommand,
} from '../../../src/domain/instance/decide-instance.ts';
import type { PlacedHold } from '../../../src/domain/instance/hold.ts';
import type { InstanceEvent } from '../../../src/domain/instance/instance-events.ts';
import { evolveInstance, initialInstance } from '../../../src/domain/instance/instance-state.ts';
import type { ItemRef } from '../../../src/domain/retention/retention-plan.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';
import { known } from '../../../src/domain/sensitive/sensitive.ts';

const item = (name: string): ItemRef => ({ kind: 'snapshot-set', id: sampleIds.set(name) });
const hold = (name: string): PlacedHold => ({
  holdId: sampleIds.hold(name),
  item: item(name),
  hold: { kind: 'legal-hold', note: known(name) },
  placedAt: atHour(1),
});
const lock: PlacedHold = { ...hold('locked'), hold: { kind: 'lock', until: atHour(20) } };
const placed = (data: PlacedHold): InstanceEvent => ({ type: 'HoldPlaced', data });
const expires = (name: string, hour: number): InstanceEvent => ({
  type: 'ExpirySet',
  data: { item: item(name), expiresAt: atHour(hour), setAt: atHour(1) },
});

const after = (...events: readonly InstanceEvent[]) =>
  events.reduce(evolveInstance, initialInstance);

describe('of several holds', () => {
  it('the one that is released goes, and the others stay', () => {
    const released: InstanceEvent = {
      type: 'HoldReleased',
      data: { holdId: sampleIds.hold('b'), releasedAt: atHour(2) },
    };
    const { holds } = after(placed(hold('a')), placed(hold('b')), placed(hold('c')), released);
    assert.deepEqual(holds, [hold('a'), hold('c')]);
  });

  it('the one that is named is released, whatever kind the first one is', () => {
    const { holdId } = hold('b');
    const state = after(placed(lock), placed(hold('b')));
    assert.deepEqual(decideInstance({ type: 'ReleaseHold', holdId, now: atHour(2) }, state), [
      { type: 'HoldReleased', data: { holdId, releasedAt: atHour(2) } },
    ]);
  });
});

describe('of several expiries', () => {
  it('each item has the last one that was set for it', () => {
    const { expiries } = after(expires('a', 5), expires('b', 6), expires('a', 7));
    assert.deepEqual(expiries, [
      { item: item('b'), expiresAt: atHour(6) },
      { item: item('a'), expiresAt: atHour(7) },
    ]);
  });
});

describe('of several items that are being removed', () => {
  it('none can be held any more, and all others can', () => {
    const sessionId = sampleIds.session('now');
    const items = [item('a'), item('b')];
    const state = after({ type: 'RemovalsBegun', data: { sessionId, items, withheld: [] } });
    const place = (name: string): InstanceCommand => ({
      type: 'PlaceHold',
      ...hold(name),
      hold: { kind: 'legal-hold', note: name },
      now: atHour(1),
    });
    for (const name of ['a', 'b']) {
      assert.throws(() => decideInstance(place(name), state), { code: 'ITEM_BEING_REMOVED' });
    }
    assert.deepEqual(decideInstance(place('c'), state), [placed(hold('c'))]);
  });
});

describe('what an instance does not know', () => {
  const later = JSON.parse('{ "type": "Later", "data": {} }') as InstanceEvent & InstanceCommand;

  it('is refused, and not passed over: an event', () => {
    assert.throws(() => after(later), { code: 'INTERNAL', message: /Later/ });
  });

  it('is refused, and not passed over: a command', () => {
    assert.throws(() => decideInstance(later, initialInstance), {
      code: 'INTERNAL',
      message: /Later/,
    });
  });
});

describe('an instance that is busy', () => {
  it('tells machines which session holds it', () => {
    const instanceId = sampleIds.instance('web-1');
    const sessionId = sampleIds.session('now');
    const engineId = sampleIds.engine('here');
    const state = after({ type: 'SessionClaimed', data: { sessionId, engineId } });
    assert.throws(
      () =>
        decideInstance(
          {
            type: 'ClaimSession',
            instanceId,
            sessionId,
            engineId,
            purpose: 'backup',
            tags: {},
          },
          state,
        ),
      { code: 'INSTANCE_BUSY', details: { instanceId, sessionId } },
    );
  });
});
