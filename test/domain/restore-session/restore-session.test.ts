import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RestoreSessionEvent } from '../../../src/domain/restore-session/restore-events.ts';
import {
  evolveRestore,
  initialRestoreSession,
  isWholeRestore,
  type RestoreSession,
} from '../../../src/domain/restore-session/restore-session.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';
import { known } from '../../../src/domain/sensitive/sensitive.ts';

const started = {
  type: 'RestoreStarted',
  data: {
    kind: 'restore',
    sessionId: sampleIds.session('restore'),
    instanceId: sampleIds.instance('web-1'),
    source: { kind: 'restore-point', id: sampleIds.session('monday') },
    engineId: sampleIds.engine('here'),
    volumeIds: [sampleIds.volume('root')],
    startedAt: atHour(8),
  },
} as const satisfies RestoreSessionEvent;
const restored = {
  type: 'VolumeRestored',
  data: {
    volumeId: sampleIds.volume('root'),
    device: sampleIds.device('xvda'),
    sizeBytes: 524_288,
    location: known('restored/xvda.img'),
    resourceId: null,
    bytesWritten: 512,
    bytesDamaged: 0,
  },
} as const satisfies RestoreSessionEvent;
const problem = { code: 'TARGET_FULL', message: 'no room is left' };

function after(...events: readonly RestoreSessionEvent[]): RestoreSession {
  return events.reduce(evolveRestore, initialRestoreSession);
}

