import type { DeviceName } from './identifiers.ts';

/** A device as one name, of a file or an export: `/dev/xvda` is `xvda`; a slash within becomes a dash. */
export function deviceLabel(device: DeviceName): string {
  return device.replace(/^\/dev\//, '').replaceAll('/', '-');
}

/** Two devices of one label, of which one would stand in for the other. */
export interface SharedLabel {
  readonly label: string;
  readonly devices: readonly [DeviceName, DeviceName];
}

/**
 * The first that there is, in the order of the devices; null when each has a label of its own. Labels that differ in
 * case alone are one: on many file systems they name one file.
 */
export function sharedLabelOf(devices: readonly DeviceName[]): SharedLabel | null {
  const deviceOf = new Map<string, DeviceName>();
  for (const device of devices) {
    const label = deviceLabel(device);
    const other = deviceOf.get(label.toLowerCase());
    if (other !== undefined) return { label, devices: [other, device] };
    deviceOf.set(label.toLowerCase(), device);
  }
  return null;
}
