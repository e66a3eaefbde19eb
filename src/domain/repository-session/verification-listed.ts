import type { SessionId } from '../identifiers.ts';

/** A session that verifies the repository has begun. Stream `verifications`, which lists them. */
export interface VerificationListed {
  readonly type: 'VerificationListed';
  readonly data: { readonly sessionId: SessionId };
}
