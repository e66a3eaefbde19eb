import { type Engine, type InstanceId, SnapledgerError } from '../../index.ts';

/**
 * For a list that turned out empty: tells an instance of which there is nothing from one that cannot be read, and
 * from a name with a typing mistake.
 *
 * @throws what is wrong with it when what the cloud has of it cannot be read; UNKNOWN_INSTANCE
 */
export async function assertInstanceKnown(engine: Engine, instanceId: InstanceId): Promise<void> {
  const instances = await engine.listInstances();
  if (instances.some((instance) => instance.instanceId === instanceId)) return;
  const unreadable = await engine.unreadableInstances();
  const broken = unreadable.find((instance) => instance.instanceId === instanceId);
  if (broken !== undefined) throw broken.error;
  throw new SnapledgerError('UNKNOWN_INSTANCE', `there is no instance '${instanceId}'`);
}
