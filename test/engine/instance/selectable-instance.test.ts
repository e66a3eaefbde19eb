import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import { selectableInstance } from '../../../src/engine/instance/selectable-instance.ts';
import type { Instances, ReadableInstances } from '../../../src/ports/cloud/instances.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';

const instanceId = sampleIds.instance('web-1');

/** A cloud that cannot describe the instance for this reason, and then lists these. */
function cloudWith(
  code: 'UNKNOWN_INSTANCE' | 'DISK_MISSING',
  readable: Partial<ReadableInstances>,
): Pick<Instances, 'describe' | 'readable'> {
  return {
    describe: () => Promise.reject(new SnapledgerError(code, 'of the test')),
    readable: () => Promise.resolve({ instances: [], unreadable: [], ...readable }),
  };
}

describe('an instance that cannot be described', () => {
  it('has the tags that it is listed with', async () => {
    const listed = {
      instanceId,
      region: sampleIds.region('local'),
      tags: { env: 'prod' },
      volumes: [],
      configuration: {},
    };
    const cloud = cloudWith('DISK_MISSING', { instances: [listed] });
    assert.deepEqual(await selectableInstance(cloud, instanceId), listed);
  });

  it('is known by its id alone when it is gone', async () => {
    const cloud = cloudWith('UNKNOWN_INSTANCE', {});
    assert.deepEqual(await selectableInstance(cloud, instanceId), { instanceId, tags: {} });
  });

  it('is not taken for one that is gone, or has no tags, when it is there and cannot be read', async () => {
    const error = new SnapledgerError('STORE_UNAVAILABLE', 'could not read its record');
    for (const code of ['UNKNOWN_INSTANCE', 'DISK_MISSING'] as const) {
      const cloud = cloudWith(code, { unreadable: [{ instanceId, error }] });
      await assert.rejects(selectableInstance(cloud, instanceId), error);
    }
  });
});
