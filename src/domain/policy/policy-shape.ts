import type { CalendarPeriod } from '../calendar/calendar-period.ts';
import type { PolicyId, Region } from '../identifiers.ts';
import type { GfsFlag, GfsSettings, RetentionSettings } from '../retention/retention-settings.ts';
import {
  choice,
  type Fields,
  integer,
  type JsonSchema,
  list,
  named,
  nullable,
  object,
  optional,
  required,
  type Shape,
  text,
  variants,
} from '../shape/shape.ts';
import type {
  BackupPolicy,
  ImagePolicy,
  ReplicaPolicy,
  RetrySettings,
  SnapshotPolicy,
} from './backup-policy.ts';
import type { AccountRole } from './account-role.ts';
import { policyLimits } from './policy-limits.ts';
import type { ReplicaTarget } from './replica-target.ts';
import { schedulesShape, timeOfDayShape, weekdaysShape } from './schedule-shape.ts';
import { namedId, selectionShape, volumesShape } from './selection-shape.ts';
import type { StartWindow } from './start-window.ts';
import { usualWorkers, type WorkerPolicy, type WorkerType } from './worker-policy.ts';

/** What a policy file holds. */
export interface PolicyDocument {
  readonly policies: readonly BackupPolicy[];
}

const limits = policyLimits;
const noRules: RetentionSettings = { count: null, age: null, gfs: null };

const period: Shape<CalendarPeriod> = named('period', () =>
  object<CalendarPeriod>(
    {
      amount: required(integer(1, limits.periodMax.days), 'How many of the unit.'),
      unit: required(
        choice('days', 'weeks', 'months', 'years'),
        'In the calendar of the time zone.',
      ),
    },
    {
      anyOf: Object.entries(limits.periodMax).map(([unit, maximum]) => ({
        properties: { unit: { const: unit }, amount: { maximum } },
      })),
    },
  ),
);

/** A field that is there and not null. */
const given = (field: string): JsonSchema => ({
  required: [field],
  properties: { [field]: { not: { type: 'null' } } },
});
const keepsSomething: JsonSchema = {
  anyOf: [
    { required: ['count'], properties: { count: { type: 'integer', minimum: 1 } } },
    given('age'),
    given('gfs'),
  ],
};
const keepsSomeOrHasNoRule: JsonSchema = {
  anyOf: [{ properties: { count: { not: { const: 0 } } } }, given('age'), given('gfs')],
};
/** Without snapshot sets there is no base to compare with. */
const imageWithoutTracking: JsonSchema = {
  required: ['image'],
  properties: {
    image: {
      required: ['changedBlockTracking'],
      properties: { level: { const: 'on' }, changedBlockTracking: { const: 'off' } },
    },
  },
};

const gfsFlag = nullable(
  named('gfsFlag', () =>
    variants<GfsFlag>({
      count: { count: required(integer(1, limits.keepMax), 'So many of the newest flags.') },
      period: { period: required(period, 'For so long.') },
    }),
  ),
);
const gfs = object<GfsSettings>(
  {
    daily: optional(gfsFlag, null, 'Flags of days.'),
    weekly: optional(gfsFlag, null, 'Flags of weeks.'),
    monthly: optional(gfsFlag, null, 'Flags of months.'),
    yearly: optional(gfsFlag, null, 'Flags of years.'),
    hour: optional(integer(0, 23), 0, 'When a day begins for the flags: hour.'),
    minute: optional(integer(0, 59), 0, 'When a day begins for the flags: minute.'),
    weekday: optional(integer(1, 7), 1, 'The day that a week begins with; 1 is Monday.'),
    monthDay: optional(integer(1, 31), 1, 'The day that a month begins with.'),
    month: optional(integer(1, 12), 1, 'The month that a year begins with.'),
  },
  { anyOf: ['daily', 'weekly', 'monthly', 'yearly'].map(given) },
);

const retention: Shape<RetentionSettings> = named('retention', () =>
  object<RetentionSettings>({
    count: optional(nullable(integer(0, limits.keepMax)), null, 'Keep the newest so many.'),
    age: optional(nullable(period), null, 'Keep what is younger.'),
    gfs: optional(nullable(gfs), null, 'Keep what has a flag.'),
  }),
);

export const snapshotFields: Fields<SnapshotPolicy> = {
  schedules: optional(schedulesShape, [], 'When snapshot sets are taken; none: on demand only.'),
  retention: required(retention, 'Which snapshot sets stay.'),
  baseMoves: optional(
    choice('before-retention', 'after-retention'),
    'before-retention',
    'When the new set of an image-level backup becomes the one that the next compares with.',
  ),
  volumeTags: optional(
    choice('copy', 'leave'),
    'leave',
    'Whether each snapshot gets the tags of its volume, besides those of snapledger.',
  ),
};

const account = object<AccountRole>({
  roleArn: required(
    text({
      maxLength: limits.roleArnMaxLength,
      pattern: '^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$',
      meaning: 'the ARN of a role, such as arn:aws:iam::222233334444:role/snapledger-copies',
    }),
    'The role by which the account is entered.',
  ),
  externalId: optional(
    nullable(
      text({
        minLength: 2,
        maxLength: limits.externalIdMaxLength,
        pattern: '^[A-Za-z0-9_+=,.@:/-]+$',
        meaning: "2 letters, digits or '_+=,.@:/-' at least",
      }),
    ),
    null,
    'What the role asks for besides; null: nothing.',
  ),
});

