import type { ErrorDetails, HeavyLoss, PolicyId, PolicyPreview } from '../../index.ts';
import { formatCount } from '../output/format-quantity.ts';
import { formatLocalMinute, formatUtcTime } from '../output/format-time.ts';
import { itemKindWords } from './item-kind.ts';

/** What a message names: items of one instance, and instances; the rest is counted. */
const named = { itemsMax: 10, instancesMax: 20 };
/** What programs get of them. */
const listed = { itemsMax: 100, instancesMax: 100 };

/** What makes a change one that has to be confirmed, each as a part of a sentence; none: nothing does. */
export function dangersInWords(preview: PolicyPreview): readonly string[] {
  const { uncovered, losses, unreadable } = preview;
  return [
    ...firstInWords(
      uncovered,
      (instanceId) => `${instanceId} would belong to no policy: nothing would back it up any more`,
    ),
    ...firstInWords(losses, lossInWords),
    ...firstInWords(
      unreadable,
      ({ instanceId, error }) =>
        `what would go of ${instanceId} is not known, because it cannot be read: ${error.message}`,
    ),
    ...keepingNothing(preview).map(
      (policyId) => `policy '${policyId}' keeps no snapshot set by its own rules`,
    ),
  ];
}

/** The same for programs. */
export function previewDetails(preview: PolicyPreview): ErrorDetails {
  const { uncovered, losses, unreadable } = preview;
  const first = losses.slice(0, listed.instancesMax);
  return {
    losses: first.map(({ instanceId, itemsCount, going }) => ({
      instanceId,
      itemsCount,
      going: going
        .slice(0, listed.itemsMax)
        .map(({ takenAt, ...item }) => ({ ...item, takenAt: formatUtcTime(takenAt) })),
      goingUnlisted: Math.max(0, going.length - listed.itemsMax),
    })),
    lossesUnlisted: losses.length - first.length,
    uncovered: uncovered.slice(0, listed.instancesMax),
    unreadable: unreadable.slice(0, listed.instancesMax).map(({ instanceId }) => instanceId),
    keepingNothing: keepingNothing(preview),
  };
}

function keepingNothing({ changes }: PolicyPreview): readonly PolicyId[] {
  return changes
    .filter(({ kind, keepsNothing }) => keepsNothing && kind !== 'unchanged')
    .map(({ policyId }) => policyId);
}

function firstInWords<Instance>(
  instances: readonly Instance[],
  inWords: (instance: Instance) => string,
): readonly string[] {
  const more = instances.length - named.instancesMax;
  return [
    ...instances.slice(0, named.instancesMax).map(inWords),
    ...(more > 0 ? [`the same of ${formatCount(more, 'more instance')}`] : []),
  ];
}

function lossInWords({ instanceId, going, itemsCount }: HeavyLoss): string {
  const first = going.slice(0, named.itemsMax).map(itemInWords);
  const more = going.length - first.length;
  const list = [...first, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  return (
    `with its next retention or backup ${instanceId} would lose ${going.length} of ` +
    `${formatCount(itemsCount, 'item')} in its chains: ${list}`
  );
}

function itemInWords({ kind, takenAt, fate }: HeavyLoss['going'][number]): string {
  const what = `the ${itemKindWords[kind]} of ${formatLocalMinute(takenAt)}`;
  return fate === 'removed' ? what : `${what} (held, but out of the chain for good)`;
}
