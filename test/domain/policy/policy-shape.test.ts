import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { defaultPolicy } from '../../../src/domain/policy/default-policy.ts';
import { policyDocumentShape, policyShape } from '../../../src/domain/policy/policy-shape.ts';
import { everyVolume } from '../../../src/domain/policy/volume-selection.ts';
import { jsonSchemaOf } from '../../../src/domain/shape/json-schema.ts';
import { readShape } from '../../../src/domain/shape/read-shape.ts';
import { formatPath } from '../../../src/domain/shape/shape-problem.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';

/** The least that a policy has to say. */
const least = {
  policyId: 'nightly',
  selection: { include: { kind: 'instances', instanceIds: ['web-1'] } },
  snapshots: { retention: { count: 7 } },
};

describe('the shape of a policy', () => {
  it('is the one that is published', async () => {
    const page = await readFile(
      new URL('../../../docs/policy.schema.json', import.meta.url),
      'utf8',
    );
    const { $id, title, description, ...published } = JSON.parse(page) as Record<string, string>;
    const head = { $id: $id ?? '', title: title ?? '', description: description ?? '' };
    const schema = jsonSchemaOf(policyDocumentShape, head);
    assert.deepEqual(JSON.parse(JSON.stringify(schema)), { ...head, ...published });
  });

  it('gives what was left out the values that a policy has before anybody changes it', () => {
    const read = readShape(policyShape, least);
    const usual = defaultPolicy(sampleIds.policy('nightly'), [sampleIds.instance('web-1')]);
    assert.deepEqual(read, { outcome: 'sound', value: usual });
    assert.deepEqual(usual.image, {
      level: 'on',
      changedBlockTracking: 'on',
      compression: 'balanced',
      transport: 'worker',
      schedules: [],
      retention: { count: null, age: null, gfs: null },
      workers: { types: [], market: 'on-demand' },
    });
    assert.equal(usual.snapshots.volumeTags, 'leave');
    assert.deepEqual(usual.retry, { attemptsMax: 3, waitMinutes: 10 });
    assert.deepEqual(usual.volumes, everyVolume);
    assert.deepEqual(everyVolume, { roles: 'all', exclude: [] });
  });

  const texts: readonly (readonly [string, object, string])[] = [
    ['policyId', { policyId: '' }, 'at most 64 letters, digits'],
    ['timeZone', { timeZone: '' }, 'the name of a time zone, such as Europe/Berlin'],
    [
      'selection.include.instanceIds[0]',
      { selection: { include: { kind: 'instances', instanceIds: [''] } } },
      'the id of an instance, as its cloud names it',
    ],
    [
      'selection.include.key',
      { selection: { include: { kind: 'tag', key: '' } } },
      'the key of a tag',
    ],
    [
      'selection.include.value',
      { selection: { include: { kind: 'tag', key: 'env', value: 1 } } },
      'the value of a tag, as text (in quotes when it looks like a number)',
    ],
    [
      'volumes.exclude[0].device',
      { volumes: { exclude: [{ kind: 'device', device: '' }] } },
      'the name of a device',
    ],
    [
      'volumes.exclude[0].volumeId',
      { volumes: { exclude: [{ kind: 'volume', volumeId: '' }] } },
      'the id of a volume',
    ],
    [
      'snapshots.schedules[0].expression',
      { snapshots: { schedules: [{ kind: 'cron', expression: '' }], retention: {} } },
      'a cron expression',
    ],
    [
      'image.workers.types[0].instanceType',
      { image: { workers: { types: [{ upToGib: 100, instanceType: 'large' }] } } },
      'a type of instances, such as c7g.large',
    ],
    [
      'replicas[0].target.region',
      { replicas: [{ target: { region: '' }, retention: {} }] },
      'the name of a region',
    ],
    [
      'replicas[0].target.keyId',
      { replicas: [{ target: { region: 'eu-west-1', keyId: '', account: null }, retention: {} }] },
      'the id of a key',
    ],
  ];
  for (const [place, changed, meaning] of texts) {
    it(`says of ${place} what it is, when it is not that`, () => {
      const read = readShape(policyShape, { ...least, ...changed });
      assert.ok(read.outcome === 'wrong');
      const [problem, ...others] = read.problems;
      assert.equal(others.length, 0);
      assert.equal(formatPath(problem?.path ?? []), place);
      assert.ok(problem?.remedy.startsWith(`Give ${meaning}`), problem?.remedy);
    });
  }
});
