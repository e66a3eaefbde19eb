import { mkdir, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { replaceFile, syncFolder } from './state/durable-file.ts';
import { type PartialNames, sweepPartials } from './state/partial-names.ts';
import { listResources } from './state/resource-list.ts';
import { stateError } from './state/state-error.ts';
import { formatState, readStateFile } from './state/state-file.ts';

/**
 * Where a local cloud keeps its state. Every resource is a folder of its own, made under a
 * partial name and then renamed, so each exists whole or not at all:
 *
 * ```
 * local-cloud.json             format and version of this folder
 * instances/<instance>/        instance.json
 * snapshots/<set>/             set.json, and per snapshot <snapshot>.img and <snapshot>.digests
 * regions/<region>/<copy>/      replica.json and image: the copy of one snapshot
 * volumes/<volume>/            volume.json, image (a hard link), attached-to (the worker's id)
 * workers/<worker>/            see workers/worker-folder.ts
 * ```
 *
 * Sets, copies, volumes and workers also hold a marker of their owner: see state/owner-marker.ts.
 */
export interface CloudFolders {
  readonly root: string;
  readonly instances: string;
  readonly snapshots: string;
  readonly regions: string;
  readonly volumes: string;
  readonly workers: string;
}

const headerName = 'local-cloud.json';
const formatName = 'snapledger-local-cloud';
const formatVersion = 1;

/**
 * Opens the folder of a local cloud, makes it if it does not exist or is empty, and removes what
 * dead processes left unfinished in it.
 *
 * @throws INVALID_ARGUMENT when the folder holds something else, CLOUD_STATE_CORRUPT when a newer
 *   program made it, STORE_FULL, STORE_UNAVAILABLE.
 */
export async function openCloudFolders(
  folder: string,
  partials: PartialNames,
): Promise<CloudFolders> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // One spelling, whatever links lead here: workers are recognised by their folder's path.
    const root = await realpath(folder);
    await requireHeader(root, partials);
    const folders = {
      root,
      instances: path.join(root, 'instances'),
      snapshots: path.join(root, 'snapshots'),
      regions: path.join(root, 'regions'),
      volumes: path.join(root, 'volumes'),
      workers: path.join(root, 'workers'),
    };
    await sweepPartials(root);
    const { instances, snapshots, regions, volumes, workers } = folders;
    for (const kind of [instances, snapshots, regions, volumes, workers]) {
      await mkdir(kind, { recursive: true, mode: 0o700 });
      await sweepPartials(kind);
    }
    for (const region of await listResources(regions))
      await sweepPartials(path.join(regions, region));
    await syncFolder(root);
    return folders;
  } catch (error) {
    throw stateError(error, `open the local cloud ${folder}`);
  }
}

async function requireHeader(root: string, partials: PartialNames): Promise<void> {
  const file = path.join(root, headerName);
  const known = await readStateFile(file, (record) => {
    record.oneOf('format', [formatName]);
    record.requireVersion(formatVersion);
    return true;
  });
  if (known !== null) return;
  const foreign = (await readdir(root)).find((name) => !name.startsWith('.'));
  if (foreign !== undefined && foreign !== headerName) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `${root} is not the folder of a local cloud: it holds ${foreign} and no ${headerName}`,
      { remedy: 'Name an empty folder, or one that a local cloud has made.' },
    );
  }
  await replaceFile(file, formatState({ format: formatName, version: formatVersion }), partials);
}
