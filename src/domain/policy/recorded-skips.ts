import { policyLimits } from './policy-limits.ts';
import type { SkippedInstance } from './resolve-instances.ts';

/**
 * What a run left out, as one event can hold it even when nearly every instance of a cloud cannot be read: the
 * first of these with what is wrong with them, the next by the code of it alone. What is beyond even
 * that is counted in the words of the first.
 *
 * @param skipped in the order of their ids
 */
export function recordSkips(skipped: readonly SkippedInstance[]): readonly SkippedInstance[] {
  const { unreadablePerRunMax } = policyLimits;
  const unlisted = skipped.filter(isUnreadable).length - unreadablePerRunMax;
  const beyond = unlisted > 0 ? `; ${unlisted} more cannot be read either, and are not listed` : '';
  let seen = 0;
  return skipped.flatMap((one) => {
    if (!isUnreadable(one)) return [one];
    seen += 1;
    if (seen > unreadablePerRunMax) return [];
    return [inBrief(one, seen, beyond)];
  });
}

export function isUnreadable({ reason }: SkippedInstance): boolean {
  return reason.kind === 'unreadable';
}

function inBrief(one: SkippedInstance, nth: number, beyond: string): SkippedInstance {
  const { instanceId, reason } = one;
  if (reason.kind !== 'unreadable') return one;
  const { code, message } = reason.problem;
  const { unreadableInWordsMax, unreadableWordsMaxLength } = policyLimits;
  const words = nth > unreadableInWordsMax ? '' : message.slice(0, unreadableWordsMaxLength);
  const told = nth === 1 ? `${words}${beyond}` : words;
  return { instanceId, reason: { kind: 'unreadable', problem: { code, message: told } } };
}
