import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

import { StrataDefect } from './defect.ts';

/** The objects of a repository, to read. */
export interface ObjectReader {
  /** The keys of all objects, in any order. */
  keys(): readonly string[];
  /** Length of an object in bytes; nothing where there is no such object. */
  sizeOf(key: string): number | undefined;
  /** Exactly `lengthBytes` bytes from `offset` on. Throws a defect where the object has not as many. */
  read(key: string, offset: number, lengthBytes: number): Buffer;
}

/** A whole object. Throws a defect where it is missing or larger than `limitBytes`. */
export function readWhole(objects: ObjectReader, key: string, limitBytes: number): Buffer {
  const size = objects.sizeOf(key);
  if (size === undefined) throw new StrataDefect(key, 'the object is missing');
  if (size > limitBytes) {
    throw new StrataDefect(key, `has ${size} bytes, more than the ${limitBytes} it may have`);
  }
  return objects.read(key, 0, size);
}

/** A repository in a folder: the key of an object is its path below the folder. */
export function readFolder(folder: string): ObjectReader {
  const withFile = <T>(key: string, use: (descriptor: number) => T): T | undefined => {
    let descriptor: number;
    try {
      descriptor = openSync(join(folder, key), 'r');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
    try {
      return use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  };
  return {
    keys: () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length)),
    sizeOf: (key) => withFile(key, (descriptor) => fstatSync(descriptor).size),
    read: (key, offset, lengthBytes) => {
      const bytes = Buffer.alloc(lengthBytes);
      const got = withFile(key, (descriptor) => {
        let filled = 0;
        while (filled < lengthBytes) {
          const count = readSync(descriptor, bytes, filled, lengthBytes - filled, offset + filled);
          if (count === 0) break;
          filled += count;
        }
        return filled;
      });
      if (got === undefined) throw new StrataDefect(key, 'the object is missing');
      if (got < lengthBytes) {
        throw new StrataDefect(key, `ends before byte ${offset + lengthBytes}`);
      }
      return bytes;
    },
  };
}
