import { imageFolder } from '../adapters/image-folder/image-folder.ts';
import { createEngine } from '../engine/create-engine.ts';
import { openVaultParts } from './open-vault-parts.ts';
import { awsPolicyText } from './aws-policy.ts';
import { openVaultRegion } from './open-vault-region.ts';
import type { OpenVaultOptions, Vault } from './vault.ts';
import { writeWitnessSetting } from './witness-setting.ts';

/**
 * @throws NOT_A_VAULT, VAULT_VERSION, and what opening its ledger throws; WRONG_PASSPHRASE from the
 *   first call that needs it
 */
export async function openVault(options: OpenVaultOptions): Promise<Vault> {
  const { folder, cloud, dependencies, close } = await openVaultParts(options);
  const engine = createEngine(dependencies);
  return {
    folder,
    engine,
    addInstance: (instance) => cloud.addInstance(instance),
    taggedInstance: (instanceId, changes) => cloud.taggedInstance(instanceId, changes),
    tagInstance: async (instanceId, changes) => {
      const changed = await cloud.tagInstance(instanceId, changes);
      await engine.recordTags(instanceId);
      return changed;
    },
    imageFolder,
    setWitness: (setting) => writeWitnessSetting(folder, setting),
    awsPolicy: async (request) => {
      const repository = await dependencies.repository();
      return awsPolicyText(repository, dependencies.workerStore, request);
    },
    reconcile: async (name, mode) => {
      const region = await openVaultRegion(await dependencies.repository(), name);
      try {
        return await engine.reconcile(region, mode);
      } finally {
        region.close();
      }
    },
    close: async () => {
      try {
        await engine.close();
      } finally {
        await close();
      }
    },
  };
}
