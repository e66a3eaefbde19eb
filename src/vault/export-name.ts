import type { DeviceName } from '../domain/identifiers.ts';

/** `/dev/xvda` becomes `xvda`; a slash within becomes a dash. */
export function exportNameOf(device: DeviceName): string {
  return device.replace(/^\/dev\//, '').replaceAll('/', '-');
}
