import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import type { ResourceOwner } from '../../../ports/cloud/resource-owner.ts';
import type { StateRecord } from './state-record.ts';

/** The owner as it is stored with a resource: these two fields and nothing that a caller added. */
export function formatOwner({ sessionId, instanceId }: ResourceOwner): ResourceOwner {
  return { sessionId, instanceId };
}

/** @throws CLOUD_STATE_CORRUPT */
export function parseOwner(record: StateRecord): ResourceOwner {
  return {
    sessionId: record.string('sessionId') as SessionId,
    instanceId: record.string('instanceId') as InstanceId,
  };
}
