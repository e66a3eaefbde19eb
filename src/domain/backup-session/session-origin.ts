import type { SessionId, TimestampMs } from '../identifiers.ts';

/** What made a session begin. */
export type SessionOrigin =
  /** A run of its policy; null: maintenance that time alone asked for. */
  | { readonly kind: 'policy'; readonly runId: SessionId | null }
  /** Somebody, now, as the policy says: what it makes is a part of the policy's chain. */
  | { readonly kind: 'on-demand' }
  /**
   * Somebody, outside of every policy: no policy ever removes what it makes. `expiresAt` is its
   * own expiry; null: never.
   */
  | { readonly kind: 'manual'; readonly expiresAt: TimestampMs | null };
