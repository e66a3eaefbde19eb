import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  evolveRestore,
  initialRestoreSession,
} from '../src/domain/restore-session/restore-session.ts';
import type {
  Confirmation,
  ExchangedVolume,
  RestoreMakes,
  RunningExchange,
  StartedRestore,
} from '../src/index.ts';
import { oneOfEveryEvent } from './support/domain/one-of-every-event.ts';

/** What a host passes on must have a name: without one this does not compile. */
interface PartsOfRestore {
  readonly makes: RestoreMakes;
  readonly exchange: RunningExchange | null;
  readonly volumes: readonly ExchangedVolume[];
  readonly confirmation: Confirmation | null;
}

function partsOf({ makes, exchange, confirmation }: StartedRestore): PartsOfRestore {
  return { makes, exchange, volumes: exchange?.volumes ?? [], confirmation };
}

describe('the embedding API', () => {
  it('has a name for every part of a restore to the original place', () => {
    const { RestoreStarted, VolumeExchangeRequested } = oneOfEveryEvent;
    const started = evolveRestore(initialRestoreSession, {
      type: 'RestoreStarted',
      data: RestoreStarted,
    });
    const state = evolveRestore(started, {
      type: 'VolumeExchangeRequested',
      data: VolumeExchangeRequested,
    });
    assert.ok(state.status !== 'not-started');
    const { makes, exchange, volumes, confirmation } = partsOf(state);
    assert.equal(makes.kind, 'original');
    assert.equal(exchange?.direction, 'forward');
    assert.deepEqual(volumes, VolumeExchangeRequested.volumes);
    assert.equal(confirmation, null);
  });
});
