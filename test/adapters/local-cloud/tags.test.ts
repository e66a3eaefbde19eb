import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { DeviceName, InstanceId } from '../../../src/domain/identifiers.ts';
import { deviceOf } from '../../support/vault/make-test-vault.ts';
import { makeDisk } from '../../support/vault/disk-image.ts';
import { makeTemporaryFolder } from '../../support/vault/temporary-folder.ts';
import { openLocalCloud } from '../../../src/adapters/local-cloud/local-cloud.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';

const web1 = 'web-1' as InstanceId;

describe('tags of the local cloud', () => {
  it('of instance and volumes are there to be selected by, and survive the process', async () => {
    await using temporary = await makeTemporaryFolder();
    const cloud = await open(temporary.path);
    const tags = { env: 'prod', __proto__x: '', 'a=b': 'c' };
    await cloud.addInstance({
      instanceId: web1,
      tags,
      volumes: [{ ...(await volume(temporary.path)), tags: { use: 'scratch' } }],
    });
    const again = await open(temporary.path);
    const described = await again.instances.describe(web1);
    assert.deepEqual(described.tags, tags);
    assert.deepEqual(described.volumes[0]?.tags, { use: 'scratch' });
  });

  it('can be changed one by one', async () => {
    await using temporary = await makeTemporaryFolder();
    const cloud = await open(temporary.path);
    const volumes = [await volume(temporary.path)];
    await cloud.addInstance({ instanceId: web1, tags: { a: '1', b: '2' }, volumes });
    const wouldBe = await cloud.taggedInstance(web1, { a: null, b: '3', c: '4', none: null });
    const changed = await cloud.tagInstance(web1, { a: null, b: '3', c: '4', none: null });
    assert.deepEqual(wouldBe, { instanceId: web1, tags: { b: '3', c: '4' } });
    assert.deepEqual(changed.tags, { b: '3', c: '4' });
    await assert.rejects(cloud.tagInstance('web-9' as InstanceId, { a: '1' }), {
      code: 'UNKNOWN_INSTANCE',
    });
  });

  it('are refused when they are too many or too long, and nothing is stored', async () => {
    await using temporary = await makeTemporaryFolder();
    const cloud = await open(temporary.path);
    const volumes = [await volume(temporary.path)];
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, '']));
    for (const tags of [
      many,
      { '': 'x' },
      { [`k${'k'.repeat(128)}`]: '' },
      { k: 'v'.repeat(257) },
    ]) {
      await assert.rejects(cloud.addInstance({ instanceId: web1, tags, volumes }), {
        code: 'INVALID_ARGUMENT',
      });
    }
    assert.deepEqual((await cloud.instances.readable()).instances, []);
  });

  it('were not there in instances of before, which stay readable', async () => {
    await using temporary = await makeTemporaryFolder();
    const cloud = await open(temporary.path);
    await cloud.addInstance({ instanceId: web1, volumes: [await volume(temporary.path)] });
    const file = path.join(temporary.path, 'cloud', 'instances', web1, 'instance.json');
    const text = await readFile(file, 'utf8');
    const { tags, volumes, ...old } = JSON.parse(text) as {
      readonly tags: unknown;
      readonly volumes: readonly { readonly tags: unknown }[];
    };
    assert.deepEqual(tags, []);
    const oldVolumes = volumes.map((one) => ({ ...one, tags: undefined }));
    await writeFile(file, JSON.stringify({ ...old, version: 1, volumes: oldVolumes }));
    const described = await cloud.instances.describe(web1);
    assert.deepEqual([described.tags, described.volumes[0]?.tags], [{}, {}]);
  });
});

function open(folder: string): ReturnType<typeof openLocalCloud> {
  return openLocalCloud({
    folder: path.join(folder, 'cloud'),
    clock: systemClock,
    random: systemRandom,
    workerProgram: ['/nowhere'],
  });
}

async function volume(folder: string): Promise<{ device: DeviceName; imagePath: string }> {
  const imagePath = path.join(folder, 'disk.img');
  await makeDisk(imagePath, ['a']);
  return { device: deviceOf(0), imagePath };
}
