import type { Tag } from '@aws-sdk/client-ec2';
import type { Region } from '../../../../domain/identifiers.ts';
import { accountIdOf, type AccountRole } from '../../../../domain/policy/account-role.ts';
import type {
  CloudInventory,
  InventoryItem,
  KeptSet,
  UntrustedResource,
} from '../../../../ports/cloud/inventory.ts';
import { openTags } from '../../tags/open-tags.ts';
import type { ResourceKind, SnapshotSetDescription } from '../../tags/resource-description.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { listInstances, listVolumes } from '../instances/describe-instances.ts';
import { keptVolumes } from '../exchanges/kept-volumes.ts';
import { listImages } from '../launches/restore-image.ts';
import { replicaDescriptionOf } from '../replicas/replica-description.ts';
import { tagsOf } from '../request-tags.ts';
import { restoreRemnants } from '../restores/find-remnants.ts';
import { listSharedSnapshots, listSnapshots } from '../snapshots/list-snapshots.ts';
import { snapshotDescriptionOf } from '../snapshots/snapshot-description.ts';
import { trustedSnapshots, type TrustedSnapshot } from '../snapshots/trusted-snapshots.ts';
import { isGone } from '../volumes/attach-volume.ts';
import { trustedVolumes } from '../volumes/trusted-volumes.ts';
import { workerOf } from '../workers/ec2-workers.ts';

/**
 * What EC2 has of a repository. Without a filter by tag, so that what has lost its mark is seen to
 * be untrusted and not just missing.
 */
export function createEc2Inventory(connection: Ec2Connection): CloudInventory {
  return {
    async list(readers) {
      const { region } = connection;
      const untrusted: UntrustedResource[] = [];
      const reading = {
        keys: connection.keys,
        onUntrusted: (resource: UntrustedResource) => {
          untrusted.push(resource);
        },
      };
      const listed = await listSnapshots(connection, region);
      const snapshots = trustedSnapshots(reading, region, listed).map((trusted) =>
        snapshotItemOf(region, trusted),
      );
      const existing = (await listVolumes(connection, [])).filter((volume) => !isGone(volume));
      const instances = await listInstances(connection, []);
      const workers = instances
        .map((instance) => workerOf(reading, region, instance))
        .filter((worker) => worker !== null);
      const workerIds = new Set<string>(workers.map(({ workerId }) => workerId));
      const volumes = trustedVolumes(reading, region, existing, workerIds);
      const kept = keptVolumes(
        { ...reading, region },
        existing.filter(isOfKind(connection.keys, keptKinds)),
      );
      const isRestored = isOfKind(connection.keys, kindsOfRestores);
      const remnants = restoreRemnants(
        { ...reading, region },
        {
          instances: instances.filter(isRestored),
          images: (await listImages(connection, [])).filter(isRestored),
          snapshots: listed.filter(isRestored),
          volumes: existing.filter(isRestored),
        },
      );
      return {
        items: [
          ...snapshots.filter((one) => one !== null),
          ...(await sharedSnapshots(connection, readers)),
          ...remnants.map((remnant): InventoryItem => ({ kind: 'restore', remnant })),
          ...kept.map((one): InventoryItem => ({ kind: 'kept', kept: one })),
          ...volumes.map((volume): InventoryItem => ({ kind: 'volume', volume })),
          ...workers
            .filter(({ state }) => state !== 'gone')
            .map((worker): InventoryItem => ({ kind: 'worker', worker })),
        ],
        untrusted,
      };
    },
  };
}

/** What is untrusted of them was told of with all others. */
async function sharedSnapshots(
  connection: Ec2Connection,
  readers: readonly AccountRole[],
): Promise<readonly InventoryItem[]> {
  const quiet = { ...connection, onUntrusted: () => undefined };
  const shared: InventoryItem[] = [];
  for (const account of readers) {
    const { region } = connection;
    const listed = await listSharedSnapshots(connection, region, accountIdOf(account));
    for (const trusted of trustedSnapshots(quiet, region, listed)) {
      const snapshot = snapshotDescriptionOf(trusted);
      if (snapshot !== null) shared.push({ kind: 'shared', snapshot, account });
    }
  }
  return shared;
}

function snapshotItemOf(region: Region, trusted: TrustedSnapshot): InventoryItem | null {
  const { resource } = trusted;
  if (resource.kind === 'snapshot-set') {
    const snapshot = snapshotDescriptionOf(trusted);
    return snapshot === null ? null : { kind: 'snapshot', snapshot, set: keptSetOf(resource) };
  }
  const replica = replicaDescriptionOf(region, trusted);
  return replica === null ? null : { kind: 'replica', replica, source: keptSetOf(resource.source) };
}

function keptSetOf(description: SnapshotSetDescription): KeptSet {
  const { setId, owner, region, policyId, requestedAt, volumes, configuration } = description;
  return { setId, owner, region, policyId, requestedAt, volumes, configuration };
}

const kindsOfRestores: ReadonlySet<ResourceKind> = new Set([
  'restore-snapshot',
  'restored-volume',
  'restore-image',
  'restored-instance',
]);

const keptKinds: ReadonlySet<ResourceKind> = new Set(['kept-volume']);

/** Told of once: what is untrusted of other kinds was told of where those are read. */
function isOfKind(
  keys: Ec2Connection['keys'],
  kinds: ReadonlySet<ResourceKind>,
): (tagged: { readonly Tags?: Tag[] | undefined }) => boolean {
  return ({ Tags }) => {
    const opened = openTags(keys, tagsOf(Tags));
    return opened.kind === 'authentic' && kinds.has(opened.resource.kind);
  };
}
