import { cp } from 'node:fs/promises';
import path from 'node:path';
import type { DeviceName, InstanceId, PolicyId } from '../../../src/domain/identifiers.ts';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import { defaultPolicy } from '../../../src/domain/policy/default-policy.ts';
import { usualWorkers } from '../../../src/domain/policy/worker-policy.ts';
import { createTestVault } from './create-test-vault.ts';
import type { OpenTestVault } from './open-test-vault.ts';
import { testPassphrase } from './open-test-vault.ts';

/** The instance that tests back up. */
export const web1 = 'web-1' as InstanceId;

/** Makes a vault in `<folder>/vault` and gives its path. */
export async function makeTestVault(folder: string): Promise<string> {
  const vaultFolder = path.join(folder, 'vault');
  await createTestVault({ folder: vaultFolder, passphrase: testPassphrase });
  return vaultFolder;
}

/** A second vault with the same content; disks are named by their paths and stay shared. */
export async function copyVault(vaultFolder: string, copy: string): Promise<string> {
  await cp(vaultFolder, copy, { recursive: true, preserveTimestamps: true, errorOnExist: true });
  return copy;
}

export interface TestPolicy {
  readonly keep?: number;
  readonly level?: BackupPolicy['image']['level'];
  readonly changedBlockTracking?: BackupPolicy['image']['changedBlockTracking'];
  readonly transport?: BackupPolicy['image']['transport'];
  readonly workers?: BackupPolicy['image']['workers'];
  readonly replicas?: BackupPolicy['replicas'];
  /** Restore points that are kept; default: all. */
  readonly keepPoints?: number | null;
}

/** Sets the policy of an instance; keeps two snapshot sets unless told otherwise. */
export async function setTestPolicy(
  { engine }: OpenTestVault,
  {
    keep = 2,
    level = 'on',
    changedBlockTracking = 'on',
    transport = 'worker',
    workers = usualWorkers,
    replicas = [],
    keepPoints = null,
  }: TestPolicy = {},
  instanceId: InstanceId = web1,
): Promise<void> {
  const usual = defaultPolicy(`policy-of-${instanceId}` as PolicyId, [instanceId]);
  const policy: BackupPolicy = {
    ...usual,
    snapshots: { ...usual.snapshots, retention: { count: keep, age: null, gfs: null } },
    replicas,
    image: {
      ...usual.image,
      level,
      changedBlockTracking,
      compression: 'fast',
      transport,
      workers,
      retention: { count: keepPoints, age: null, gfs: null },
    },
  };
  await engine.setPolicy(policy);
}

/** Adds an instance whose volumes are these images, `/dev/sda` first, and a policy for it. */
export async function addTestInstance(
  vault: OpenTestVault,
  imagePaths: readonly string[],
  policy: TestPolicy = {},
  instanceId: InstanceId = web1,
): Promise<void> {
  const volumes = imagePaths.map((imagePath, index) => ({ device: deviceOf(index), imagePath }));
  await vault.cloud.addInstance({ instanceId, volumes });
  await setTestPolicy(vault, policy, instanceId);
}

export function deviceOf(index: number): DeviceName {
  return `/dev/sd${String.fromCharCode('a'.charCodeAt(0) + index)}` as DeviceName;
}
