import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { BackupPolicy, ReplicaPolicy } from '../../../src/domain/policy/backup-policy.ts';
import { defaultPolicy } from '../../../src/domain/policy/default-policy.ts';
import type { InstanceMatch } from '../../../src/domain/policy/instance-selection.ts';
import { policyProblems } from '../../../src/domain/policy/policy-problems.ts';
import type { Schedule } from '../../../src/domain/policy/schedule.ts';
import { validatePolicy } from '../../../src/domain/policy/validate-policy.ts';
import type {
  GfsFlag,
  RetentionSettings,
} from '../../../src/domain/retention/retention-settings.ts';
import { samplePolicy } from '../../support/domain/sample-policy.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { cronOccurrences } from '../../support/schedule/cron-occurrences.ts';

const usual = samplePolicy();
const noRules: RetentionSettings = { count: null, age: null, gfs: null };
const noFlags = { daily: null, weekly: null, monthly: null, yearly: null };
const midnight = { hour: 0, minute: 0, weekday: 1, monthDay: 1, month: 1 };

const keeping = (retention: Partial<RetentionSettings>): BackupPolicy => ({
  ...usual,
  snapshots: { ...usual.snapshots, retention: { ...noRules, ...retention } },
});
const cron = (expression: string): Schedule => ({ kind: 'cron', expression });
const at = (...schedules: readonly Schedule[]): BackupPolicy => ({
  ...usual,
  snapshots: { ...usual.snapshots, schedules },
});
const selecting = (include: InstanceMatch): BackupPolicy => ({
  ...usual,
  selection: { include, exclude: null },
});
const replicaIn = (region: string, retention: Partial<RetentionSettings>): ReplicaPolicy => ({
  target: { region: sampleIds.region(region), keyId: null, account: null },
  schedules: [],
  retention: { ...noRules, ...retention },
});
const nested = (levels: number): InstanceMatch =>
  levels === 0 ? { kind: 'all' } : { kind: 'all-of', of: [nested(levels - 1)] };
const ids = (count: number): InstanceMatch => ({
  kind: 'instances',
  instanceIds: Array.from({ length: count }, (_, number) => sampleIds.instance(`i-${number}`)),
});
const anyOf = (...of: readonly InstanceMatch[]): InstanceMatch => ({ kind: 'any-of', of });
const allOf = (...of: readonly InstanceMatch[]): InstanceMatch => ({ kind: 'all-of', of });
const named = (...instanceIds: readonly string[]): InstanceMatch => ({
  kind: 'instances',
  instanceIds: instanceIds.map(sampleIds.instance),
});
const env: InstanceMatch = { kind: 'tag', key: 'env', value: 'prod' };
const weekly = (flag: GfsFlag): Partial<RetentionSettings> => ({
  gfs: { ...noFlags, ...midnight, weekly: flag },
});
const tooLong = { amount: 101, unit: 'years' } as const;
const withoutCbt = { ...usual.image, changedBlockTracking: 'off' } as const;
const night = { from: { hour: 22, minute: 0 }, to: { hour: 6, minute: 0 } };
const weekdays = [1, 2, 3, 4, 5, 6, 7];

const allowed: readonly (readonly [string, BackupPolicy])[] = [
  ['the usual', usual],
  ['one id in two lists of all-of', selecting(allOf(named('a'), named('a', 'b')))],
  [
    'one id of two left out',
    { ...usual, selection: { include: named('a', 'b'), exclude: named('a') } },
  ],
  ['some by tag left out', { ...usual, selection: { include: named('a'), exclude: env } }],
  ['ids by tag', selecting(allOf(named('a'), env))],
  [
    'an id left out of those by tag',
    { ...usual, selection: { include: env, exclude: named('a') } },
  ],
  ['the fewest sets with CBT', keeping({ count: 1 })],
  ['the most sets', keeping({ count: 1000 })],
  ['snapshots alone', { ...usual, image: { ...usual.image, level: 'off' } }],
  ['images alone, which are read in full', { ...keeping({ count: 0 }), image: withoutCbt }],
  ['age alone', keeping({ age: { amount: 1, unit: 'days' } })],
  [
    'flags alone',
    keeping({ gfs: { ...noFlags, ...midnight, weekly: { kind: 'count', count: 4 } } }),
  ],
  ['a name of every kind of character', samplePolicy({ policyId: '0a.B_c-9' })],
  ['the longest name', samplePolicy({ policyId: 'n'.repeat(64) })],
  ['the shortest name', samplePolicy({ policyId: 'n' })],
  ['a rare day', at(cron('0 0 29 2 *'))],
  ['the last day of each month', at({ kind: 'monthly', monthDay: 31, hour: 0, minute: 0 })],
  [
    'a time within the window',
    { ...at({ kind: 'daily', hour: 23, minute: 0 }), window: { weekdays, ...night } },
  ],
  [
    'a rhythm of which some is within the window',
    { ...at(cron('*/5 * * * *')), window: { weekdays: [7], ...night } },
  ],
  [
    'two keys in one region',
    {
      ...usual,
      replicas: [
        replicaIn('eu-west-1', { count: 1 }),
        {
          ...replicaIn('eu-west-1', { count: 1 }),
          target: { region: sampleIds.region('eu-west-1'), keyId: 'key-1', account: null },
        },
      ],
    },
  ],
  ['as many levels as are allowed', selecting(nested(8))],
  ['as many ids as are allowed', selecting(anyOf(ids(1500), ids(500)))],
  ['as many ids and tags', selecting(anyOf(ids(1999), { kind: 'tag', key: 'env', value: null }))],
  ['the longest age', keeping({ age: { amount: 100, unit: 'years' } })],
  [
    'the longest life of a flag',
    keeping(weekly({ kind: 'period', period: { amount: 5218, unit: 'weeks' } })),
  ],
  ['every sixth hour', at({ kind: 'hourly', everyHours: 6, minute: 0 })],
];

