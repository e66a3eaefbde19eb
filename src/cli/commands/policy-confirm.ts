import { type Engine, type PolicyPreview, SnapledgerError } from '../../index.ts';
import { dangersInWords, previewDetails } from '../wording/policy-dangers.ts';

/** Whether the user has said that a dangerous change is meant. */
export type Confirmation = 'given' | 'missing';

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
  const dangers = dangersInWords(preview);
  if (confirmation === 'given' || dangers.length === 0) return preview;
  throw new SnapledgerError('CONFIRMATION_NEEDED', `nothing was changed: ${dangers.join('; ')}`, {
    remedy: 'Repeat the command with --yes if that is meant.',
    details: previewDetails(preview),
  });
}