describe('a restore', () => {
  it('runs from its start on', () => {
    const { kind, ...rest } = started.data;
    assert.equal(kind, 'restore');
    assert.deepEqual(after(started), {
      ...rest,
      status: 'running',
      endedAt: null,
      makes: { kind: 'images' },
      launched: null,
      restored: [],
      exchange: null,
      confirmation: null,
      problem: null,
      warnings: [],
    });
  });

  it('may have left something once it was about to launch an instance, and knows it once it runs', () => {
    const region = sampleIds.region('eu');
    const requested = {
      type: 'RestoreInstanceRequested',
      data: { region, configuration: known({ instanceType: 't3.small' }) },
    } as const;
    const before = after(started, requested);
    assert.ok(before.status === 'running');
    assert.deepEqual(before.makes, { kind: 'instance', region });
    assert.equal(before.launched, null);
    const runs = { type: 'InstanceRestored', data: { resourceId: 'i-1' } } as const;
    const state = after(started, requested, runs);
    assert.ok(state.status === 'running');
    assert.equal(state.launched, 'i-1');
  });

  it('of an instance is whole when that is recorded, and not already with its volumes', () => {
    const region = sampleIds.region('eu');
    const requested = {
      type: 'RestoreInstanceRequested',
      data: { region, configuration: null },
    } as const;
    const runs = { type: 'InstanceRestored', data: { resourceId: 'i-1' } } as const;
    const isWhole = (...events: readonly RestoreSessionEvent[]): boolean => {
      const state = after(started, ...events);
      assert.ok(state.status === 'running');
      return isWholeRestore(state);
    };
    assert.equal(isWhole(restored), true, 'volumes alone');
    assert.equal(isWhole(requested, restored), false);
    assert.equal(isWhole(requested, runs), false);
    assert.equal(isWhole(requested, restored, runs), true);
  });

  it('is whole when each of its volumes is recorded, and not before', () => {
    const data = sampleIds.volume('data');
    const two = {
      ...started,
      data: { ...started.data, volumeIds: [restored.data.volumeId, data] },
    } as const;
    const isWhole = (...events: readonly RestoreSessionEvent[]): boolean => {
      const state = after(two, ...events);
      assert.ok(state.status === 'running');
      return isWholeRestore(state);
    };
    assert.equal(isWhole(), false);
    assert.equal(isWhole(restored), false, 'one of two');
    assert.equal(isWhole(restored, restored), false, 'one of two, twice');
    const other = { ...restored, data: { ...restored.data, volumeId: data } } as const;
    assert.equal(isWhole(restored, other), true);
  });

  it('may have left something in the cloud once it was about to make a volume there', () => {
    const place = {
      region: sampleIds.region('eu'),
      availabilityZone: 'eu-a',
      volumeType: 'gp3',
      keyId: null,
    };
    const { volumeId, device } = restored.data;
    const requested = {
      type: 'RestoreVolumeRequested',
      data: { volumeId, device, place },
    } as const;
    const state = after(started, requested);
    assert.ok(state.status === 'running');
    assert.deepEqual(state.makes, { kind: 'volumes', region: place.region });
    assert.deepEqual(state.restored, []);
  });

  it('lists the volumes that it wrote, in order', () => {
    const state = after(started, restored, restored);
    assert.ok(state.status === 'running');
    assert.deepEqual(state.restored, [restored.data, restored.data]);
  });

  const endings = [
    ['RestoreCompleted', { warnings: [problem], endedAt: atHour(9) }, 'succeeded', null],
    ['RestoreFailed', { problem, endedAt: atHour(9) }, 'failed', problem],
    [
      'RestoreCancelled',
      { reason: 'enough', endedAt: atHour(9) },
      'cancelled',
      { code: 'CANCELLED', message: 'enough' },
    ],
  ] as const;
  for (const [type, data, status, expected] of endings) {
    it(`has ${status} after ${type}, and keeps what it had written`, () => {
      const state = after(started, restored, { type, data } as RestoreSessionEvent);
      assert.ok(state.status !== 'not-started');
      assert.equal(state.status, status);
      assert.equal(state.endedAt, atHour(9));
      assert.deepEqual(state.problem, expected);
      assert.deepEqual(state.restored, [restored.data]);
      assert.deepEqual(state.warnings, status === 'succeeded' ? [problem] : []);
    });
  }

  it('cannot begin with anything but its start', () => {
    assert.throws(() => after(restored), {
      code: 'INTERNAL',
      message: /a restore begins with RestoreStarted/,
    });
  });

  it('does not pass over an event that it does not know', () => {
    const later = JSON.parse('{ "type": "RestoreMoved", "data": {} }') as RestoreSessionEvent;
    assert.throws(() => after(started, later), {
      code: 'INTERNAL',
      message: /a case that cannot be: .*RestoreMoved/,
    });
  });

  describe('to the original place', () => {
    const region = sampleIds.region('eu');
    const device = sampleIds.device('xvda');
    const exchange = {
      region,
      instanceWas: 'running',
      volumes: [
        {
          device,
          kept: sampleIds.volume('root'),
          placed: sampleIds.volume('new'),
          onTermination: 'delete',
        },
      ],
      undoes: null,
    } as const;
    const asked = { type: 'OriginalRestoreRequested', data: { region } } as const;
    const requested = { type: 'VolumeExchangeRequested', data: exchange } as const;

    it('is not whole when its volumes are there: nothing has been exchanged for them', () => {
      const place = { region, availabilityZone: 'eua', volumeType: 'gp3', keyId: null };
      const { volumeId } = restored.data;
      const state = after(
        started,
        asked,
        { type: 'RestoreVolumeRequested', data: { volumeId, device, place } },
        restored,
      );
      assert.ok(state.status !== 'not-started');
      assert.deepEqual(state.makes, { kind: 'original', region });
      assert.equal(isWholeRestore(state), false);
    });

    it('knows how far the exchange has got, and forgets it when it goes back', () => {
      const instanceId = sampleIds.instance('web-1');
      const forward = after(
        started,
        asked,
        requested,
        { type: 'InstanceStopped', data: { instanceId } },
        { type: 'VolumeExchanged', data: { device } },
      );
      assert.ok(forward.status !== 'not-started');
      const far = { ...exchange, direction: 'forward', cause: null, done: [device] };
      assert.deepEqual(forward.exchange, { ...far, instance: 'stopped' });

      const back = evolveRestore(forward, { type: 'PutBackRequested', data: { problem } });
      assert.ok(back.status !== 'not-started');
      const going = { direction: 'back', cause: problem, done: [] };
      assert.deepEqual(back.exchange, { ...exchange, ...going, instance: 'stopped' });
    });

    it('is of the engine that goes on with it', () => {
      const engineId = sampleIds.engine('there');
      const state = after(started, requested, { type: 'RestoreTakenOver', data: { engineId } });
      assert.ok(state.status !== 'not-started');
      assert.equal(state.engineId, engineId);
    });
  });

  it('that confirms another one knows what of it is gone', () => {
    const [one, other] = [sampleIds.volume('one'), sampleIds.volume('other')];
    const confirms = sampleIds.session('before');
    const state = after(
      started,
      {
        type: 'RestoreConfirmed',
        data: { region: sampleIds.region('eu'), confirms, kept: [one, other], released: [] },
      },
      { type: 'KeptVolumeRemoved', data: { volumeId: one } },
    );
    assert.ok(state.status !== 'not-started');
    assert.deepEqual(state.confirmation?.removed, [one]);
  });
});
