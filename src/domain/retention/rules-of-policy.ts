import type { ChainRules } from './judge-chain.ts';
import type { RetentionCircumstances } from './retention-circumstances.ts';
import type { RetentionSettings } from './retention-settings.ts';
import { settingsRules } from './settings-rules.ts';

/**
 * What rules over a chain: the policy's `settings` for it, or, when they are null, the setting for
 * items that no policy rules over.
 */
export function rulesOfPolicy(
  { policy, obsolete, rulesOf = settingsRules }: RetentionCircumstances,
  settings: RetentionSettings | null,
  withoutRules: 'keep-nothing' | 'keep-everything',
): ChainRules {
  if (policy === null || settings === null) return { kind: 'no-policy', obsolete };
  return { kind: 'policy', rules: rulesOf(settings, policy.timeZone), withoutRules };
}
