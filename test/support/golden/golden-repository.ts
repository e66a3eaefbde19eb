import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Repositories that were written once, by make-repositories.ts, and stay readable for ever. */
export const goldenNames = [
  'v1-points',
  'v1-unfinished',
  'v1-slots',
  'v1-moved',
  'v1-repaired',
  'v1-locked',
] as const;
export type GoldenName = (typeof goldenNames)[number];

export const goldenPassphrase = 'Für immer lesbar';

export interface ExpectedVolume {
  readonly volumeId: string;
  readonly device: string;
  readonly sizeBytes: number;
  /** SHA-256 of the raw image; of large volumes it is not kept, because it takes seconds. */
  readonly rawSha256?: string;
  /** `BlockListing` of the volume. */
  readonly blocks: readonly string[];
}

/** What a golden repository holds, as it was known before it was written. */
export interface ExpectedContent {
  /** By the key of the point's manifest. */
  readonly points: Readonly<Record<string, readonly ExpectedVolume[]>>;
  readonly tombstones: readonly string[];
  /** What opens it besides `goldenPassphrase`; absent where nothing does. */
  readonly secrets?: readonly string[];
  /** What once opened it, and does so no more; absent where there is nothing. */
  readonly formerSecrets?: readonly string[];
}

export const goldenFolder = fileURLToPath(new URL('../../fixtures/repositories/', import.meta.url));

export function objectsFolderOf(name: GoldenName): string {
  return join(goldenFolder, name, 'objects');
}

export function expectedFileOf(name: GoldenName): string {
  return join(goldenFolder, name, 'expected.json');
}

export async function readExpected(name: GoldenName): Promise<ExpectedContent> {
  return JSON.parse(await readFile(expectedFileOf(name), 'utf8')) as ExpectedContent;
}

/** All objects of a golden repository by their keys. */
export async function readGoldenObjects(name: GoldenName): Promise<Map<string, Buffer>> {
  const folder = objectsFolderOf(name);
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const objects = new Map<string, Buffer>();
  for (const file of files) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    objects.set(relative(folder, path).replaceAll('\\', '/'), await readFile(path));
  }
  return objects;
}
