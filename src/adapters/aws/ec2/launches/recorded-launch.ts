/** What was recorded of an instance, as far as launching it again needs it and it can be read. */
export interface RecordedLaunch {
  readonly instanceType: string | null;
  readonly architecture: string | null;
  readonly platform: string | null;
  readonly bootMode: string | null;
  readonly availabilityZone: string | null;
  readonly tenancy: string | null;
  readonly subnetId: string | null;
  readonly securityGroupIds: readonly string[];
  readonly keyName: string | null;
  readonly instanceProfileArn: string | null;
  readonly rootDevice: string | null;
  readonly ebsOptimized: boolean | null;
  readonly enaSupport: boolean | null;
  readonly monitoring: string | null;
  readonly metadataOptions: Fields;
  readonly tags: Readonly<Record<string, string>>;
  readonly volumes: ReadonlyMap<string, RecordedVolume>;
}

export interface RecordedVolume {
  readonly volumeType: string | null;
  readonly iops: number | null;
  readonly throughput: number | null;
  readonly deleteOnTermination: boolean | null;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Reads what `instanceDescriptionOf` has written, of whatever version: what is not there is null. */
export function recordedLaunch(configuration: Fields): RecordedLaunch {
  const { tags, metadataOptions, securityGroupIds, volumes } = configuration;
  return {
    instanceType: textIn(configuration, 'instanceType'),
    architecture: textIn(configuration, 'architecture'),
    platform: textIn(configuration, 'platform'),
    bootMode: textIn(configuration, 'bootMode'),
    availabilityZone: textIn(configuration, 'availabilityZone'),
    tenancy: textIn(configuration, 'tenancy'),
    subnetId: textIn(configuration, 'subnetId'),
    securityGroupIds: listOf(securityGroupIds).filter((one) => typeof one === 'string'),
    keyName: textIn(configuration, 'keyName'),
    instanceProfileArn: textIn(configuration, 'instanceProfileArn'),
    rootDevice: textIn(configuration, 'rootDevice'),
    ebsOptimized: flagIn(configuration, 'ebsOptimized'),
    enaSupport: flagIn(configuration, 'enaSupport'),
    monitoring: textIn(configuration, 'monitoring'),
    metadataOptions: fieldsOf(metadataOptions),
    tags: Object.fromEntries(
      Object.entries(fieldsOf(tags)).flatMap(([key, value]) =>
        typeof value === 'string' ? [[key, value] as const] : [],
      ),
    ),
    volumes: new Map(listOf(volumes).flatMap((one) => recordedVolume(fieldsOf(one)))),
  };
}

function recordedVolume(fields: Fields): readonly (readonly [string, RecordedVolume])[] {
  const device = textIn(fields, 'device');
  if (device === null) return [];
  const volume = {
    volumeType: textIn(fields, 'volumeType'),
    iops: numberIn(fields, 'iops'),
    throughput: numberIn(fields, 'throughput'),
    deleteOnTermination: flagIn(fields, 'deleteOnTermination'),
  };
  return [[device, volume]];
}

export function textIn(fields: Fields, name: string): string | null {
  const { [name]: value } = fields;
  return typeof value === 'string' && value !== '' ? value : null;
}

export function numberIn(fields: Fields, name: string): number | null {
  const { [name]: value } = fields;
  return typeof value === 'number' ? value : null;
}

function flagIn(fields: Fields, name: string): boolean | null {
  const { [name]: value } = fields;
  return typeof value === 'boolean' ? value : null;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
