import type { InstanceId } from '../identifiers.ts';
import type { ShapePath } from '../shape/shape-problem.ts';
import { hasTag } from './has-tag.ts';

/** Which instances a policy is for: those that `include` matches, without those of `exclude`. */
export interface InstanceSelection {
  readonly include: InstanceMatch;
  /** Wins over `include`. */
  readonly exclude: InstanceMatch | null;
}

export type InstanceMatch =
  | { readonly kind: 'all' }
  | { readonly kind: 'instances'; readonly instanceIds: readonly InstanceId[] }
  /** Has the tag, with this value; null: whatever its value. */
  | { readonly kind: 'tag'; readonly key: string; readonly value: string | null }
  | { readonly kind: 'all-of'; readonly of: readonly InstanceMatch[] }
  | { readonly kind: 'any-of'; readonly of: readonly InstanceMatch[] };

export type InstanceTags = Readonly<Record<string, string>>;

export interface InstanceTag {
  readonly key: string;
  readonly value: string;
}

/** What selection looks at. */
export interface SelectableInstance {
  readonly instanceId: InstanceId;
  readonly tags: InstanceTags;
}

/** Selects these instances, and no other. */
export function selectInstances(instanceIds: readonly InstanceId[]): InstanceSelection {
  return { include: { kind: 'instances', instanceIds }, exclude: null };
}

export function selects(
  { include, exclude }: InstanceSelection,
  { instanceId, tags }: SelectableInstance,
): boolean {
  const hasIt = (tag: TagMatch): boolean => hasTag(tags, tag);
  return (
    matches(include, instanceId, hasIt) &&
    !(exclude !== null && matches(exclude, instanceId, hasIt))
  );
}

/**
 * Whether it selects an instance of which only the id is known: whatever its tags are, with some tags, or
 * with none.
 */
export function selectsById(
  { include, exclude }: InstanceSelection,
  instanceId: InstanceId,
): 'always' | 'perhaps' | 'never' {
  // What is made of and and or alone matches the more, the more tags there are.
  const isIncluded = (hasIt: () => boolean): boolean => matches(include, instanceId, hasIt);
  const isExcluded = (hasIt: () => boolean): boolean =>
    exclude !== null && matches(exclude, instanceId, hasIt);
  if (!isIncluded(hasEveryTag) || isExcluded(hasNoTag)) return 'never';
  return isIncluded(hasNoTag) && !isExcluded(hasEveryTag) ? 'always' : 'perhaps';
}

const hasEveryTag = (): boolean => true;
const hasNoTag = (): boolean => false;

/** The order of tags means nothing. */
export function isSameTags(one: InstanceTags, other: InstanceTags): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}

/** Those that are the same are listed the same: in the order of their keys. */
export function listTags(tags: InstanceTags): readonly InstanceTag[] {
  return Object.entries(tags)
    .map(([key, value]) => ({ key, value }))
    .toSorted((one, other) => (one.key < other.key ? -1 : 1));
}

export function tagsOfList(list: readonly InstanceTag[]): InstanceTags {
  return Object.fromEntries(list.map(({ key, value }) => [key, value]));
}

/** An id that is named, and where below the match. */
export interface NamedInstance {
  readonly instanceId: InstanceId;
  readonly path: ShapePath;
}

/** Each as often as it is named. */
export function namedInstances({ include }: InstanceSelection): readonly NamedInstance[] {
  return idsNamedIn(include);
}

type TagMatch = Extract<InstanceMatch, { readonly kind: 'tag' }>;

function matches(
  match: InstanceMatch,
  instanceId: InstanceId,
  hasIt: (tag: TagMatch) => boolean,
): boolean {
  switch (match.kind) {
    case 'all':
      return true;
    case 'instances':
      return match.instanceIds.includes(instanceId);
    case 'tag':
      return hasIt(match);
    case 'all-of':
      return match.of.every((one) => matches(one, instanceId, hasIt));
    case 'any-of':
      return match.of.some((one) => matches(one, instanceId, hasIt));
  }
}

/** Each as often as it is named. */
export function idsNamedIn(match: InstanceMatch, path: ShapePath = []): readonly NamedInstance[] {
  switch (match.kind) {
    case 'all':
    case 'tag':
      return [];
    case 'instances':
      return match.instanceIds.map((instanceId, index) => ({
        instanceId,
        path: [...path, 'instanceIds', index],
      }));
    case 'all-of':
    case 'any-of':
      return match.of.flatMap((one, index) => idsNamedIn(one, [...path, 'of', index]));
  }
}
