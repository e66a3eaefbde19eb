import type { InstanceTarget, OriginalTarget, Region, VolumesTarget } from '../../index.ts';
import { usageError } from '../usage-error.ts';
import { type TagArgument, tagsOf, type VolumeTagArgument } from './arguments.ts';
import { launchSettingsOf, volumeSettingsOf } from './launch-settings.ts';

/** What the options of a restore say about where it goes. */
export interface RestorePlaceOptions {
  readonly to?: string;
  readonly toVolumes?: true;
  readonly toInstance?: true;
  readonly toOriginal?: true;
  readonly stop?: true;
  readonly region?: string;
  readonly zone?: string;
  readonly volumeType?: string;
  readonly key?: string;
  readonly unencrypted?: true;
  readonly type?: string;
  readonly subnet?: string;
  readonly securityGroup?: readonly string[];
  readonly profile?: string;
  readonly withoutProfile?: true;
  readonly keyName?: string;
  readonly withoutKeyName?: true;
  readonly tag?: readonly TagArgument[];
  readonly withoutTags?: true;
  readonly architecture?: string;
  readonly rootDevice?: string;
  readonly launchSetting?: readonly TagArgument[];
  readonly volumeSetting?: readonly VolumeTagArgument[];
  readonly overwrite?: true;
}

export type RestorePlace =
  | { readonly kind: 'folder'; readonly folder: string; readonly existing: 'refuse' | 'overwrite' }
  | VolumesTarget
  | InstanceTarget
  | OriginalTarget;

type Option = keyof RestorePlaceOptions;

/** Of those that name something, what says that there is to be none. */
const withoutIt: Partial<Record<Option, string>> = {
  profile: '--without-profile',
  keyName: '--without-key-name',
};

const ofAll: readonly Option[] = ['volumeType', 'key', 'unencrypted'];
const ofInstances: readonly Option[] = [
  'type',
  'subnet',
  'securityGroup',
  'profile',
  'withoutProfile',
  'keyName',
  'withoutKeyName',
  'tag',
  'withoutTags',
  'architecture',
  'rootDevice',
  'launchSetting',
  'volumeSetting',
];

/** Where the options say that a restore goes: to one place. @throws INVALID_ARGUMENT */
export function restorePlaceOf(options: RestorePlaceOptions): RestorePlace {
  const { to, toVolumes, toInstance, toOriginal } = options;
  refuseEmpty(options);
  const places = [to, toVolumes, toInstance, toOriginal].filter((one) => one !== undefined);
  if (places.length > 1) {
    throw usageError(
      'images, volumes, an instance and the original place are different places, and more than one is asked for',
      "keep one of '--to FOLDER', '--to-volumes', '--to-instance' and '--to-original'",
    );
  }
  if (toOriginal === true) return originalOf(options);
  refuse(options, ['stop'], "leave it out: only '--to-original' stops an instance");
  if (toVolumes === true) return volumesOf(options);
  if (toInstance === true) return instanceOf(options);
  if (to === undefined) {
    refuse(
      options,
      ['region', 'zone', ...ofAll, ...ofInstances],
      "add '--to-volumes' or '--to-instance'",
    );
    throw usageError(
      'nothing says where to restore',
      "add '--to FOLDER', '--to-volumes', '--to-instance' or '--to-original'",
    );
  }
  refuse(options, ['region', 'zone', ...ofAll, ...ofInstances], "leave it out, or '--to'");
  if (to === '') throw usageError("the folder after '--to' is empty", 'name a folder');
  const existing = options.overwrite === true ? 'overwrite' : 'refuse';
  return { kind: 'folder', folder: to, existing };
}

