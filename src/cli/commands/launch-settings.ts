import type { DeviceName, LaunchVolumeWishes, LaunchWishes, MetadataWishes } from '../../index.ts';
import { usageError } from '../usage-error.ts';
import type { TagArgument, VolumeTagArgument } from './arguments.ts';

/** What can be said of an instance besides what has an option of its own. */
export type LaunchSettings = Pick<
  LaunchWishes,
  | 'privateIpAddress'
  | 'tenancy'
  | 'bootMode'
  | 'monitoring'
  | 'ebsOptimized'
  | 'enaSupport'
  | 'metadataOptions'
>;

type VolumeSettings = Omit<LaunchVolumeWishes, 'device'>;

/** Reads what was said of one setting. @throws INVALID_ARGUMENT */
type Setting<Settings> = (text: string, name: string) => Settings;
type Table<Settings> = ReadonlyMap<string, Setting<Settings>>;

const launchTable: Table<LaunchSettings> = new Map<string, Setting<LaunchSettings>>([
  ['private-ip', (text, name) => ({ privateIpAddress: addressIn(text, name) })],
  ['tenancy', choice(['default', 'dedicated', 'host'], (tenancy) => ({ tenancy }))],
  ['boot-mode', choice(['legacy-bios', 'uefi', 'uefi-preferred'], (bootMode) => ({ bootMode }))],
  ['monitoring', choice(['basic', 'detailed'], (monitoring) => ({ monitoring }))],
  ['ebs-optimized', choice(['on', 'off'], (ebsOptimized) => ({ ebsOptimized }))],
  ['ena', choice(['on', 'off'], (enaSupport) => ({ enaSupport }))],
  ['metadata-tokens', choice(['required', 'optional'], (httpTokens) => metadata({ httpTokens }))],
  [
    'metadata-endpoint',
    choice(['enabled', 'disabled'], (httpEndpoint) => metadata({ httpEndpoint })),
  ],
  [
    'metadata-hops',
    (text, name) => metadata({ httpPutResponseHopLimit: numberIn(text, name, 64) }),
  ],
  [
    'metadata-tags',
    choice(['enabled', 'disabled'], (instanceMetadataTags) => metadata({ instanceMetadataTags })),
  ],
]);

const volumeTable: Table<VolumeSettings> = new Map<string, Setting<VolumeSettings>>([
  ['device', (text, name) => ({ newDevice: deviceIn(text, name) })],
  ['type', (text, name) => ({ volumeType: textIn(text, name) })],
  ['size', (text, name) => ({ sizeGib: numberIn(text, name, 65_536) })],
  ['iops', (text, name) => ({ iops: numberIn(text, name, 1_000_000) })],
  ['throughput', (text, name) => ({ throughput: numberIn(text, name, 100_000) })],
  ['on-termination', choice(['delete', 'keep'], (onTermination) => ({ onTermination }))],
]);

/** The names of the settings of an instance, for the help. */
export const launchSettingNames: readonly string[] = [...launchTable.keys()];

/** The names of the settings of a volume. */
export const volumeSettingNames: readonly string[] = [...volumeTable.keys()];

/** What `--launch-setting SETTING=VALUE` says, each given once. @throws INVALID_ARGUMENT */
export function launchSettingsOf(said: readonly TagArgument[]): LaunchSettings {
  refuseTwice(said.map(({ key }) => key));
  const settings = said.map(({ key, value }) => read(launchTable, key, value));
  return settings.reduce<LaunchSettings>((all, one) => {
    if (one.metadataOptions === undefined) return { ...all, ...one };
    return { ...all, metadataOptions: { ...all.metadataOptions, ...one.metadataOptions } };
  }, {});
}

/** What `--volume-setting DEVICE:SETTING=VALUE` says, a description for each device. @throws INVALID_ARGUMENT */
export function volumeSettingsOf(
  said: readonly VolumeTagArgument[],
): readonly LaunchVolumeWishes[] {
  refuseTwice(said.map(({ device, key }) => `${device}:${key}`));
  const byDevice = new Map<DeviceName, LaunchVolumeWishes>();
  for (const { device, key, value } of said) {
    const before = byDevice.get(device) ?? { device };
    byDevice.set(device, { ...before, ...read(volumeTable, key, value) });
  }
  return [...byDevice.values()];
}

function read<Settings>(table: Table<Settings>, name: string, text: string): Settings {
  const setting = table.get(name);
  if (setting !== undefined) return setting(text, name);
  throw usageError(`there is no setting '${name}'`, `name one of ${[...table.keys()].join(', ')}`);
}

function refuseTwice(names: readonly string[]): void {
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice === undefined) return;
  throw usageError(`the setting '${twice}' is given twice`, 'keep one');
}

function metadata(metadataOptions: MetadataWishes): LaunchSettings {
  return { metadataOptions };
}

function choice<const Value extends string, Settings>(
  values: readonly Value[],
  settingOf: (value: Value) => Settings,
): Setting<Settings> {
  return (text, name) => {
    const value = values.find((one) => one === text);
    if (value !== undefined) return settingOf(value);
    throw usageError(
      `'${text}' is nothing that the setting '${name}' can be`,
      `give one of ${values.join(', ')}`,
    );
  };
}

function textIn(text: string, name: string): string {
  if (text !== '') return text;
  throw usageError(`the setting '${name}' is empty`, 'say what it is to be, or leave it out');
}

function deviceIn(text: string, name: string): DeviceName {
  if (/^\/dev\/[a-z][a-z0-9]*$/.test(text)) return text as DeviceName;
  throw usageError(
    `'${text}' is nothing that the setting '${name}' can be`,
    'give the name of a device: /dev/sdg',
  );
}

function numberIn(text: string, name: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
  throw usageError(
    `'${text}' is nothing that the setting '${name}' can be`,
    `give a whole number from 1 to ${max}`,
  );
}

function addressIn(text: string, name: string): string {
  const parts = text.split('.');
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return text;
  }
  throw usageError(
    `'${text}' is nothing that the setting '${name}' can be`,
    'give an address of the subnet: 10.0.0.7',
  );
}
