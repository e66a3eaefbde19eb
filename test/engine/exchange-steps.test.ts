import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  begunExchange,
  type RunningExchange,
} from '../../src/domain/restore-session/restore-session.ts';
import { confirmRestore, planConfirmation } from '../../src/engine/restore/confirm-steps.ts';
import type { ExchangedRestore } from '../../src/engine/restore/plan-undo.ts';
import { exchangeVolumes, putBackVolumes } from '../../src/engine/restore/exchange-steps.ts';
import type { RestoreSteps } from '../../src/engine/restore/restore-steps.ts';
import { sampleIds } from '../support/domain/sample-ids.ts';
import { MemoryExchanges } from '../support/engine/memory-exchanges.ts';

const never = new AbortController().signal;
const instanceId = sampleIds.instance('web-1');
const owner = { sessionId: sampleIds.session('restore'), instanceId };
const [root, data] = [sampleIds.device('xvda'), sampleIds.device('sdf')];
const old = { root: sampleIds.volume('old-root'), data: sampleIds.volume('old-data') };
const placed = { root: sampleIds.volume('new-root'), data: sampleIds.volume('new-data') };
const cause = { code: 'CLOUD_REFUSED', message: 'no' };

const running: RunningExchange = begunExchange({
  region: sampleIds.region('eu'),
  instanceWas: 'running',
  volumes: [
    { device: root, kept: old.root, placed: placed.root, onTermination: 'delete' },
    { device: data, kept: old.data, placed: placed.data, onTermination: 'keep' },
  ],
  undoes: null,
});

function fakeExchanges() {
  const fake = new MemoryExchanges(instanceId, [
    [root, old.root],
    [data, old.data],
  ]);
  return { fake, work: { exchanges: fake, owner } };
}

async function told(steps: RestoreSteps) {
  const types: string[] = [];
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) {
    types.push(...step.value.map(({ type }) => type));
  }
  return { types, left: step.value };
}

describe('an exchange of volumes', () => {
  it('marks all that gives way before it stops the instance, and starts that again', async () => {
    const { fake, work } = fakeExchanges();
    const steps = exchangeVolumes(work, running, never);
    await steps.next();
    assert.deepEqual([...fake.marked], [old.root, old.data]);
    assert.equal(fake.state, 'stopped');
    const { types } = await told(steps);
    assert.deepEqual(types, ['VolumeExchanged', 'VolumeExchanged', 'InstanceStarted']);
    assert.deepEqual([...fake.at.values()].toSorted(), [placed.data, placed.root]);
  });

  it('goes on where it had got to', async () => {
    const { fake, work } = fakeExchanges();
    fake.state = 'stopped';
    fake.at.set(root, placed.root);
    const { types } = await told(
      exchangeVolumes(work, { ...running, instance: 'stopped', done: [root] }, never),
    );
    assert.deepEqual(types, ['VolumeExchanged', 'InstanceStarted']);
    assert.deepEqual([...fake.marked], [old.data]);
  });

  it('of an instance that was stopped ends when somebody starts it meanwhile', async () => {
    const { work } = fakeExchanges();
    const steps = exchangeVolumes(work, { ...running, instanceWas: 'stopped' }, never);
    await assert.rejects(told(steps), { code: 'INSTANCE_RUNNING' });
  });
});

describe('an exchange that undoes another one', () => {
  const undoing: RunningExchange = { ...running, undoes: sampleIds.session('before') };

  it('takes the marks from what is back once all of it is, and not before', async () => {
    const { fake, work } = fakeExchanges();
    fake.marked.add(placed.root).add(placed.data);
    const steps = exchangeVolumes(work, undoing, never);
    for (let step = await steps.next(); step.done !== true; step = await steps.next()) {
      assert.ok(fake.marked.has(placed.root) && fake.marked.has(placed.data));
    }
    assert.deepEqual([...fake.marked], [old.root, old.data]);
  });

  it('is done also when a mark stays', async () => {
    const { fake, work } = fakeExchanges();
    fake.releases = 'fail';
    const { types } = await told(exchangeVolumes(work, undoing, never));
    assert.ok(types.includes('InstanceStarted'));
  });
});