function volumesOf(options: RestorePlaceOptions): VolumesTarget {
  refuse(options, ['overwrite', ...ofInstances], 'leave it out: new volumes are made');
  const { zone, region, volumeType, key } = options;
  if (zone === undefined || !/^[a-z0-9-]+$/.test(zone)) {
    throw usageError('volumes need an availability zone', "name it: '--zone eu-central-1a'");
  }
  return {
    kind: 'volumes',
    availabilityZone: zone,
    volumeType: volumeType ?? 'gp3',
    keyId: key ?? null,
    ...regionIn(region),
    ...(options.unencrypted === true ? { unencrypted: 'accept' } : {}),
  };
}

function instanceOf(options: RestorePlaceOptions): InstanceTarget {
  refuse(options, ['overwrite', 'zone'], "leave it out: the subnet says where ('--subnet')");
  const { type, subnet, securityGroup, profile, keyName, tag, key } = options;
  const { volumeType, architecture, rootDevice, withoutProfile, withoutKeyName } = options;
  if (profile !== undefined && withoutProfile === true) {
    throw usageError("'--profile' and '--without-profile' contradict each other", 'keep one');
  }
  if (keyName !== undefined && withoutKeyName === true) {
    throw usageError("'--key-name' and '--without-key-name' contradict each other", 'keep one');
  }
  return {
    kind: 'instance',
    keyId: key ?? null,
    ...regionIn(options.region),
    ...(type === undefined ? {} : { instanceType: type }),
    ...(subnet === undefined ? {} : { subnetId: subnet }),
    ...(securityGroup === undefined ? {} : { securityGroupIds: securityGroup }),
    ...(profile === undefined ? {} : { instanceProfile: profile }),
    ...(withoutProfile === true ? { recordedProfile: 'leave' } : {}),
    ...(keyName === undefined ? {} : { keyName }),
    ...(withoutKeyName === true ? { recordedKeyName: 'leave' } : {}),
    ...(tag === undefined ? {} : { tags: tagsOf(tag) }),
    ...(options.withoutTags === true ? { recordedTags: 'leave' } : {}),
    ...(volumeType === undefined ? {} : { volumeType }),
    ...(architecture === undefined ? {} : { architecture }),
    ...(rootDevice === undefined ? {} : { rootDevice }),
    ...launchSettingsOf(options.launchSetting ?? []),
    ...(options.volumeSetting === undefined
      ? {}
      : { volumes: volumeSettingsOf(options.volumeSetting) }),
    ...(options.unencrypted === true ? { unencrypted: 'accept' } : {}),
  };
}

function regionIn(region: string | undefined): { readonly region?: Region } {
  if (region === undefined) return {};
  if (/^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$/.test(region)) return { region: region as Region };
  throw usageError(`'${region}' is not the name of a region`, "name one: '--region eu-central-1'");
}

function originalOf(options: RestorePlaceOptions): OriginalTarget {
  refuse(
    options,
    ['overwrite', 'region', 'zone', ...ofInstances],
    'leave it out: the instance stays as it is, but for its volumes',
  );
  const { stop, volumeType, key } = options;
  return {
    kind: 'original',
    running: stop === true ? 'stop' : 'refuse',
    ...(volumeType === undefined ? {} : { volumeType }),
    ...(key === undefined ? {} : { keyId: key }),
    ...(options.unencrypted === true ? { unencrypted: 'accept' } : {}),
  };
}

/** An empty name would reach EC2 as one, hours after it was given. */
function refuseEmpty(options: RestorePlaceOptions): void {
  const empty = [...ofAll, ...ofInstances].find(
    (name) => options[name] === '' || (name === 'securityGroup' && options[name]?.includes('')),
  );
  if (empty === undefined) return;
  const without = withoutIt[empty];
  throw usageError(
    `what follows '${optionOf(empty)}' is empty`,
    without === undefined ? 'name it, or leave the option out' : `name it, or give '${without}'`,
  );
}

function optionOf(name: Option): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function refuse(options: RestorePlaceOptions, names: readonly Option[], remedy: string): void {
  const stray = names.find((name) => options[name] !== undefined);
  if (stray === undefined) return;
  throw usageError(
    `'${optionOf(stray)}' is said of another kind of place than is asked for`,
    remedy,
  );
}
