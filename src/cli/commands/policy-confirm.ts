import { type Engine, type HeavyLoss, type PolicyPreview, SnapledgerError } from '../../index.ts';
import { formatCount } from '../output/format-quantity.ts';
import { formatLocalMinute } from '../output/format-time.ts';

/** Whether the user has said that a dangerous change is meant. */
export type Confirmation = 'given' | 'missing';

/** Items of one instance that a message names. */
const namedMax = 10;

/**
 * What a change of policies, of tags, or of the setting for obsolete items, does. One that would lose more
 * than half of a chain of an instance, keeps nothing, or by tags takes an instance out of every policy, has
 * to be confirmed.
 *
 * @throws CONFIRMATION_NEEDED with what would go
 */
export async function confirmedPreview(
  engine: Engine,
  request: Parameters<Engine['previewPolicies']>[0],
  confirmation: Confirmation,
): Promise<PolicyPreview> {
  const preview = await engine.previewPolicies(request);
  const dangers = [
    ...preview.uncovered.map(
      (instanceId) => `${instanceId} would belong to no policy: nothing would back it up any more`,
    ),
    ...preview.losses.map(lossInWords),
    ...preview.unreadable.map(
      ({ instanceId, error }) =>
        `what would go of ${instanceId} is not known, because it cannot be read: ${error.message}`,
    ),
    ...preview.changes
      .filter(({ kind, keepsNothing }) => keepsNothing && kind !== 'unchanged')
      .map(({ policyId }) => `policy '${policyId}' keeps no snapshot set by its own rules`),
  ];
  if (confirmation === 'given' || dangers.length === 0) return preview;
  throw new SnapledgerError('CONFIRMATION_NEEDED', `nothing was changed: ${dangers.join('; ')}`, {
    remedy: 'Repeat the command with --yes if that is meant.',
  });
}

function lossInWords({ instanceId, going, itemsCount }: HeavyLoss): string {
  const named = going
    .slice(0, namedMax)
    .map(({ kind, takenAt }) => `${kindsInWords[kind]} of ${formatLocalMinute(takenAt)}`);
  const more = going.length - named.length;
  const list = [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  return (
    `the next retention of ${instanceId} would remove ${going.length} of ` +
    `${formatCount(itemsCount, 'item')} that it has: ${list}`
  );
}

const kindsInWords: Readonly<Record<HeavyLoss['going'][number]['kind'], string>> = {
  'snapshot-set': 'the set',
  replica: 'the replica',
  'restore-point': 'the restore point',
};
