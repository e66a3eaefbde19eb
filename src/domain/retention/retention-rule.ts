import type { TimestampMs } from '../identifiers.ts';
import type { ChainItem } from './chain-item.ts';
import type { KeepReason, RemoveReason } from './retention-reasons.ts';
import type { RetentionSettings } from './retention-settings.ts';

/** What one rule says of one item. An item stays while any rule, pin or hold keeps it. */
export type RuleVerdict =
  /** At least one reason. */
  { readonly keep: readonly KeepReason[] } | { readonly remove: RemoveReason };

/**
 * A retention rule: pure, with one verdict for each item of the chain. `chain` holds the items of
 * one chain that can be restored from, oldest first; `now` is the time to go by. A rule may not
 * depend on anything else.
 *
 * `snapledger/verification` has the properties that every rule must have.
 */
export type RetentionRule = (
  chain: readonly ChainItem[],
  now: TimestampMs,
) => ReadonlyMap<string, RuleVerdict>;

/** The rules of one chain; an item stays while any of them keeps it. */
export type RulesOf = (settings: RetentionSettings, timeZone: string) => readonly RetentionRule[];
