import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { Region } from '../../../../domain/identifiers.ts';
import type { LaunchPlanRequest, LaunchWishes } from '../../../../ports/cloud/instance-restores.ts';
import { tagNamePrefix } from '../../tags/tag-name.ts';
import { checkVolumeType } from '../restores/check-place.ts';
import { type RecordedLaunch, recordedLaunch, type RecordedVolume } from './recorded-launch.ts';
import { restoredMark } from './restored-mark.ts';

/** All that an instance is launched with, but for its snapshots. */
export interface Ec2Launch {
  readonly region: Region;
  readonly instanceType: string;
  readonly architecture: string;
  readonly bootMode: string | null;
  readonly tenancy: string | null;
  readonly subnetId: string;
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

export interface LaunchVolume {
  readonly device: string;
  readonly volumeType: string;
  readonly iops: number | null;
  readonly throughput: number | null;
  readonly deleteOnTermination: boolean;
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
  const rootDevice = missing.need(
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
    bootMode: recorded.bootMode,
    tenancy: recorded.tenancy,
    subnetId: missing.need(wishes.subnetId ?? there.subnetId, `a subnet of ${region}`, '--subnet'),
    securityGroupIds: missing.needSome(
      wishes.securityGroupIds ?? there.securityGroupIds,
      `security groups of ${region}`,
      '--security-group',
    ),
    keyName: wishes.keyName ?? (wishes.recordedKeyName === 'leave' ? null : there.keyName),
    instanceProfile:
      wishes.instanceProfile ??
      (wishes.recordedProfile === 'leave' ? null : there.instanceProfileArn),
    rootDevice,
    // Not every type knows it, and those that do have it without being asked.
    ebsOptimized: wishes.instanceType === undefined ? recorded.ebsOptimized : null,
    enaSupport: recorded.enaSupport ?? true,
    monitoring: recorded.monitoring === 'enabled' ? 'detailed' : 'basic',
    metadataOptions: recorded.metadataOptions,
    tags: tagsOf(recorded, wishes),
    keyId: wishes.keyId,
    volumes: volumes.map(({ device }) =>
      launchVolume(device, recorded.volumes.get(device), wishes, missing),
    ),
  };
  missing.refuse();
  if (!volumes.some(({ device }) => device === rootDevice)) throw noRoot(rootDevice);
  if (wishes.volumeType !== undefined) {
    checkVolumeType(wishes.volumeType, volumes);
    if (typesWithoutBoot.includes(wishes.volumeType)) throw noBoot(wishes.volumeType);
  }
  return launch;
}

function thereOf(recorded: RecordedLaunch, region: Region, home: Region | null): RecordedLaunch {
  if (home === null) return { ...recorded, ...ofNoRegion, instanceProfileArn: null };
  return isOf(recorded, region, home) ? recorded : { ...recorded, ...ofNoRegion };
}

/** A vault that was recovered may be of another region than its instances. */
function isOf({ availabilityZone }: RecordedLaunch, region: Region, home: Region): boolean {
  return availabilityZone === null ? region === home : availabilityZone.startsWith(region);
}

/** Types that no root can have, by the user guide of EBS. */
const typesWithoutBoot: readonly string[] = ['st1', 'sc1'];

/** Types that are not made without a number of IOPS. */
const typesOfIops: readonly string[] = ['io1', 'io2'];

const ofNoRegion = { subnetId: null, securityGroupIds: [], keyName: null } as const;

function launchVolume(
  device: string,
  recorded: RecordedVolume | undefined,
  { volumeType }: LaunchWishes,
  missing: Missing,
): LaunchVolume {
  const deleteOnTermination = recorded?.deleteOnTermination ?? false;
  if (volumeType !== undefined) {
    return { device, volumeType, iops: null, throughput: null, deleteOnTermination };
  }
  const known = recorded?.volumeType ?? null;
  const iops = recorded?.iops ?? null;
  if (known !== null && typesOfIops.includes(known) && iops === null) {
    missing.need(null, `the IOPS of its volume ${device}`, '--volume-type');
  }
  return {
    device,
    volumeType: missing.need(known, `the type of its volume ${device}`, '--volume-type'),
    // What can be chosen: of the other types it follows from the size.
    iops: known !== null && ['gp3', ...typesOfIops].includes(known) ? iops : null,
    throughput: known === 'gp3' ? (recorded?.throughput ?? null) : null,
    deleteOnTermination,
  };
}

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

/** What is neither recorded nor said, and the options that say it. */
class Missing {
  readonly #what: string[] = [];
  readonly #options = new Set<string>();

  need(value: string | null, what: string, option: string): string {
    if (value !== null) return value;
    this.#what.push(what);
    this.#options.add(option);
    return '';
  }

  needSome(values: readonly string[], what: string, option: string): readonly string[] {
    if (values.length === 0) this.need(null, what, option);
    return values;
  }

  refuse(): void {
    if (this.#what.length === 0) return;
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `what is recorded of the instance does not tell ${this.#what.join(', ')}`,
      { remedy: `Say it: ${[...this.#options].join(', ')}.` },
    );
  }
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

function noRoot(device: string): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `the root device ${device} is not among the volumes to restore`,
    { remedy: "Restore it too; or restore to volumes ('--to-volumes')." },
  );
}

function noBoot(volumeType: string): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `the root would be of type ${volumeType} as well, of which EC2 boots no instance`,
    { remedy: "Name another type ('--volume-type'); EC2 can change the type of a volume later." },
  );
}
