import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { InstanceId, Region } from '../../src/domain/identifiers.ts';
import type { InstanceDescription } from '../../src/ports/cloud/instances.ts';
import { tagAndRecord } from '../../src/vault/tag-and-record.ts';

const web = 'web-1' as InstanceId;
const description: InstanceDescription = {
  instanceId: web,
  region: 'local' as Region,
  tags: { env: 'prod' },
  volumes: [],
  configuration: {},
};

interface Scene {
  readonly done: readonly string[];
  readonly tagged: () => Promise<InstanceDescription>;
}

/** A cloud and an engine that do as told, and what was done. */
function scene(
  record: () => Promise<void>,
  tag: () => Promise<InstanceDescription> = () => Promise.resolve(description),
): Scene {
  const done: string[] = [];
  const cloud = {
    tagInstance: () => {
      done.push('changed');
      return tag();
    },
  };
  const engine = {
    recordTags: () => {
      done.push('recorded');
      return record();
    },
  };
  return { done, tagged: () => tagAndRecord(cloud, engine, web, { env: 'prod' }) };
}

describe('changing the tags of an instance', () => {
  it('changes them, then records them', async () => {
    const { done, tagged } = scene(() => Promise.resolve());
    assert.equal(await tagged(), description);
    assert.deepEqual(done, ['changed', 'recorded']);
  });

  it('says that they were changed when they cannot be recorded', async () => {
    const away = new SnapledgerError('LEDGER_UNAVAILABLE', 'nobody answers', {
      retry: 'retryable',
      remedy: 'Wait.',
      details: { timeoutMs: 1 },
    });
    const { tagged } = scene(() => Promise.reject(away));
    await assert.rejects(tagged(), {
      code: 'LEDGER_UNAVAILABLE',
      message: `the tags of instance 'web-1' were changed, but could not be recorded: nobody answers`,
      remedy: `Wait. The next session of the instance, or 'snapledger run', records them.`,
      retry: 'retryable',
      details: { timeoutMs: 1 },
      cause: away,
    });
  });

  it('records nothing when they cannot be changed', async () => {
    const unknown = new SnapledgerError('UNKNOWN_INSTANCE', 'there is none');
    const { done, tagged } = scene(
      () => Promise.resolve(),
      () => Promise.reject(unknown),
    );
    await assert.rejects(tagged(), unknown);
    assert.deepEqual(done, ['changed']);
  });
});