const refused: readonly (readonly [string, BackupPolicy, string])[] = [
  ['fewer than none', keeping({ count: -1 }), 'snapshots.retention.count is -1'],
  ['a part of a set', keeping({ count: 1.5 }), 'snapshots.retention.count is 1.5'],
  ['no number', keeping({ count: NaN }), 'snapshots.retention.count is NaN'],
  ['without end', keeping({ count: Infinity }), 'snapshots.retention.count is Infinity'],
  ['more than the limit', keeping({ count: 1001 }), 'snapshots.retention.count is 1001'],
  [
    'nothing at all',
    { ...keeping({ count: 0 }), image: { ...withoutCbt, level: 'off' } },
    'nothing would ever',
  ],
  [
    'CBT without a base',
    keeping({ count: 0 }),
    'snapshots.retention keeps no snapshot set, but changed block tracking needs',
  ],
  ['CBT without any rule', keeping({}), 'changed block tracking needs'],
  ['no name', samplePolicy({ policyId: '' }), "policyId is ''"],
  ['a name that is too long', samplePolicy({ policyId: 'n'.repeat(65) }), 'policyId is'],
  ['a name that begins with a dot', samplePolicy({ policyId: '.hidden' }), "is '.hidden'"],
  ['a name with a space', samplePolicy({ policyId: 'every night' }), 'policyId is'],
  ['a name with a slash', samplePolicy({ policyId: '../up' }), 'policyId is'],
  ['a name with a line break at its end', samplePolicy({ policyId: 'nightly\n' }), 'policyId is'],
  ['a name with letters of other scripts', samplePolicy({ policyId: 'nächtlich' }), 'policyId is'],
  ['an unknown time zone', { ...usual, timeZone: 'Mars/Base' }, "timeZone is 'Mars/Base'"],
  ['an offset for a time zone', { ...usual, timeZone: '+02:00' }, "timeZone is '+02:00'"],
  ['no cron expression', at(cron('every night')), 'snapshots.schedules[0].expression is'],
  ['a cron expression with seconds', at(cron('0 0 7 * * *')), 'it has 6 fields, not 5'],
  ['a nickname of cron', at(cron('@daily')), 'it has 1 field, not 5'],
  ['a minute that is none', at(cron('61 * * * *')), 'Invalid value for minute: 61'],
  ['a cron expression that never fires', at(cron('0 0 31 2 *')), 'schedules[0] never occurs'],
  [
    'a time outside of the window',
    { ...at({ kind: 'daily', hour: 12, minute: 0 }), window: { weekdays, ...night } },
    'schedules[0] occurs only while the window is closed',
  ],
  [
    'a weekday outside of the window',
    {
      ...at({ kind: 'weekly', weekdays: [3], hour: 23, minute: 0 }),
      window: { weekdays: [1, 2], ...night },
    },
    'schedules[0] occurs only while the window is closed',
  ],
  [
    'hours that do not divide a day',
    at({ kind: 'hourly', everyHours: 5, minute: 0 }),
    'snapshots.schedules[0].everyHours is 5',
  ],
  ['no weekday', at({ kind: 'weekly', weekdays: [], hour: 1, minute: 0 }), 'has 0 entries'],
  ['an hour that is none', at({ kind: 'daily', hour: 24, minute: 0 }), 'hour is 24'],
  ['an age of nothing', keeping({ age: { amount: 0, unit: 'days' } }), 'age.amount is 0'],
  ['an endless age', keeping({ age: { amount: 101, unit: 'years' } }), 'age.amount is 101 years'],
  [
    'gfs without flags',
    keeping({ count: 1, gfs: { ...noFlags, ...midnight } }),
    'gfs has no flags',
  ],
  [
    'restore points that are gone at once',
    { ...usual, image: { ...usual.image, retention: { ...noRules, count: 0 } } },
    'image.retention.count is 0',
  ],
  [
    'a replica that keeps nothing',
    { ...usual, replicas: [replicaIn('eu-west-1', { count: 0 })] },
    'replicas[0].retention keeps no copy',
  ],
  [
    'one target twice',
    {
      ...usual,
      replicas: [replicaIn('eu-west-1', { count: 1 }), replicaIn('eu-west-1', { count: 2 })],
    },
    'replicas[1].target is region eu-west-1 a second time',
  ],
  ['too many levels', selecting(nested(9)), 'selection has more than 8 levels'],
  [
    'too many levels beside few',
    selecting(anyOf({ kind: 'all' }, nested(8))),
    'selection has more than 8 levels',
  ],
  [
    'too many levels in what is excluded',
    { ...usual, selection: { include: { kind: 'all' }, exclude: nested(9) } },
    'selection has more than 8 levels',
  ],
  ['too many ids', selecting(anyOf(ids(1500), ids(501))), 'selection names 2001 ids and tags'],
  [
    'too many ids and tags',
    selecting(anyOf(ids(2000), { kind: 'tag', key: 'env', value: null })),
    'selection names 2001 ids and tags',
  ],
  [
    'too many ids with those that are excluded',
    { ...usual, selection: { include: ids(1001), exclude: ids(1001) } },
    'selection names 2002 ids and tags',
  ],
  [
    'an id twice in one list',
    selecting(named('a', 'b', 'a')),
    "selection.include.instanceIds[2] is 'a' a second time",
  ],
  [
    'an id twice in a list deep within',
    selecting(anyOf({ kind: 'tag', key: 'env', value: null }, anyOf(named('a', 'a')))),
    "selection.include.of[1].of[0].instanceIds[1] is 'a' a second time",
  ],
  [
    'an id twice in what is excluded',
    { ...usual, selection: { include: { kind: 'all' }, exclude: named('a', 'a') } },
    "selection.exclude.instanceIds[1] is 'a' a second time",
  ],
  ...(
    [
      ['everything', { kind: 'all' }, { kind: 'all' }],
      ['everything, beside something', named('a'), anyOf(named('b'), { kind: 'all' })],
      ['each id that is included', named('a', 'b'), named('b', 'c', 'a')],
      ['each id, whatever its tags', allOf(env, named('a')), anyOf(env, named('a'))],
    ] as const
  ).map(
    ([what, include, exclude]) =>
      [
        `leaving out ${what}`,
        { ...usual, selection: { include, exclude } },
        'selection.exclude leaves out every instance that include can match',
      ] as const,
  ),
  [
    'ids that no instance has together',
    selecting(allOf(named('a', 'b'), named('c'))),
    'selection.include can match no instance',
  ],
  [
    'ids that no instance has together, with what is excluded',
    { ...usual, selection: { include: allOf(named('a'), named('c')), exclude: named('b') } },
    'selection.include can match no instance',
  ],
  [
    'an endless age of restore points',
    { ...usual, image: { ...usual.image, retention: { ...noRules, age: tooLong } } },
    'image.retention.age.amount is 101 years',
  ],
  [
    'an endless age of copies',
    { ...usual, replicas: [replicaIn('eu-west-1', { age: tooLong })] },
    'replicas[0].retention.age.amount is 101 years',
  ],
  [
    'an endless flag',
    keeping(weekly({ kind: 'period', period: tooLong })),
    'snapshots.retention.gfs.weekly.period.amount is 101 years',
  ],
  [
    'no cron expression for restore points',
    { ...usual, image: { ...usual.image, schedules: [cron('never')] } },
    'image.schedules[0].expression is',
  ],
  [
    'no cron expression for copies',
    {
      ...usual,
      replicas: [{ ...replicaIn('eu-west-1', { count: 1 }), schedules: [cron('never')] }],
    },
    'replicas[0].schedules[0].expression is',
  ],
  ['no attempt', { ...usual, retry: { attemptsMax: 0, waitMinutes: 1 } }, 'attemptsMax is 0'],
  ['a field that nobody knows', { ...usual, colour: 'red' } as BackupPolicy, 'colour is not known'],
];

