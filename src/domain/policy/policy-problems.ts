import type { CalendarPeriod } from '../calendar/calendar-period.ts';
import { keepsNothing } from '../retention/keeps-nothing.ts';
import type { RetentionSettings } from '../retention/retention-settings.ts';
import { problemAt, type ShapePath, type ShapeProblem } from '../shape/shape-problem.ts';
import type { BackupPolicy } from './backup-policy.ts';
import type { Occurrences } from './occurrences.ts';
import { policyLimits } from './policy-limits.ts';
import { placeInWords } from './cloud-place.ts';
import { isSameTarget } from './replica-target.ts';
import { scheduleProblems } from './schedule-problems.ts';
import { selectionProblems } from './selection-problems.ts';

/**
 * What is wrong with a policy whose fields are all of the right kind: values that cannot work
 * together, or cannot work at all. Empty when it can be used.
 */
export function policyProblems(
  policy: BackupPolicy,
  occurrences: Occurrences,
): readonly ShapeProblem[] {
  return [
    ...selectionProblems(policy.selection),
    ...retentionProblems(policy),
    ...replicaProblems(policy),
    ...scheduleProblems(policy, occurrences),
  ];
}

function retentionProblems({ snapshots, image, replicas }: BackupPolicy): readonly ShapeProblem[] {
  const path = ['snapshots', 'retention'];
  const problems = [
    ...periodProblems(snapshots.retention, path),
    ...periodProblems(image.retention, ['image', 'retention']),
    ...replicas.flatMap(({ retention }, index) =>
      periodProblems(retention, ['replicas', index, 'retention']),
    ),
  ];
  const keepsNone = keepsNothing(snapshots.retention);
  if (keepsNone && image.level === 'off') {
    problems.push(
      problemAt(
        path,
        'keeps no snapshot set and image-level backup is off: nothing would ever be kept',
        'Keep at least 1 snapshot set, or switch image-level backup on.',
      ),
    );
  } else if (keepsNone && image.changedBlockTracking === 'on') {
    problems.push(
      problemAt(
        path,
        'keeps no snapshot set, but changed block tracking needs that of the last backup',
        'Keep at least 1 snapshot set, or switch changed block tracking off; every backup then reads the whole disk.',
      ),
    );
  }
  if (image.retention.count === 0 && keepsNothing(image.retention)) {
    problems.push(
      problemAt(
        ['image', 'retention', 'count'],
        'is 0: every restore point would be removed as soon as it is made',
        'Keep at least 1, set no rule to keep all, or switch image-level backup off.',
      ),
    );
  }
  return problems;
}

function periodProblems(settings: RetentionSettings, path: ShapePath): ShapeProblem[] {
  const { age, gfs } = settings;
  const problems = age === null ? [] : tooLong(age, [...path, 'age', 'amount']);
  if (gfs === null) return problems;
  const kinds = ['daily', 'weekly', 'monthly', 'yearly'] as const;
  if (kinds.every((kind) => gfs[kind] === null)) {
    problems.push(
      problemAt(
        [...path, 'gfs'],
        'has no flags',
        'Set daily, weekly, monthly or yearly, or no gfs.',
      ),
    );
  }
  for (const kind of kinds) {
    const flag = gfs[kind];
    if (flag?.kind !== 'period') continue;
    problems.push(...tooLong(flag.period, [...path, 'gfs', kind, 'period', 'amount']));
  }
  return problems;
}

function tooLong({ amount, unit }: CalendarPeriod, path: ShapePath): ShapeProblem[] {
  const amountMax = policyLimits.periodMax[unit];
  if (amount <= amountMax) return [];
  return [problemAt(path, `is ${amount} ${unit}`, `Give a whole number from 1 to ${amountMax}.`)];
}

function replicaProblems({ replicas }: BackupPolicy): readonly ShapeProblem[] {
  return replicas.flatMap(({ target, retention }, index) => {
    const path = ['replicas', index];
    const problems: ShapeProblem[] = [];
    if (replicas.findIndex((other) => isSameTarget(other.target, target)) < index) {
      problems.push(
        problemAt(
          [...path, 'target'],
          `is region ${placeInWords(target)} a second time`,
          'Name each region, account and key once; give that one all schedules and rules.',
        ),
      );
    }
    if (keepsNothing(retention)) {
      problems.push(
        problemAt(
          [...path, 'retention'],
          'keeps no copy: each would be removed by the next retention',
          'Keep at least 1 copy, or remove the replica from the policy.',
        ),
      );
    }
    return problems;
  });
}
