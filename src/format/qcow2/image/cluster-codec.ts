import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { zstdParameters, type CompressionEffort } from '../../compression-effort.ts';
import { clusterBytes } from './image-geometry.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const zeros = Buffer.alloc(clusterBytes);

export function isZero(cluster: Uint8Array): boolean {
  return zeros.equals(cluster);
}

/** SHA-256 of a whole cluster. */
export function digestOf(cluster: Uint8Array): Uint8Array {
  return createHash('sha256').update(cluster).digest();
}

/** The zstd frame of a cluster. */
export async function compressCluster(
  cluster: Uint8Array,
  effort: CompressionEffort,
): Promise<Uint8Array> {
  return await compress(cluster, {
    params: zstdParameters[effort],
    pledgedSrcSize: cluster.length,
  });
}

/** Null when the frame is no cluster. */
export async function decompressCluster(frame: Uint8Array): Promise<Uint8Array | null> {
  try {
    const cluster = await decompress(frame, { maxOutputLength: clusterBytes });
    return cluster.length === clusterBytes ? cluster : null;
  } catch {
    // Whatever zlib says of it: it is not what was compressed.
    return null;
  }
}
