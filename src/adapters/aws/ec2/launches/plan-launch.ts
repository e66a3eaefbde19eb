import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { Region } from '../../../../domain/identifiers.ts';
import type { LaunchPlanRequest } from '../../../../ports/cloud/instance-restores.ts';
import type { LaunchWishes } from '../../../../ports/cloud/launch-wishes.ts';
import { tagNamePrefix } from '../../tags/tag-name.ts';
import { Missing } from './missing.ts';
import { type LaunchVolume, planVolumes } from './plan-volumes.ts';
import { type RecordedLaunch, recordedLaunch } from './recorded-launch.ts';
import { restoredMark } from './restored-mark.ts';

/** All that an instance is launched with, but for its snapshots. */
export interface Ec2Launch {
  readonly region: Region;
  readonly instanceType: string;
  readonly architecture: string;
  readonly bootMode: string | null;
  readonly tenancy: string | null;
  readonly subnetId: string;
  readonly privateIpAddress: string | null;
  readonly securityGroupIds: readonly string[];
  readonly keyName: string | null;
  readonly instanceProfile: string | null;
  readonly rootDevice: string;
  readonly ebsOptimized: boolean | null;
  readonly enaSupport: boolean;
  readonly monitoring: 'detailed' | 'basic';
  readonly metadataOptions: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly keyId: string | null;
  readonly volumes: readonly LaunchVolume[];
}

/** What EC2 calls a system that needs no license of an image (`PlatformDetails`). */
const freePlatform = 'Linux/UNIX';

/**
 * The launch of an instance as it was recorded, with what is said of it instead. Subnets, security
 * groups and key pairs are of one region: in another one than that of the instance what was recorded of
 * them is not used, and in another account the role of the instance is not either.
 *
 * @param home where the instance was, unless its zone is recorded and tells; null: in another account
 * @throws INVALID_ARGUMENT that names all that is neither recorded nor said, or what EC2 would refuse
 */
export function planLaunch(
  { configuration, region, wishes, volumes }: LaunchPlanRequest,
  home: Region | null,
): Ec2Launch {
  const recorded = recordedLaunch(configuration ?? {});
  requireFreePlatform(recorded);
  const there = thereOf(recorded, region, home);
  const missing = new Missing();
  const recordedRoot = missing.need(
    wishes.rootDevice ?? recorded.rootDevice,
    'its root device',
    '--root-device',
  );
  const launch: Ec2Launch = {
    region,
    instanceType: missing.need(wishes.instanceType ?? recorded.instanceType, 'its type', '--type'),
    architecture: missing.need(
      wishes.architecture ?? recorded.architecture,
      'its architecture',
      '--architecture',
    ),
    bootMode: wishes.bootMode ?? recorded.bootMode,
    tenancy: wishes.tenancy ?? recorded.tenancy,
    subnetId: missing.need(wishes.subnetId ?? there.subnetId, `a subnet of ${region}`, '--subnet'),
    privateIpAddress: wishes.privateIpAddress ?? null,
    securityGroupIds: missing.needSome(
      wishes.securityGroupIds ?? there.securityGroupIds,
      `security groups of ${region}`,
      '--security-group',
    ),
    keyName: wishes.keyName ?? (wishes.recordedKeyName === 'leave' ? null : there.keyName),
    instanceProfile:
      wishes.instanceProfile ??
      (wishes.recordedProfile === 'leave' ? null : there.instanceProfileArn),
    rootDevice:
      wishes.volumes?.find(({ device }) => device === recordedRoot)?.newDevice ?? recordedRoot,
    ebsOptimized: ebsOptimizedOf(recorded, wishes),
    enaSupport: switched(wishes.enaSupport) ?? recorded.enaSupport ?? true,
    monitoring: wishes.monitoring ?? (recorded.monitoring === 'enabled' ? 'detailed' : 'basic'),
    metadataOptions: { ...recorded.metadataOptions, ...wishes.metadataOptions },
    tags: tagsOf(recorded, wishes),
    keyId: wishes.keyId,
    volumes: planVolumes(volumes, recorded.volumes, { ...wishes, recordedRoot }, missing),
  };
  missing.refuse();
  return launch;
}

/** Not every type knows it, and those that do have it without being asked. */
function ebsOptimizedOf({ ebsOptimized }: RecordedLaunch, wishes: LaunchWishes): boolean | null {
  const asRecorded = wishes.instanceType === undefined ? ebsOptimized : null;
  return switched(wishes.ebsOptimized) ?? asRecorded;
}

function switched(wish: 'on' | 'off' | undefined): boolean | undefined {
  return wish === undefined ? undefined : wish === 'on';
}

function thereOf(recorded: RecordedLaunch, region: Region, home: Region | null): RecordedLaunch {
  if (home === null) return { ...recorded, ...ofNoRegion, instanceProfileArn: null };
  return isOf(recorded, region, home) ? recorded : { ...recorded, ...ofNoRegion };
}

/** A vault that was recovered may be of another region than its instances. */
function isOf({ availabilityZone }: RecordedLaunch, region: Region, home: Region): boolean {
  return availabilityZone === null ? region === home : availabilityZone.startsWith(region);
}

const ofNoRegion = { subnetId: null, securityGroupIds: [], keyName: null } as const;

/** What EC2 and snapledger have set themselves is not taken over. @throws INVALID_ARGUMENT */
function tagsOf(
  { tags: recorded }: RecordedLaunch,
  { tags = {}, recordedTags = 'copy' }: LaunchWishes,
): Readonly<Record<string, string>> {
  const own = Object.entries(recordedTags === 'copy' ? recorded : {});
  const taken = Object.keys(tags).find(isReserved);
  if (taken !== undefined) throw reserved(taken);
  return { ...Object.fromEntries(own.filter(([key]) => !isReserved(key))), ...tags };
}

function isReserved(key: string): boolean {
  return key.startsWith('aws:') || key.startsWith(tagNamePrefix) || key === restoredMark;
}

function reserved(key: string): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `the tag '${key}' is of AWS or snapledger, which set it themselves`,
    { remedy: "Give the tag another name ('--tag KEY=VALUE')." },
  );
}

function requireFreePlatform({ platform }: RecordedLaunch): void {
  if (platform === null || platform === freePlatform) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `the instance ran ${platform}, whose license comes with its image: an image made of a snapshot has none`,
    {
      remedy:
        "Launch an instance of an image of that system, restore to volumes ('--to-volumes'), and put them in the place of its own.",
    },
  );
}
