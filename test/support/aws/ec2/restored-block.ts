import { randomBytes } from 'node:crypto';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import type { FakeVolume } from './ec2-resources.ts';

/**
 * What somebody reads of a volume of a snapshot that EBS direct has written. Of a block that was never
 * put that is zeros, but anything at all when the volume is encrypted.
 */
export function restoredBlock({ written, isEncrypted }: FakeVolume, block: number): Uint8Array {
  if (written === undefined) throw new Error('no snapshot was written for this volume');
  const put = written.get(block);
  if (put !== undefined) return put;
  return isEncrypted === true ? randomBytes(blockSizeBytes) : new Uint8Array(blockSizeBytes);
}
