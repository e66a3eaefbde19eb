import { statfsSync } from 'node:fs';

/** The type of the file system that a folder is on, as the operating system numbers it. */
export type FileSystemTypeOf = (folder: string) => number;

/** What `statfs` says on Linux (statfs(2)); other systems have small numbers, which are none of these. */
const networkTypes: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'SMB (CIFS)'],
  [0xfe534d42, 'SMB (version 2 or later)'],
]);

export const fileSystemTypeOf: FileSystemTypeOf = (folder) => statfsSync(folder).type;

/**
 * The name of the network file system that `folder` is on; null for any other, and where it cannot be told. A
 * database in WAL mode has memory that its processes share, which machines cannot
 * (https://sqlite.org/wal.html): two of them would write over each other's events.
 */
export function networkFileSystemOf(folder: string, typeOf: FileSystemTypeOf): string | null {
  try {
    // Some say it as a signed number of 32 bits.
    return networkTypes.get(typeOf(folder) >>> 0) ?? null;
  } catch {
    // Most often the folder is not there, which whoever wants to use it finds out and tells.
    return null;
  }
}
