import { type PolicyText, readPolicies } from '../adapters/policy-file/read-policies.ts';
import { createCronerOccurrences } from '../adapters/schedule/croner-occurrences.ts';
import type { BackupPolicy } from '../domain/policy/backup-policy.ts';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { policyDocumentShape } from '../domain/policy/policy-shape.ts';
import {
  addDays,
  dateIn,
  formatDate,
  type LocalDate,
  timeOn,
} from '../domain/calendar/local-date.ts';
import { instantOf } from '../domain/calendar/time-zone.ts';
import { simulatePolicy } from '../domain/policy-simulation/simulate-policy.ts';
import type { SimulatedDay } from '../domain/policy-simulation/simulated-days.ts';
import type { TimestampMs } from '../domain/identifiers.ts';
import { strataFormat } from '../format/strata/strata-format.ts';
import { jsonSchemaOf } from '../domain/shape/json-schema.ts';
import type { JsonSchema } from '../domain/shape/shape.ts';

/**
 * The policies of a file in YAML or JSON, complete: what was left out has its default.
 *
 * @throws POLICY_INVALID with line, column and remedy of everything that is wrong
 */
export function readPolicyText(source: PolicyText): readonly BackupPolicy[] {
  return readPolicies(source, createCronerOccurrences());
}

/** What a policy file holds, as a JSON Schema (2020-12). */
export function policySchema(): JsonSchema {
  return jsonSchemaOf(policyDocumentShape, {
    $id: 'urn:snapledger:policies:1',
    title: 'snapledger policies',
    description: 'Which instances are backed up how, when, and for how long copies are kept.',
  });
}

/** How a policy is to be simulated; see `SimulationRequest`. */
export interface SimulationOptions {
  /** The first day in the policy's time zone, from its midnight on: `2026-01-05`. */
  readonly firstDate: string;
  readonly daysCount: number;
  readonly imageEvery: number | null;
  readonly failing: ReadonlySet<number>;
}

/**
 * Lets a policy run on one instance in virtual time, in the native format; day by day.
 *
 * @throws INVALID_ARGUMENT for a policy without schedules, or what is no date; LIMIT_EXCEEDED
 */
export function simulateNativePolicy(
  policy: BackupPolicy,
  { firstDate, daysCount, ...options }: SimulationOptions,
): readonly SimulatedDay[] {
  const { pointDependency } = strataFormat.traits;
  const first = dateOfText(firstDate);
  // What is due at the moment at which a policy is set is not due: midnight belongs to the first day.
  const lastMomentBefore = (date: LocalDate): TimestampMs =>
    (instantOf(timeOn(date, 0, 0), policy.timeZone) - 1) as TimestampMs;
  const from = lastMomentBefore(first);
  const until = lastMomentBefore(addDays(first, daysCount));
  return simulatePolicy(
    { policy, from, until, ...options, pointDependency },
    createCronerOccurrences(),
  );
}

function dateOfText(text: string): LocalDate {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)?.map(Number) ?? [];
  if (year !== undefined && month !== undefined && day !== undefined) {
    const date = dateIn(year, month, day);
    if (formatDate(date) === text) return date;
  }
  throw new SnapledgerError('INVALID_ARGUMENT', `'${text}' is no date`, {
    remedy: 'Give one such as 2026-01-05.',
  });
}
