import { blockCountOf } from '../../../domain/block-size.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { BlocksInPlace, type ImageLayout } from './image-layout.ts';

export const vhdSectorBytes = 512;
/** Of the specification. */
const sizeMaxBytes = 2040 * 1024 ** 3;

/**
 * A fixed VHD: the bytes of the disk, and a footer of one sector. Fixed and not dynamic, because all
 * programs that read VHD read it, clouds that import VHD ask for it, and the file is sparse anyway.
 * Source: Virtual Hard Disk Image Format Specification, version 1.0.
 *
 * @param uuid 16 bytes that no other disk has
 * @throws LIMIT_EXCEEDED, INVALID_ARGUMENT for a size that no VHD can have
 */
export function vhdLayout(sizeBytes: number, uuid: Uint8Array): ImageLayout {
  if (sizeBytes > sizeMaxBytes) {
    throw new SnapledgerError(
      'LIMIT_EXCEEDED',
      `a VHD has 2040 GiB at most, the disk ${sizeBytes} bytes`,
      {
        remedy: "Export it as 'raw' or 'qcow2'.",
      },
    );
  }
  if (sizeBytes % vhdSectorBytes !== 0) {
    throw new SnapledgerError('INVALID_ARGUMENT', 'a VHD has whole sectors of 512 bytes only', {
      remedy: "Export it as 'raw'.",
    });
  }
  const blocks = new BlocksInPlace(blockCountOf(sizeBytes));
  return {
    fileMaxBytes: sizeBytes + vhdSectorBytes,
    place: (block) => blocks.place(block),
    placed: () => blocks.placed(),
    metadata: () => [{ fileOffset: sizeBytes, bytes: vhdFooter(sizeBytes, uuid) }],
    fileSizeBytes: () => sizeBytes + vhdSectorBytes,
  };
}

function vhdFooter(sizeBytes: number, uuid: Uint8Array): Buffer {
  const footer = Buffer.alloc(vhdSectorBytes);
  footer.write('conectix', 0, 'latin1');
  footer.writeUInt32BE(2, 8); // features: the bit that is always set
  footer.writeUInt32BE(0x0001_0000, 12); // version of the format
  footer.writeBigUInt64BE(0xffff_ffff_ffff_ffffn, 16); // no dynamic header follows
  // The time stamp stays 0: the same disk gives the same bytes but for the identifier.
  // Readers take the size below for what counts of a disk by this creator, and the geometry of
  // others, which cannot express every size.
  footer.write('win ', 28, 'latin1');
  footer.writeUInt32BE(0x0006_0001, 32);
  footer.write('Wi2k', 36, 'latin1');
  footer.writeBigUInt64BE(BigInt(sizeBytes), 40);
  footer.writeBigUInt64BE(BigInt(sizeBytes), 48);
  const { cylinders, heads, sectorsPerTrack } = geometryOf(sizeBytes / vhdSectorBytes);
  footer.writeUInt16BE(cylinders, 56);
  footer.writeUInt8(heads, 58);
  footer.writeUInt8(sectorsPerTrack, 59);
  footer.writeUInt32BE(2, 60); // a fixed disk
  footer.set(uuid, 68);
  let sum = 0;
  for (const byte of footer) sum += byte;
  footer.writeUInt32BE(~sum >>> 0, 64);
  return footer;
}

/** Cylinders, heads and sectors as the appendix of the specification finds them. */
function geometryOf(sectors: number): {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectorsPerTrack: number;
} {
  const total = Math.min(sectors, 65_535 * 16 * 255);
  if (total >= 65_535 * 16 * 63) {
    return { cylinders: Math.floor(total / 255 / 16), heads: 16, sectorsPerTrack: 255 };
  }
  const tracksOf17 = Math.floor(total / 17);
  const heads = Math.max(4, Math.floor((tracksOf17 + 1023) / 1024));
  if (tracksOf17 < heads * 1024 && heads <= 16) {
    return { cylinders: Math.floor(tracksOf17 / heads), heads, sectorsPerTrack: 17 };
  }
  const tracksOf31 = Math.floor(total / 31);
  if (tracksOf31 < 16 * 1024) {
    return { cylinders: Math.floor(tracksOf31 / 16), heads: 16, sectorsPerTrack: 31 };
  }
  const tracksOf63 = Math.floor(total / 63);
  return { cylinders: Math.floor(tracksOf63 / 16), heads: 16, sectorsPerTrack: 63 };
}
