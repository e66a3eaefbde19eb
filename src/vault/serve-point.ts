import { serveNbd } from '../adapters/nbd/serve-nbd.ts';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { DeviceName } from '../domain/identifiers.ts';
import type { Engine } from '../engine/engine.ts';
import { exportNameOf } from './export-name.ts';
import type { PointServer, ServePointRequest } from './vault.ts';

/** The addresses of this machine that no other one reaches. */
const loopback: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/** @throws as `Vault.servePoint` */
export async function servePoint(
  engine: Pick<Engine, 'openPointImages'>,
  request: ServePointRequest,
): Promise<PointServer> {
  const { pointId, volumeIds, host, port, onProblem } = request;
  if (!loopback.includes(host) && request.reachable !== 'from-elsewhere') {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `whoever reaches ${host} could read the point: nobody is asked for a password there`,
      { remedy: 'Serve it at 127.0.0.1, and go there by ssh -L; or allow it with --anyone.' },
    );
  }
  const images = await engine.openPointImages(pointId, volumeIds);
  refuseSharedNames(images.map(({ volume }) => volume.device));
  const exports = images.map((image) => ({
    name: exportNameOf(image.volume.device),
    description: `${image.volume.device} of restore point ${pointId}`,
    image,
  }));
  const server = await serveNbd({ exports, host, port, onProblem });
  const authority = server.host.includes(':') ? `[${server.host}]` : server.host;
  return {
    exports: images.map(({ volume }) => {
      const { volumeId, device, sizeBytes } = volume;
      const uri = `nbd://${authority}:${server.port}/${exportNameOf(device)}`;
      return { volumeId, device, sizeBytes, uri };
    }),
    close: () => server.close(),
  };
}

/** @throws INVALID_ARGUMENT for devices whose exports would have one name: only one could be reached */
function refuseSharedNames(devices: readonly DeviceName[]): void {
  const deviceOf = new Map<string, DeviceName>();
  for (const device of devices) {
    const name = exportNameOf(device);
    const other = deviceOf.get(name);
    if (other !== undefined) {
      throw new SnapledgerError(
        'INVALID_ARGUMENT',
        `${other} and ${device} would both be served as '${name}'`,
        { remedy: 'Serve one of them at a time: name the volumes to be served.' },
      );
    }
    deviceOf.set(name, device);
  }
}
