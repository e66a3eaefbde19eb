import { hash } from 'node:crypto';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SnapshotId, VolumeId, WorkerId } from '../../domain/identifiers.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import { localCloudLimits } from './local-cloud-limits.ts';

/** What may become the name of a file: no separator, not hidden, not `.` or `..`. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const volumeIdPattern = /^vol-[0-9a-f]{17}$/;
export const snapshotIdPattern = /^snap-[0-9a-f]{17}$/;
export const workerIdPattern = /^worker-[0-9a-f]{17}$/;
export const devicePattern = /^\/dev\/[A-Za-z0-9]{1,32}$/;

/** Hex digits after the prefix, as EC2 has them. */
const idDigits = 17;

/**
 * The volume of an instance's device. Derived, so that an instance that is added again on another
 * machine has the same volumes, and its backups go on from their points.
 */
export function volumeIdOfDevice(instanceId: string, device: string): VolumeId {
  return `vol-${digitsOf(`device\0${instanceId}\0${device}`)}` as VolumeId;
}

export function newSnapshotId(random: RandomSource): SnapshotId {
  return `snap-${randomDigits(random)}` as SnapshotId;
}

/**
 * The temporary volume of a client token. Derived, so that whoever comes again with the token,
 * in whatever process, means the same volume.
 */
export function volumeIdOfToken(clientToken: string): VolumeId {
  return `vol-${tokenDigits('volume', clientToken)}` as VolumeId;
}

/** @see volumeIdOfToken */
export function workerIdOfToken(clientToken: string): WorkerId {
  return `worker-${tokenDigits('worker', clientToken)}` as WorkerId;
}

function randomDigits(random: RandomSource): string {
  return Buffer.from(random.bytes(9)).toString('hex').slice(0, idDigits);
}

function tokenDigits(kind: string, clientToken: string): string {
  if (clientToken === '' || clientToken.length > localCloudLimits.clientTokenMaxLength) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `a client token has 1 to ${localCloudLimits.clientTokenMaxLength} characters, not ${clientToken.length}`,
    );
  }
  return digitsOf(`${kind}\0${clientToken}`);
}

function digitsOf(text: string): string {
  return hash('sha256', text, 'hex').slice(0, idDigits);
}
