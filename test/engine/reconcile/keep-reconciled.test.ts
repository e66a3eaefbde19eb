import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { Region } from '../../../src/domain/identifiers.ts';
import { type CloudPlace, placeInWords } from '../../../src/domain/policy/cloud-place.ts';
import {
  keepReconciled,
  type ReconciledPlace,
} from '../../../src/engine/reconcile/keep-reconciled.ts';
import type { Reconciliation } from '../../../src/engine/reconcile/reconcile.ts';
import { createVirtualClock } from '../../support/clock/virtual-clock.ts';

const home: CloudPlace = { region: 'home' as Region, account: null };
const far: CloudPlace = {
  region: 'far' as Region,
  account: { roleArn: 'arn:aws:iam::222233334444:role/copies', externalId: 'not to be told' },
};
const inWords = { home: 'home', far: 'far of account 222233334444' };
const everyMs = 6 * 3_600_000;
const inOrder: Reconciliation = { items: [], mailboxes: [], untrusted: [], unreadable: [] };
const unavailable = (): SnapledgerError =>
  new SnapledgerError('CLOUD_UNAVAILABLE', 'no answer', { retry: 'retryable' });

/** Keeps places reconciled in virtual time, and says what was told. */
function keep({
  places = () => Promise.resolve([home, far]),
  reconcile = () => Promise.resolve(inOrder),
}: {
  readonly places?: () => Promise<readonly CloudPlace[]>;
  readonly reconcile?: (place: CloudPlace, signal: AbortSignal) => Promise<Reconciliation>;
} = {}): {
  readonly clock: ReturnType<typeof createVirtualClock>;
  readonly told: string[];
  readonly stop: () => Promise<void>;
} {
  const clock = createVirtualClock();
  const stopped = new AbortController();
  const told: string[] = [];
  const tell = (looked: ReconciledPlace): void => {
    const place = placeInWords(looked.place);
    told.push(looked.kind === 'looked' ? place : `${place}: ${looked.error.code}`);
  };
  const kept = keepReconciled({ clock, everyMs, home, places, reconcile }, stopped.signal, tell);
  return {
    clock,
    told,
    stop: async () => {
      stopped.abort();
      await kept;
    },
  };
}

describe('a running engine that keeps its places reconciled', () => {
  it('looks at each of them at once, and again after every pause', async () => {
    const { clock, told, stop } = keep();
    await clock.advance(0);
    assert.deepEqual(told, [inWords.home, inWords.far]);
    await clock.advance(everyMs - 1);
    assert.equal(told.length, 2);
    await clock.advance(1);
    assert.deepEqual(told, [inWords.home, inWords.far, inWords.home, inWords.far]);
    await stop();
  });

  it('asks each time which regions there are', async () => {
    const answers = [[home], [home, far]];
    const { clock, told, stop } = keep({
      places: () => Promise.resolve(answers.shift() ?? []),
    });
    await clock.advance(everyMs);
    assert.deepEqual(told, [inWords.home, inWords.home, inWords.far]);
    await stop();
  });

  it('tells of a region that cannot be looked at, and looks at the others and again', async () => {
    let isDown = true;
    const { clock, told, stop } = keep({
      reconcile: (region) => {
        if (region === home && isDown) return Promise.reject(unavailable());
        return Promise.resolve(inOrder);
      },
    });
    await clock.advance(0);
    assert.deepEqual(told, ['home: CLOUD_UNAVAILABLE', inWords.far]);
    isDown = false;
    await clock.advance(everyMs);
    assert.deepEqual(told.slice(2), [inWords.home, inWords.far]);
    await stop();
  });

  it('tells when it cannot be known which regions there are', async () => {
    const { clock, told, stop } = keep({ places: () => Promise.reject(unavailable()) });
    await clock.advance(everyMs);
    assert.deepEqual(told, ['home: CLOUD_UNAVAILABLE', 'home: CLOUD_UNAVAILABLE']);
    await stop();
  });

  it('looks at no further region once it is stopped, and ends', async () => {
    const looked: CloudPlace[] = [];
    const { clock, stop } = keep({
      reconcile: async (region) => {
        looked.push(region);
        await clock.sleep(1_000);
        return inOrder;
      },
    });
    await clock.advance(0);
    const stopping = stop();
    await clock.advance(1_000);
    await stopping;
    assert.deepEqual(looked, [home]);
  });

  it('stops the look that is under way, and tells of no failure', async () => {
    const { clock, told, stop } = keep({
      reconcile: async (_region, signal) => {
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve, { once: true });
        });
        signal.throwIfAborted();
        return inOrder;
      },
    });
    await clock.advance(0);
    await stop();
    assert.deepEqual(told, []);
  });

  it('does not hide a defect', async () => {
    const clock = createVirtualClock();
    const broken = keepReconciled(
      {
        clock,
        everyMs,
        home,
        places: () => Promise.resolve([home]),
        reconcile: () => Promise.reject(new TypeError('a defect')),
      },
      new AbortController().signal,
      () => undefined,
    );
    await assert.rejects(broken, /a defect/);
  });
});
