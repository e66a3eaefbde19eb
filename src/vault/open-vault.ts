import { imageFile } from '../adapters/image-folder/image-file.ts';
import { imageFolder } from '../adapters/image-folder/image-folder.ts';
import type { LocalCloud } from '../adapters/local-cloud/local-cloud.ts';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import type { BackupPolicy } from '../domain/policy/backup-policy.ts';
import { createEngine } from '../engine/create-engine.ts';
import { openVaultParts } from './open-vault-parts.ts';
import { awsPolicyText } from './aws-policy.ts';
import { checkAws } from './cloud/check-aws.ts';
import { openVaultRegion } from './open-vault-region.ts';
import { tagAndRecord } from './tag-and-record.ts';
import { servePoint } from './serve-point.ts';
import type { CloudSetting, Vault } from './vault.ts';
import type { OpenVaultOptions } from './vault-options.ts';
import { readWitnessSetting, writeWitnessSetting } from './witness-setting.ts';

/**
 * @throws NOT_A_VAULT, VAULT_VERSION, UNKNOWN_FORMAT, and what opening its ledger throws; WRONG_PASSPHRASE and
 *   REPOSITORY_EXCHANGED from the first call that needs the repository
 */
export async function openVault(options: OpenVaultOptions): Promise<Vault> {
  const parts = await openVaultParts(options);
  const { folder, cloud, localCloud, dependencies, close } = parts;
  const engine = createEngine(dependencies);
  return {
    folder,
    cloud,
    engine,
    addInstance: async (instance) => requireLocal(localCloud, cloud).addInstance(instance),
    taggedInstance: async (instanceId, changes) =>
      requireLocal(localCloud, cloud).taggedInstance(instanceId, changes),
    tagInstance: async (instanceId, changes) =>
      tagAndRecord(requireLocal(localCloud, cloud), engine, instanceId, changes),
    imageFolder,
    imageFile: (file) => imageFile({ ...file, uuid: () => systemRandom.bytes(16) }),
    servePoint: (request) => servePoint(engine, request),
    setWitness: (setting) => writeWitnessSetting(folder, setting),
    witness: () => readWitnessSetting(folder),
    disturbedObjects: () => parts.place.retention?.disturbed('') ?? [],
    awsPolicy: (request) =>
      awsPolicyText(
        dependencies.repository,
        { location: dependencies.workerStore, cloud },
        request,
      ),
    checkAws: (request = {}) => {
      const policies = async (): Promise<readonly BackupPolicy[]> =>
        (await engine.listPolicies()).map(({ policy }) => policy);
      return checkAws(cloud, parts, policies, request);
    },
    reconcile: async (place, mode, options) => {
      const region = await openVaultRegion(await dependencies.repository(), place);
      try {
        return await engine.reconcile(region, mode, options);
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

/** @throws INVALID_ARGUMENT where the instances are not those of this machine */
function requireLocal(localCloud: LocalCloud | null, cloud: CloudSetting): LocalCloud {
  if (localCloud !== null) return localCloud;
  const where = cloud.kind === 'ec2' ? `EC2 in ${cloud.region}` : cloud.kind;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `the instances of this vault are those of ${where}: they are neither added nor tagged here`,
    { remedy: "'snapledger instance list' shows them; launch and tag them with the tools of AWS." },
  );
}
