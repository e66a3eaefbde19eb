import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import {
  type InstanceMatch,
  type InstanceSelection,
  namedInstances,
  type SelectableInstance,
} from '../../../src/domain/policy/instance-selection.ts';
import { resolveInstances } from '../../../src/domain/policy/resolve-instances.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { samplePolicy } from '../../support/domain/sample-policy.ts';

function instance(name: string, tags: Readonly<Record<string, string>> = {}): SelectableInstance {
  return { instanceId: sampleIds.instance(name), tags };
}

const instances = [
  instance('web-1', { env: 'prod', tier: 'web' }),
  instance('web-2', { env: 'test', tier: 'web' }),
  instance('db-1', { env: 'prod', tier: 'db', critical: '' }),
  instance('old-1'),
];

const tag = (key: string, value: string | null = null): InstanceMatch => ({
  kind: 'tag',
  key,
  value,
});
const ids = (...names: readonly string[]): InstanceMatch => ({
  kind: 'instances',
  instanceIds: names.map(sampleIds.instance),
});
const allOf = (...of: readonly InstanceMatch[]): InstanceMatch => ({ kind: 'all-of', of });
const anyOf = (...of: readonly InstanceMatch[]): InstanceMatch => ({ kind: 'any-of', of });
const all: InstanceMatch = { kind: 'all' };

interface PolicyOptions extends Partial<InstanceSelection> {
  readonly name?: string;
  readonly priority?: number;
}

function policy({ name = 'nightly', priority = 0, ...selection }: PolicyOptions): BackupPolicy {
  return {
    ...samplePolicy({ policyId: name }),
    priority,
    selection: { include: all, exclude: null, ...selection },
  };
}

function chosen(selection: Partial<InstanceSelection>): string {
  return resolveInstances(policy(selection), [], instances).instances.join(' ');
}

describe('a policy selects', () => {
  const cases: readonly (readonly [string, Partial<InstanceSelection>, string])[] = [
    ['all', { include: all }, 'db-1 old-1 web-1 web-2'],
    ['instances by id', { include: ids('web-2', 'old-1') }, 'old-1 web-2'],
    ['those with a tag of a value', { include: tag('env', 'prod') }, 'db-1 web-1'],
    ['those with a tag, whatever its value', { include: tag('critical') }, 'db-1'],
    ['those that match all', { include: allOf(tag('env', 'prod'), tag('tier', 'web')) }, 'web-1'],
    ['those that match any', { include: anyOf(tag('tier', 'db'), ids('old-1')) }, 'db-1 old-1'],
    ['all without the excluded', { exclude: tag('tier', 'web') }, 'db-1 old-1'],
    ['not what is both included and excluded', { include: ids('web-1'), exclude: all }, ''],
    ['nothing by a tag that nobody has', { include: tag('colour') }, ''],
    ['nothing by a key that every object has', { include: tag('toString') }, ''],
  ];
  for (const [what, selection, expected] of cases) {
    it(what, () => {
      assert.equal(chosen(selection), expected);
    });
  }
});

describe('of several policies that select an instance', () => {
  const web1 = [instance('web-1')];

  it('the one of the highest priority has it, and the others skip it and name that one', () => {
    const low = policy({ name: 'a-low', priority: 1 });
    const high = policy({ name: 'z-high', priority: 2 });
    assert.deepEqual(resolveInstances(high, [low, high], web1), {
      instances: ['web-1'],
      skipped: [],
    });
    assert.deepEqual(resolveInstances(low, [low, high], web1), {
      instances: [],
      skipped: [{ instanceId: 'web-1', reason: { kind: 'other-policy', policyId: 'z-high' } }],
    });
  });

  it('the one of the smaller id has it when their priorities are equal', () => {
    const [a, b] = [policy({ name: 'a' }), policy({ name: 'b' })];
    assert.equal(resolveInstances(a, [b, a], web1).instances.length, 1);
    assert.equal(resolveInstances(b, [b, a], web1).instances.length, 0);
  });

  it('one that excludes it does not count', () => {
    const excluding = policy({ name: 'z', priority: 9, exclude: ids('web-1') });
    const plain = policy({ name: 'a' });
    assert.equal(resolveInstances(plain, [excluding, plain], web1).instances.length, 1);
  });

  it('the running policy counts as it was when the run began', () => {
    const began = policy({ name: 'a', priority: 5 });
    const since = policy({ name: 'a', priority: 0 });
    const other = policy({ name: 'b', priority: 3 });
    assert.equal(resolveInstances(began, [since, other], web1).instances.length, 1);
    const raised = policy({ name: 'a', priority: 9 });
    assert.equal(resolveInstances(since, [raised, other], web1).instances.length, 0);
  });
});

describe('an instance that a policy names and the cloud does not have', () => {
  it('is skipped, and that is said', () => {
    const { instances: found, skipped } = resolveInstances(
      policy({ include: anyOf(ids('web-1', 'gone-1'), ids('gone-1')) }),
      [],
      instances,
    );
    assert.deepEqual(found, ['web-1']);
    assert.deepEqual(skipped, [{ instanceId: 'gone-1', reason: { kind: 'not-found' } }]);
  });

  it('stands among the others that are skipped, in the order of their ids', () => {
    const named = policy({
      name: 'a',
      include: ids('b-gone', 'web-2', 'a-gone', 'web-1', 'c-gone'),
    });
    const first = policy({ name: 'b', priority: 1, include: tag('tier', 'web') });
    assert.deepEqual(
      resolveInstances(named, [first], instances).skipped.map(({ instanceId }) => instanceId),
      ['a-gone', 'b-gone', 'c-gone', 'web-1', 'web-2'],
    );
  });
});

describe('the instances that a policy names', () => {
  it('are those of its ids, wherever they stand; not what tags or all would match', () => {
    const namedBy = (include: InstanceMatch): readonly string[] =>
      namedInstances({ include, exclude: ids('old-1') });
    assert.deepEqual(namedBy(all), []);
    assert.deepEqual(namedBy(tag('env')), []);
    assert.deepEqual(namedBy(anyOf(ids('web-1'), allOf(ids('db-1', 'web-2'), tag('env')), all)), [
      'web-1',
      'db-1',
      'web-2',
    ]);
  });
});
