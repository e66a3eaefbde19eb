import path from 'node:path';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { replaceFile } from '../state/durable-file.ts';
import { formatInstanceRecord, instanceFileName } from './instance-record.ts';
import { requireInstance } from './local-instances.ts';
import { requireTags, type Tags } from './tags.ts';

/** New values of tags; null takes a tag away. */
export type TagChanges = Readonly<Record<string, string | null>>;

/**
 * The tags that it would have; nothing is changed.
 *
 * @throws UNKNOWN_INSTANCE, INVALID_ARGUMENT, CLOUD_STATE_CORRUPT
 */
export async function changedTags(
  context: LocalCloudContext,
  instanceId: InstanceId,
  changes: TagChanges,
): Promise<Tags> {
  const tags = changed((await requireInstance(context, instanceId)).tags, changes);
  requireTags(tags);
  return tags;
}

/** @throws UNKNOWN_INSTANCE, INVALID_ARGUMENT, CLOUD_STATE_CORRUPT, STORE_UNAVAILABLE */
export async function tagInstance(
  context: LocalCloudContext,
  instanceId: InstanceId,
  changes: TagChanges,
): Promise<void> {
  const record = await requireInstance(context, instanceId);
  const tags = changed(record.tags, changes);
  requireTags(tags);
  const file = path.join(context.folders.instances, instanceId, instanceFileName);
  await replaceFile(file, formatInstanceRecord({ ...record, tags }), context.partials);
}

function changed(tags: Tags, changes: TagChanges): Tags {
  return Object.fromEntries(
    Object.entries({ ...tags, ...changes }).flatMap(([key, value]) =>
      value === null ? [] : [[key, value] as const],
    ),
  );
}
