import type { TimestampMs } from '../identifiers.ts';
import type { ObsoleteRule } from './obsolete-rule.ts';

/** What becomes, from now on, of items that no policy rules over. Stream `settings-retention`. */
export interface ObsoleteRuleSet {
  readonly type: 'ObsoleteRuleSet';
  readonly data: { readonly rule: ObsoleteRule; readonly setAt: TimestampMs };
}

export type RetentionSettingsEvent = ObsoleteRuleSet;
