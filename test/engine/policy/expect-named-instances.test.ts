import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSnapledgerError, SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../../src/domain/identifiers.ts';
import { initialInstance } from '../../../src/domain/instance/instance-state.ts';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import type { InstanceMatch } from '../../../src/domain/policy/instance-selection.ts';
import { expectNamedInstances } from '../../../src/engine/policy/expect-named-instances.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { samplePolicy } from '../../support/domain/sample-policy.ts';

const inCloud = sampleIds.instance('web-1');
const unread = sampleIds.instance('web-2');
const goneAfterBackups = sampleIds.instance('old-1');

const ids = (...names: readonly string[]): InstanceMatch => ({
  kind: 'instances',
  instanceIds: names.map(sampleIds.instance),
});

const policy = (policyId: string, include: InstanceMatch): BackupPolicy => ({
  ...samplePolicy({ policyId }),
  selection: { include, exclude: ids('nobody-has-this') },
});

/** Refused with this message; null: allowed. */
async function refusal(...policies: readonly BackupPolicy[]): Promise<string | null> {
  const described = {
    instanceId: inCloud,
    region: sampleIds.region('local'),
    tags: {},
    volumes: [],
    configuration: {},
  };
  const error = new SnapledgerError('CLOUD_STATE_CORRUPT', 'its record is damaged');
  const cloud = {
    readable: () =>
      Promise.resolve({
        instances: [described],
        unreadable: [{ instanceId: unread, error }],
      }),
  };
  const claims = {
    stateOf: (instanceId: InstanceId) =>
      Promise.resolve(
        instanceId === goneAfterBackups
          ? { ...initialInstance, sessions: [sampleIds.session('s1')] }
          : initialInstance,
      ),
  };
  try {
    await expectNamedInstances(cloud, claims, policies);
    return null;
  } catch (error) {
    assert.ok(isSnapledgerError(error) && error.code === 'UNKNOWN_INSTANCE', String(error));
    return error.message;
  }
}

describe('a policy that names instances', () => {
  it('may name those of the cloud, readable or not', async () => {
    assert.equal(await refusal(policy('a', ids('web-1', 'web-2'))), null);
  });

  it('may go on naming one that was backed up and is gone', async () => {
    assert.equal(await refusal(policy('a', ids('web-1', 'old-1'))), null);
  });

  it('is refused with each field that names one which nobody knows', async () => {
    const nested: InstanceMatch = { kind: 'any-of', of: [{ kind: 'all' }, ids('web-1', 'wbe-1')] };
    assert.equal(
      await refusal(policy('a', ids('old-1')), policy('b', nested), policy('c', ids('wbe-1'))),
      "there is no such instance: policy 'b': selection.include.of[1].instanceIds[1] is 'wbe-1'; " +
        "policy 'c': selection.include.instanceIds[0] is 'wbe-1'",
    );
  });

  it('is refused in a message of bounded length', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `x-${index}`);
    const message = await refusal(policy('a', ids(...names)));
    assert.match(message ?? '', /'x-4'; 35 more$/v);
  });

  it('may select by tag what there is none of', async () => {
    const tagged: InstanceMatch = { kind: 'tag', key: 'env', value: 'prod' };
    assert.equal(await refusal(policy('a', tagged), policy('b', { kind: 'all' })), null);
  });
});
