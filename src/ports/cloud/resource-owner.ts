import type { InstanceId, SessionId } from '../../domain/identifiers.ts';

/**
 * Who made a resource in the cloud. Given with every request that makes one and stored with it,
 * so that an interrupted step finds what it had made, and a clean-up finds what nobody owns.
 */
export interface ResourceOwner {
  readonly sessionId: SessionId;
  readonly instanceId: InstanceId;
}
