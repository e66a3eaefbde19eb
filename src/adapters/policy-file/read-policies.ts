import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import type { Occurrences } from '../../domain/policy/occurrences.ts';
import { policyProblems } from '../../domain/policy/policy-problems.ts';
import { policyDocumentShape } from '../../domain/policy/policy-shape.ts';
import { readShape } from '../../domain/shape/read-shape.ts';
import { formatPath, problemAt, type ShapeProblem } from '../../domain/shape/shape-problem.ts';
import { type ParsedYaml, parseYaml } from './parse-yaml.ts';

/** Problems that one error lists; who corrects so many runs it again. */
const problemsShownMax = 20;

export interface PolicyText {
  readonly text: string;
  /** As errors are to name it. */
  readonly fileName: string;
}

/**
 * The policies of a file, complete: what was left out has its default. All or none.
 *
 * @throws POLICY_INVALID with line, column and remedy of what is wrong, in the order of the file: what is
 *   wrong in form, or, when the form is right, in meaning
 */
export function readPolicies(
  { text, fileName }: PolicyText,
  occurrences: Occurrences,
): readonly BackupPolicy[] {
  const parsed = parseYaml(text, fileName);
  const read = readShape(policyDocumentShape, parsed.value);
  if (read.outcome === 'wrong') throw invalid(fileName, parsed, read.problems);
  const { policies } = read.value;
  const problems = policies.flatMap((policy, index) => [
    ...duplicateProblems(policies, index),
    ...policyProblems(policy, occurrences).map((found) => ({
      ...found,
      path: ['policies', index, ...found.path],
    })),
  ]);
  if (problems.length > 0) throw invalid(fileName, parsed, problems);
  return policies;
}

function duplicateProblems(
  policies: readonly BackupPolicy[],
  index: number,
): readonly ShapeProblem[] {
  const policyId = policies[index]?.policyId;
  const first = policies.findIndex((policy) => policy.policyId === policyId);
  if (first === index) return [];
  return [
    problemAt(
      ['policies', index, 'policyId'],
      `is '${policyId ?? ''}', as that of policies[${first}] is`,
      'Give each policy a name of its own.',
    ),
  ];
}

function invalid(
  fileName: string,
  { placeOf }: ParsedYaml,
  problems: readonly ShapeProblem[],
): SnapledgerError {
  const lines = problems
    .map((problem) => ({ ...problem, ...placeOf(problem.path, problem.at) }))
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .slice(0, problemsShownMax)
    .map(({ path, line, column, message, remedy }) => {
      const place = path.length === 0 ? 'the file' : formatPath(path);
      return `${fileName}:${line}:${column}: ${place} ${message}. ${remedy}`;
    });
  const more = problems.length - lines.length;
  return new SnapledgerError(
    'POLICY_INVALID',
    [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n'),
    {
      remedy: 'Nothing was stored. Correct the file; snapledger policy schema says what it holds.',
    },
  );
}
