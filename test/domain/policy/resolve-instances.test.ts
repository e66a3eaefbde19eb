import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import {
  type InstanceMatch,
  type InstanceSelection,
  namedInstances,
  type SelectableInstance,
  selects,
  selectsById,
} from '../../../src/domain/policy/instance-selection.ts';
import {
  type KnownInstances,
  resolveInstances,
  type SkipReason,
} from '../../../src/domain/policy/resolve-instances.ts';
import { formatPath } from '../../../src/domain/shape/shape-problem.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { samplePolicy } from '../../support/domain/sample-policy.ts';

function instance(name: string, tags: Readonly<Record<string, string>> = {}): SelectableInstance {
  return { instanceId: sampleIds.instance(name), tags };
}

const readable = [
  instance('web-1', { env: 'prod', tier: 'web' }),
  instance('web-2', { env: 'test', tier: 'web' }),
  instance('db-1', { env: 'prod', tier: 'db', critical: '' }),
  instance('old-1'),
];
const instances: KnownInstances = { instances: readable, unreadable: [] };

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
  const web1: KnownInstances = { instances: [instance('web-1')], unreadable: [] };

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

describe('an instance that the cloud cannot read', () => {
  const problem = { code: 'CLOUD_STATE_CORRUPT', message: 'it is torn' };
  const torn = sampleIds.instance('torn');
  const withTorn: KnownInstances = {
    instances: readable,
    unreadable: [{ instanceId: torn, problem }],
  };
  const reasonOf = (
    one: Parameters<typeof policy>[0],
    ...others: readonly BackupPolicy[]
  ): SkipReason | null => {
    const { instances: found, skipped } = resolveInstances(policy(one), others, withTorn);
    assert.ok(!found.includes(torn), 'nobody can back it up');
    return skipped.find(({ instanceId }) => instanceId === torn)?.reason ?? null;
  };
  const unreadable = { kind: 'unreadable', problem } as const;

  it('is skipped with the reason where the policy selects it, and the others are not', () => {
    assert.deepEqual(resolveInstances(policy({}), [], withTorn), {
      instances: ['db-1', 'old-1', 'web-1', 'web-2'],
      skipped: [{ instanceId: 'torn', reason: unreadable }],
    });
  });

  it('is not told to be gone by a policy that names it', () => {
    assert.deepEqual(reasonOf({ include: ids('torn', 'web-1') }), unreadable);
  });

  it('is told of where tags that are not known could make the policy select it', () => {
    assert.deepEqual(reasonOf({ include: tag('env', 'prod') }), unreadable);
    assert.deepEqual(reasonOf({ exclude: tag('env', 'prod') }), unreadable);
  });

  it('is nothing to a policy that cannot select it', () => {
    assert.equal(reasonOf({ include: ids('web-1') }), null);
    assert.equal(reasonOf({ include: allOf(ids('web-1'), tag('env')) }), null);
    assert.equal(reasonOf({ exclude: ids('torn') }), null);
  });

  it('is left to the preferred policy that selects it for sure, not to one that only might', () => {
    const sure = policy({ name: 'sure', priority: 2 });
    const surer = policy({ name: 'surer', priority: 3 });
    const unsure = policy({ name: 'unsure', priority: 9, include: tag('env') });
    const low = policy({ name: 'low', priority: -1 });
    const other = { kind: 'other-policy', policyId: 'surer' } as const;
    assert.deepEqual(reasonOf({}, sure, unsure, surer), other);
    assert.deepEqual(reasonOf({}, unsure, low), unreadable);
  });

  it('stands among the others that are skipped, in the order of their ids', () => {
    const named = policy({ include: ids('u-gone', 'torn', 'a-gone') });
    const { skipped } = resolveInstances(named, [], withTorn);
    assert.deepEqual(
      skipped.map(({ instanceId }) => instanceId),
      ['a-gone', 'torn', 'u-gone'],
    );
  });
});

describe('what a selection says of an id alone', () => {
  const someTag = fc.constantFrom(tag('a'), tag('a', '1'), tag('b', '2'));
  const { match } = fc.letrec<{ match: InstanceMatch }>((tie) => ({
    match: fc.oneof(
      { depthSize: 'small' },
      fc.constant(all),
      fc.constantFrom(ids('x'), ids('y'), ids('x', 'y')),
      someTag,
      fc.array(tie('match'), { minLength: 1, maxLength: 3 }).map((of) => allOf(...of)),
      fc.array(tie('match'), { minLength: 1, maxLength: 3 }).map((of) => anyOf(...of)),
    ),
  }));
  const tagSets = [{}, { a: '1' }, { a: '0' }, { b: '2' }, { a: '1', b: '2' }, { a: '0', b: '2' }];

  it('is never contradicted by what the tags turn out to be', () => {
    const selection = fc.record({ include: match, exclude: fc.option(match) });
    fc.assert(
      fc.property(selection, (one) => {
        const answers = tagSets.map((tags) => selects(one, instance('x', tags)));
        const said = selectsById(one, sampleIds.instance('x'));
        if (said === 'always') assert.ok(answers.every(Boolean));
        if (said === 'never') assert.ok(!answers.some(Boolean));
      }),
    );
  });

  it('is certain where no tag is asked for', () => {
    const x = sampleIds.instance('x');
    assert.equal(selectsById({ include: all, exclude: null }, x), 'always');
    assert.equal(selectsById({ include: ids('x'), exclude: ids('y') }, x), 'always');
    assert.equal(selectsById({ include: ids('y'), exclude: null }, x), 'never');
    assert.equal(selectsById({ include: all, exclude: ids('x') }, x), 'never');
    assert.equal(selectsById({ include: anyOf(tag('a'), all), exclude: null }, x), 'always');
    assert.equal(selectsById({ include: all, exclude: tag('a') }, x), 'perhaps');
    assert.equal(selectsById({ include: tag('a'), exclude: null }, x), 'perhaps');
  });
});

describe('the instances that a policy names', () => {
  it('are those of its ids, with the place where they stand; not what tags or all would match', () => {
    const namedBy = (include: InstanceMatch): readonly string[] =>
      namedInstances({ include, exclude: ids('old-1') }).map(
        ({ instanceId, path }) => `${formatPath(path)} ${instanceId}`,
      );
    assert.deepEqual(namedBy(all), []);
    assert.deepEqual(namedBy(tag('env')), []);
    assert.deepEqual(namedBy(anyOf(ids('web-1'), allOf(ids('db-1', 'web-2'), tag('env')), all)), [
      'of[0].instanceIds[0] web-1',
      'of[1].of[0].instanceIds[0] db-1',
      'of[1].of[0].instanceIds[1] web-2',
    ]);
  });
});
