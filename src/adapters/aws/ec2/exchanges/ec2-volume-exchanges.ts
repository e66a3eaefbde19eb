import type { VolumeId } from '../../../../domain/identifiers.ts';
import type { KeptVolumeState, VolumeExchanges } from '../../../../ports/cloud/volume-exchanges.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { attachmentsOf } from '../volumes/trusted-volumes.ts';
import { exchangeVolume } from './exchange-volume.ts';
import { findVolumes, markKept, removeKeptVolume, unmark } from './kept-volumes.ts';
import { lookAtOriginal } from './original-instance.ts';
import { startInstance, stopInstance } from './stop-and-start.ts';

/** Volumes of instances in the region of the connection that give way to restored ones. */
export function createEc2VolumeExchanges(connection: Ec2Connection): VolumeExchanges {
  return {
    look: (instanceId) => lookAtOriginal(connection, instanceId),
    async describe(volumeIds) {
      const found = await findVolumes(connection, volumeIds);
      const stateOf = (id: VolumeId): KeptVolumeState => {
        const volume = found.find(({ VolumeId }) => VolumeId === id);
        if (volume === undefined) return 'gone';
        return attachmentsOf(volume).length === 0 ? 'free' : 'in-use';
      };
      return new Map(volumeIds.map((id) => [id, stateOf(id)]));
    },
    keep: (owner, volume) => markKept(connection, owner, volume),
    release: (volumeId) => unmark(connection, volumeId),
    stop: (instanceId, signal) => stopInstance(connection, instanceId, signal),
    start: (instanceId, signal) => startInstance(connection, instanceId, signal),
    exchange: (request, signal) => exchangeVolume(connection, request, signal),
    removeKept: (volumeId) => removeKeptVolume(connection, volumeId),
  };
}
