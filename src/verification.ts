/**
 * The property kit: what retention promises for every history, to hold rules of one's own to.
 * Needs `fast-check`, a peer dependency of this entry alone. docs/verification.md has an example.
 *
 * @module
 */
export {
  reportInWords,
  type PropertyResult,
  type VerificationReport,
  verifyRule,
  type VerifyOptions,
  arbitraryRuleSample,
} from './verification/verify-rule.ts';
export { arbitraryCircumstances } from './verification/arbitrary-circumstances.ts';
export {
  arbitraryGfs,
  arbitrarySettings,
  arbitraryTimeZone,
} from './verification/arbitrary-policy.ts';
export type { Planner, PlanProperty } from './verification/plan-property.ts';
export { planProperties } from './verification/plan-properties.ts';
export {
  type RuleProperty,
  ruleProperties,
  type RuleSample,
} from './verification/rule-properties.ts';
export { circumstancesInWords, sampleInWords } from './verification/in-words.ts';
export { type NotedReplica, type NotedSession, sessionOf } from './verification/noted-session.ts';
export type { ChainItem } from './domain/retention/chain-item.ts';
export type { RetentionCircumstances } from './domain/retention/retention-circumstances.ts';
export type { RetentionRule, RulesOf, RuleVerdict } from './domain/retention/retention-rule.ts';
export type { InstanceHistory } from './domain/retention/instance-history.ts';
export { countRule } from './domain/retention/count-rule.ts';
export { ageRule } from './domain/retention/age-rule.ts';
export { gfsRule } from './domain/retention/gfs-rule.ts';
export { planRetention } from './domain/retention/plan-retention.ts';
