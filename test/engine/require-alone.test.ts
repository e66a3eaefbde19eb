import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { initialInstance } from '../../src/domain/instance/instance-state.ts';
import {
  evolveRestore,
  initialRestoreSession,
} from '../../src/domain/restore-session/restore-session.ts';
import { requireAlone, requireNoExchange } from '../../src/engine/restore/require-alone.ts';
import { oneOfEveryEvent } from '../support/domain/one-of-every-event.ts';
import { sampleIds } from '../support/domain/sample-ids.ts';

const instanceId = sampleIds.instance('web-1');
const other = oneOfEveryEvent.RestoreStarted.sessionId;
const own = sampleIds.session('own');

/** A FAKE of the sessions of the ledger, of which one restore runs. */
function running(has: 'exchange' | 'no-exchange'): Parameters<typeof requireNoExchange>[0] {
  const events = [
    { type: 'RestoreStarted', data: oneOfEveryEvent.RestoreStarted },
    ...(has === 'exchange'
      ? [{ type: 'VolumeExchangeRequested', data: oneOfEveryEvent.VolumeExchangeRequested }]
      : []),
  ] as const;
  const state = events.reduce(
    (before, event) => evolveRestore(before, event as Parameters<typeof evolveRestore>[1]),
    initialRestoreSession,
  );
  assert.ok(state.status !== 'not-started');
  return {
    entries: () => Promise.resolve([{ sessionId: other } as never]),
    stateOf: () => Promise.resolve(state),
  };
}

const free = { stateOf: () => Promise.resolve(initialInstance) };

describe('whoever works on the volumes of an instance', () => {
  it('is alone while other restores make volumes', async () => {
    await requireAlone(running('no-exchange'), free, { instanceId, sessionId: own });
    await requireNoExchange(running('no-exchange'), instanceId, null);
  });

  it('is not alone while another restore exchanges some, and nobody begins a backup then', async () => {
    const exchanging = running('exchange');
    const busy = { code: 'INSTANCE_BUSY', message: new RegExp(other) };
    await assert.rejects(requireAlone(exchanging, free, { instanceId, sessionId: own }), busy);
    await assert.rejects(requireNoExchange(exchanging, instanceId, null), busy);
    await requireAlone(exchanging, free, { instanceId, sessionId: other });
  });

  it('is not alone while a session holds the instance', async () => {
    const claim = { sessionId: other, engineId: sampleIds.engine('there') };
    const claims = { stateOf: () => Promise.resolve({ ...initialInstance, claim }) };
    await assert.rejects(
      requireAlone(running('no-exchange'), claims, { instanceId, sessionId: own }),
      { code: 'INSTANCE_BUSY' },
    );
  });
});
