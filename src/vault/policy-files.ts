import { type PolicyText, readPolicies } from '../adapters/policy-file/read-policies.ts';
import { createCronerOccurrences } from '../adapters/schedule/croner-occurrences.ts';
import type { BackupPolicy } from '../domain/policy/backup-policy.ts';
import { policyDocumentShape } from '../domain/policy/policy-shape.ts';
import { type SimulatedDay, simulatePolicy } from '../domain/policy-simulation/simulate-policy.ts';
import type { TimestampMs } from '../domain/identifiers.ts';
import { strataFormat } from '../format/strata/strata-format.ts';
import { type JsonSchema, jsonSchemaOf } from '../domain/shape/json-schema.ts';

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
  readonly from: TimestampMs;
  readonly until: TimestampMs;
  readonly imageEvery: number | null;
  readonly failing: ReadonlySet<number>;
}

/**
 * Lets a policy run on one instance in virtual time, in the native format; day by day.
 *
 * @throws INVALID_ARGUMENT, LIMIT_EXCEEDED
 */
export function simulateNativePolicy(
  policy: BackupPolicy,
  options: SimulationOptions,
): readonly SimulatedDay[] {
  const { pointDependency } = strataFormat.traits;
  return simulatePolicy({ policy, ...options, pointDependency }, createCronerOccurrences());
}
