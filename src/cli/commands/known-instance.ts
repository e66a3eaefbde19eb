import { type Engine, type InstanceId, SnapledgerError } from '../../index.ts';

/**
 * For a list that turned out empty: tells an instance of which there is nothing from a name with a
 * typing mistake.
 *
 * @throws UNKNOWN_INSTANCE
 */
export async function assertInstanceKnown(engine: Engine, instanceId: InstanceId): Promise<void> {
  const instances = await engine.listInstances();
  if (instances.some((instance) => instance.instanceId === instanceId)) return;
  throw new SnapledgerError('UNKNOWN_INSTANCE', `there is no instance '${instanceId}'`);
}
