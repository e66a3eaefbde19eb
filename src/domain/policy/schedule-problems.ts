import { isTimeZone } from '../calendar/time-zone.ts';
import type { TimestampMs } from '../identifiers.ts';
import { problemAt, type ShapePath, type ShapeProblem } from '../shape/shape-problem.ts';
import type { BackupPolicy } from './backup-policy.ts';
import { nextOccurrence, type Occurrences } from './occurrences.ts';
import { policyLimits } from './policy-limits.ts';
import type { Schedule } from './schedule.ts';
import { firstOpen } from './start-window.ts';

/** What is wrong with a policy's time zone, schedules and window. */
export function scheduleProblems(
  policy: BackupPolicy,
  occurrences: Occurrences,
): readonly ShapeProblem[] {
  const cadences = cadencesOf(policy);
  const wrong = cadences.flatMap(({ path, schedules }) =>
    schedules.flatMap((schedule, index) =>
      oneScheduleProblems(schedule, [...path, index], occurrences),
    ),
  );
  const { timeZone } = policy;
  if (!isNameOfTimeZone(timeZone)) {
    const message = `is '${timeZone}', which is no time zone`;
    wrong.unshift(problemAt(['timeZone'], message, 'Give a name such as Europe/Berlin or UTC.'));
  }
  // The rest asks when schedules occur, which only sound ones can answer.
  if (wrong.length > 0) return wrong;
  return cadences.flatMap(({ path, schedules }) =>
    occurrenceProblems(policy, schedules, path, occurrences),
  );
}

interface Cadence {
  readonly path: ShapePath;
  readonly schedules: readonly Schedule[];
}

function cadencesOf({ snapshots, image, replicas }: BackupPolicy): readonly Cadence[] {
  return [
    { path: ['snapshots', 'schedules'], schedules: snapshots.schedules },
    { path: ['image', 'schedules'], schedules: image.schedules },
    ...replicas.map(({ schedules }, index) => ({
      path: ['replicas', index, 'schedules'],
      schedules,
    })),
  ];
}

/** Offsets such as +02:00 are understood as well, but know of no changes of the clock. */
function isNameOfTimeZone(name: string): boolean {
  return /[A-Za-z]/.test(name) && isTimeZone(name);
}

function oneScheduleProblems(
  schedule: Schedule,
  path: ShapePath,
  occurrences: Occurrences,
): readonly ShapeProblem[] {
  if (schedule.kind !== 'cron') return [];
  const wrong = occurrences.problemOf(schedule.expression);
  if (wrong === null) return [];
  return [
    problemAt(
      [...path, 'expression'],
      `is '${schedule.expression}', which is no cron expression: ${wrong}`,
      'Give minute, hour, day of month, month and day of week, such as "0 7 * * 1-5".',
    ),
  ];
}

/** Any moment does: what never occurs after it does not occur. Fixed, so that a policy stays valid. */
const someMoment = Date.UTC(2026, 0, 1) as TimestampMs;

function occurrenceProblems(
  policy: BackupPolicy,
  schedules: readonly Schedule[],
  path: ShapePath,
  occurrences: Occurrences,
): readonly ShapeProblem[] {
  return schedules.flatMap((schedule, index): readonly ShapeProblem[] => {
    const place = [...path, index];
    switch (firstStart(policy, schedule, occurrences)) {
      case 'found':
        return [];
      case 'never-occurs':
        return [problemAt(place, 'never occurs', 'Give a day that its months have.')];
      case 'never-open':
        return [
          problemAt(
            place,
            'occurs only while the window is closed',
            'Give a time within the window, or widen the window.',
          ),
        ];
    }
  });
}

function firstStart(
  { window, timeZone }: BackupPolicy,
  schedule: Schedule,
  occurrences: Occurrences,
): 'found' | 'never-occurs' | 'never-open' {
  let after = someMoment;
  for (let tries = 0; tries < policyLimits.windowTriesMax; tries += 1) {
    const next = nextOccurrence([schedule], timeZone, after, occurrences);
    if (next === null) return 'never-occurs';
    const open = firstOpen(window, timeZone, next, occurrences);
    if (open === next) return 'found';
    if (open === null) return 'never-open';
    // The opening itself is a moment at which a schedule may occur.
    after = (open - 1) as TimestampMs;
  }
  return 'never-open';
}
