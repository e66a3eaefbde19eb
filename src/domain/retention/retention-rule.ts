import type { SnapshotSetId } from '../identifiers.ts';
import type { KeepReason, RemoveReason } from './retention-reasons.ts';
import type { ChainSet } from './snapshot-chain.ts';

/** What one rule says of one set. A set stays while any rule or pin keeps it. */
export type RuleVerdict = { readonly keep: KeepReason } | { readonly remove: RemoveReason };

/**
 * A retention rule: pure, and indifferent to the order in which the sets are listed. Gives one
 * verdict for each complete set of `chain` (which is sorted, oldest first).
 */
export type RetentionRule = (chain: readonly ChainSet[]) => ReadonlyMap<SnapshotSetId, RuleVerdict>;
