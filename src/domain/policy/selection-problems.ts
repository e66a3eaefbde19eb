import type { InstanceId } from '../identifiers.ts';
import { problemAt, type ShapePath, type ShapeProblem } from '../shape/shape-problem.ts';
import {
  idsNamedIn,
  type InstanceMatch,
  type InstanceSelection,
  selectsById,
} from './instance-selection.ts';
import { policyLimits } from './policy-limits.ts';

const path: ShapePath = ['selection'];

/** What is wrong with a selection: it is too large, names an instance twice, or can match none. */
export function selectionProblems(selection: InstanceSelection): readonly ShapeProblem[] {
  const tooLarge = sizeProblems(selection);
  if (tooLarge.length > 0) return tooLarge;
  const { include, exclude } = selection;
  return [
    ...repeatedIds(include, [...path, 'include']),
    ...(exclude === null ? [] : repeatedIds(exclude, [...path, 'exclude'])),
    ...nothingSelected(selection),
  ];
}

function sizeProblems({ include, exclude }: InstanceSelection): readonly ShapeProblem[] {
  const matches = exclude === null ? [include] : [include, exclude];
  if (matches.some((match) => depthOf(match) > policyLimits.selectionDepthMax)) {
    return [
      problemAt(
        path,
        `has more than ${policyLimits.selectionDepthMax} levels of all-of and any-of`,
        'Write it with fewer levels, or make two policies of it.',
      ),
    ];
  }
  const terms = matches.reduce((sum, match) => sum + termsOf(match), 0);
  if (terms <= policyLimits.selectionTermsMax) return [];
  return [
    problemAt(
      path,
      `names ${terms} ids and tags`,
      `Name at most ${policyLimits.selectionTermsMax}, or select by a tag.`,
    ),
  ];
}

function depthOf(match: InstanceMatch): number {
  return 'of' in match ? 1 + Math.max(...match.of.map(depthOf)) : 0;
}

function termsOf(match: InstanceMatch): number {
  if ('of' in match) return match.of.reduce((sum, one) => sum + termsOf(one), 0);
  return match.kind === 'instances' ? match.instanceIds.length : 1;
}

/** Of one list: in two lists of an all-of an id has to stand twice. */
function repeatedIds(match: InstanceMatch, at: ShapePath): readonly ShapeProblem[] {
  if ('of' in match) {
    return match.of.flatMap((one, index) => repeatedIds(one, [...at, 'of', index]));
  }
  if (match.kind !== 'instances') return [];
  const seen = new Set<InstanceId>();
  return match.instanceIds.flatMap((instanceId, index) => {
    const isFirst = !seen.has(instanceId);
    seen.add(instanceId);
    if (isFirst) return [];
    return problemAt(
      [...at, 'instanceIds', index],
      `is '${instanceId}' a second time`,
      'Name each instance once.',
    );
  });
}

/** No cloud calls an instance so: it stands for all that no selection names. */
const unnamed = '' as InstanceId;

/** Whatever instances there are and whatever tags they have. */
function nothingSelected(selection: InstanceSelection): readonly ShapeProblem[] {
  const { include } = selection;
  const couldMatch = (one: InstanceSelection): boolean =>
    [unnamed, ...idsNamedIn(include).map(({ instanceId }) => instanceId)].some(
      (instanceId) => selectsById(one, instanceId) !== 'never',
    );
  if (couldMatch(selection)) return [];
  return couldMatch({ include, exclude: null })
    ? [
        problemAt(
          [...path, 'exclude'],
          'leaves out every instance that include can match: the policy would never back anything up',
          'Name fewer in exclude, or more in include.',
        ),
      ]
    : [
        problemAt(
          [...path, 'include'],
          'can match no instance: no id is in all lists that it has to be in',
          'Use any-of, or name the same instances in each list.',
        ),
      ];
}