/** Of every version. */
export const targetFields: Fields<Omit<ReplicaTarget, 'account'>> = {
  region: required(namedId<Region>('name of a region'), 'Where the copies go.'),
  keyId: optional(nullable(namedId('id of a key')), null, "Key of the copies; null: the region's."),
};

/** Of every version. */
export const replicaFields: Fields<Omit<ReplicaPolicy, 'target'>> = {
  schedules: optional(schedulesShape, [], 'When a set is copied; none: every set.'),
  retention: required(retention, 'Which copies stay.'),
};

const replica = object<ReplicaPolicy>(
  {
    target: required(
      object<ReplicaTarget>({
        ...targetFields,
        account: optional(
          nullable(account),
          null,
          'The account that the copies go to; null: that of the instances.',
        ),
      }),
      'Where the copies go, and with which key.',
    ),
    ...replicaFields,
  },
  { properties: { retention: keepsSomething } },
);

const workers = object<WorkerPolicy>({
  types: optional(
    list(
      object<WorkerType>({
        upToGib: required(
          integer(1, limits.workerSizeMaxGib),
          'For volumes of so many GiB at most, all together.',
        ),
        instanceType: required(
          text({
            maxLength: limits.namedIdMaxLength,
            pattern: '^[a-z0-9-]+\\.[a-z0-9-]+$',
            meaning: 'a type of instances, such as c7g.large',
          }),
          'The type of the worker.',
        ),
      }),
      { maxItems: limits.workerTypesMax },
    ),
    [],
    'Types of workers by size: the smallest that is large enough counts; none: that of the vault.',
  ),
  market: optional(
    choice('on-demand', 'spot'),
    'on-demand',
    'Whether the first worker of a session is a spot instance; those after it are on demand.',
  ),
});

export const imageFields: Fields<ImagePolicy> = {
  level: optional(choice('on', 'off'), 'on', 'Whether data is copied to the repository.'),
  changedBlockTracking: optional(choice('on', 'off'), 'on', 'Whether only changes are read.'),
  compression: optional(choice('fast', 'balanced', 'small'), 'balanced', 'How hard to compress.'),
  transport: optional(
    choice('worker', 'direct'),
    'worker',
    'Who reads the blocks: a worker instance with the volumes attached, or the engine itself.',
  ),
  schedules: optional(schedulesShape, [], 'When a restore point is made; none: with every set.'),
  retention: optional(retention, noRules, 'Which restore points stay; no rule: all.'),
  workers: optional(
    workers,
    usualWorkers,
    'Which worker instances read, where the transport is worker.',
  ),
};
const image = object<ImagePolicy>(imageFields, {
  properties: { retention: keepsSomeOrHasNoRule },
});

const window = object<StartWindow>({
  weekdays: optional(weekdaysShape, [1, 2, 3, 4, 5, 6, 7], 'Days on which it opens.'),
  from: required(timeOfDayShape, 'When it opens.'),
  to: required(timeOfDayShape, 'When it closes; at or before from: on the next day.'),
});

const retry = object<RetrySettings>({
  attemptsMax: optional(integer(1, limits.attemptsMax), 3, 'Sessions for an instance in one run.'),
  waitMinutes: optional(integer(0, limits.waitMinutesMax), 10, 'Pause before a retry.'),
});

/**
 * Policies in files and in events: a bound that is made narrower would make what is recorded unreadable,
 * and needs a new version of the events that carry a policy.
 */
export const policyFields: Fields<BackupPolicy> = {
  policyId: required(
    text<PolicyId>({
      maxLength: limits.policyIdMaxLength,
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
      meaning: `at most ${limits.policyIdMaxLength} letters, digits, '.', '_' and '-', beginning with a letter or digit`,
    }),
    'The name of the policy.',
  ),
  priority: optional(
    integer(-limits.priorityMax, limits.priorityMax),
    0,
    'Of several policies that select an instance the highest wins.',
  ),
  selection: required(selectionShape, 'Which instances the policy is for.'),
  volumes: optional(volumesShape, { roles: 'all', exclude: [] }, 'Which of their volumes.'),
  timeZone: optional(
    text({ maxLength: 64, meaning: 'the name of a time zone, such as Europe/Berlin' }),
    'UTC',
    'Time zone of schedules, window and retention.',
  ),
  snapshots: required(object(snapshotFields), 'Snapshot sets.'),
  replicas: optional(
    list(replica, { maxItems: limits.replicasMax }),
    [],
    'Copies in other regions and accounts.',
  ),
  image: optional(
    image,
    {
      level: 'on',
      changedBlockTracking: 'on',
      compression: 'balanced',
      transport: 'worker',
      schedules: [],
      retention: noRules,
      workers: usualWorkers,
    },
    'Restore points in the repository.',
  ),
  window: optional(nullable(window), null, 'Outside of it nothing is started.'),
  missedRuns: optional(choice('run-once', 'skip'), 'run-once', 'What becomes of missed times.'),
  retry: optional(retry, { attemptsMax: 3, waitMinutes: 10 }, 'Retry of failed instances.'),
};

export const policyShape: Shape<BackupPolicy> = object<BackupPolicy>(policyFields, {
  anyOf: [
    { properties: { snapshots: { properties: { retention: keepsSomething } } } },
    imageWithoutTracking,
  ],
});

export const policyDocumentShape: Shape<PolicyDocument> = object<PolicyDocument>({
  policies: required(list(policyShape, { minItems: 1, maxItems: 200 }), 'The policies.'),
});
