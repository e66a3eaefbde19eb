import { type PolicyText, readPolicies } from '../adapters/policy-file/read-policies.ts';
import { createCronerOccurrences } from '../adapters/schedule/croner-occurrences.ts';
import type { BackupPolicy } from '../domain/policy/backup-policy.ts';
import { policyDocumentShape } from '../domain/policy/policy-shape.ts';
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
