import { isSnapledgerError, SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { InstanceId } from '../domain/identifiers.ts';
import type { LocalCloud } from '../adapters/local-cloud/local-cloud.ts';
import type { Engine } from '../engine/engine.ts';
import type { InstanceDescription } from '../ports/cloud/instances.ts';

/**
 * Changes tags of an instance (null takes one away), and records what it has then.
 *
 * @throws UNKNOWN_INSTANCE, INVALID_ARGUMENT; what recording throws, which says that the tags are changed
 */
export async function tagAndRecord(
  cloud: Pick<LocalCloud, 'tagInstance'>,
  engine: Pick<Engine, 'recordTags'>,
  instanceId: InstanceId,
  changes: Readonly<Record<string, string | null>>,
): Promise<InstanceDescription> {
  const changed = await cloud.tagInstance(instanceId, changes);
  try {
    await engine.recordTags(instanceId);
  } catch (error) {
    throw isSnapledgerError(error) ? changedAllTheSame(instanceId, error) : error;
  }
  return changed;
}

function changedAllTheSame(instanceId: InstanceId, error: SnapledgerError): SnapledgerError {
  const { code, message, retry, details, remedy } = error;
  const later = `The next session of the instance, or 'snapledger run', records them.`;
  return new SnapledgerError(
    code,
    `the tags of instance '${instanceId}' were changed, but could not be recorded: ${message}`,
    { cause: error, retry, details, remedy: remedy === undefined ? later : `${remedy} ${later}` },
  );
}