describe('a policy', () => {
  for (const [what, policy] of allowed) {
    it(`may ask for ${what}`, () => {
      assert.deepEqual(policyProblems(policy, cronOccurrences), []);
      assert.deepEqual(validatePolicy(policy, cronOccurrences), policy);
    });
  }

  for (const [what, policy, words] of refused) {
    it(`may not have ${what}: says so, and what is allowed`, () => {
      assert.throws(
        () => {
          validatePolicy(policy, cronOccurrences);
        },
        (error) => {
          assert.ok(error instanceof SnapledgerError);
          assert.equal(error.code, 'POLICY_INVALID');
          assert.ok(error.message.includes(words), error.message);
          assert.match(error.remedy ?? '', /^(Give|Use|Keep|Set|Name|Write) .*\.$/);
          return true;
        },
      );
    });
  }

  it('of which a part is missing is told so as a whole', () => {
    const without: Partial<BackupPolicy> = { ...usual };
    Reflect.deleteProperty(without, 'selection');
    assert.throws(() => validatePolicy(without as BackupPolicy, cronOccurrences), {
      code: 'POLICY_INVALID',
      message: "policy 'nightly': it has no selection",
      remedy: 'Add selection.',
    });
  });

  it('is valid before anybody changes it', () => {
    const policy = defaultPolicy(sampleIds.policy('new'), [sampleIds.instance('web-1')]);
    validatePolicy(policy, cronOccurrences);
  });
});