describe('a confirmation', () => {
  it('takes the mark from the new volumes that are in their places, and from no others', async () => {
    const { fake, work } = fakeExchanges();
    fake.at.set(root, placed.root);
    fake.at.delete(data);
    for (const id of [...Object.values(old), ...Object.values(placed)]) fake.marked.add(id);
    const restore = {
      sessionId: owner.sessionId,
      instanceId,
      exchange: running,
    } as ExchangedRestore;
    const plan = await planConfirmation(work.exchanges, restore);

    const { types } = await told(confirmRestore(work.exchanges, restore, plan, { signal: never }));

    assert.deepEqual(types, ['RestoreConfirmed', 'KeptVolumeRemoved', 'KeptVolumeRemoved']);
    assert.deepEqual([...fake.gone], [old.root, old.data]);
    assert.ok(!fake.marked.has(placed.root));
    assert.ok(fake.marked.has(placed.data), 'it has given way to another one since');
  });
});

describe('volumes that are put back', () => {
  it('are where they were, wherever the exchange had got to', async () => {
    for (const far of [[], [root], [root, data]] as const) {
      const { fake, work } = fakeExchanges();
      fake.marked.add(old.root).add(old.data);
      for (const device of far) {
        fake.at.set(device, device === root ? placed.root : placed.data);
        fake.state = 'stopped';
      }
      const { types, left } = await told(putBackVolumes(work, running, cause));
      assert.deepEqual(types, [
        'PutBackRequested',
        'VolumePutBack',
        'VolumePutBack',
        'InstanceStarted',
      ]);
      assert.deepEqual(left, []);
      assert.deepEqual([fake.at.get(root), fake.at.get(data)], [old.root, old.data]);
      assert.deepEqual([...fake.marked], []);
      assert.equal(fake.state, 'running');
    }
  });

  it('do not stop an instance whose volumes are all in their places', async () => {
    const { fake, work } = fakeExchanges();
    await told(putBackVolumes(work, running, cause));
    assert.equal(fake.state, 'running');
    assert.equal(fake.stops, 0);
  });

  it('do not record twice that they are to go back', async () => {
    const { work } = fakeExchanges();
    const { types } = await told(putBackVolumes(work, { ...running, direction: 'back' }, cause));
    assert.ok(!types.includes('PutBackRequested'));
  });

  it('leave the new one where the old one is gone, and say so', async () => {
    const { fake, work } = fakeExchanges();
    fake.at.set(root, placed.root);
    fake.marked.add(placed.root);
    fake.gone.add(old.root);
    fake.state = 'stopped';
    const { types, left } = await told(putBackVolumes(work, running, cause));
    assert.deepEqual(types, ['PutBackRequested', 'VolumePutBack', 'InstanceStarted']);
    assert.equal(fake.at.get(root), placed.root);
    assert.deepEqual([...fake.marked], [], 'nobody removes it for that of a restore that failed');
    assert.match(left[0]?.message ?? '', /vol-old-root.* is gone/);
  });

  it('are named when the instance is gone', async () => {
    const { fake, work } = fakeExchanges();
    fake.state = 'ended';
    const { types, left } = await told(putBackVolumes(work, running, cause));
    assert.deepEqual(types, ['PutBackRequested']);
    assert.match(left[0]?.message ?? '', /nothing was put back.*vol-old-root, vol-old-data/);
  });

  it('are back also when the instance does not start, which is said', async () => {
    const { fake, work } = fakeExchanges();
    fake.starts = false;
    fake.state = 'stopped';
    const { types, left } = await told(putBackVolumes(work, running, cause));
    assert.deepEqual(types, ['PutBackRequested', 'VolumePutBack', 'VolumePutBack']);
    assert.match(left[0]?.message ?? '', /was not started again: no capacity/);
  });
});
