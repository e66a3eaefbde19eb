import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import process from 'node:process';

import { StrataDefect } from './defect.ts';
import { readFolder } from './object-reader.ts';
import { RecordReader } from './record-reader.ts';
import { openRepository, readPoints } from './repository.ts';
import type { Repository } from './repository.ts';
import { restoreVolume } from './restore-volume.ts';
import { verifyRepository } from './verify-repository.ts';

const usage = `Reads a strata repository in a folder, by docs/strata.md alone.

  node main.ts list FOLDER                            the points and their volumes
  node main.ts restore FOLDER POINT VOLUME FILE       a volume as a raw file, which must not exist
  node main.ts verify FOLDER                          every byte and every block

The passphrase or recovery key comes in the environment variable STRATA_PASSPHRASE. Exit code 0: all is well;
1: something in the repository is not as it must be; 2: wrong use.
`;

class UsageError extends Error {}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function list(repository: Repository): number {
  let damaged = 0;
  for (const point of readPoints(repository)) {
    switch (point.kind) {
      case 'tombstone':
        print(`${point.key}  given up, never committed`);
        break;
      case 'removed':
        print(`${point.key}  removed`);
        break;
      case 'relocation':
        print(`${point.key}  moved ${point.relocation.volumes.length} volumes of points`);
        break;
      case 'damaged':
        damaged += 1;
        print(point.defect.message);
        break;
      case 'point': {
        const { manifest } = point;
        print(`${point.key}  ${new Date(manifest.takenAt).toISOString()}`);
        for (const { volumeId, device, sizeBytes } of manifest.volumes) {
          print(`  ${volumeId}  ${device}  ${sizeBytes} bytes`);
        }
        break;
      }
    }
  }
  return damaged === 0 ? 0 : 1;
}

function restore(repository: Repository, pointId: string, volumeId: string, file: string): number {
  const points = readPoints(repository).filter((point) => point.key.endsWith(`/${pointId}`));
  for (const point of points) if (point.kind === 'damaged') throw point.defect;
  const [manifest] = points.flatMap((point) => (point.kind === 'point' ? [point.manifest] : []));
  const volume = manifest?.volumes.find((candidate) => candidate.volumeId === volumeId);
  if (volume === undefined) throw new UsageError(`No volume ${volumeId} in a point ${pointId}.`);

  const output = openSync(file, 'wx', 0o600);
  try {
    ftruncateSync(output, volume.sizeBytes);
    const damaged = restoreVolume(new RecordReader(repository), volume, (offset, content) => {
      let written = 0;
      while (written < content.length) {
        written += writeSync(output, content, written, content.length - written, offset + written);
      }
    });
    for (const { first, count, defect } of damaged) {
      print(`NOT RESTORED: blocks ${first} to ${first + count - 1}: ${defect.message}`);
    }
    return damaged.length === 0 ? 0 : 1;
  } finally {
    closeSync(output);
  }
}

function verify(repository: Repository): number {
  const defects = verifyRepository(repository);
  for (const { message } of defects) print(message);
  print(defects.length === 0 ? 'all is well' : `${defects.length} defects`);
  return defects.length === 0 ? 0 : 1;
}

function run(args: readonly string[]): number {
  const [command, folder, ...rest] = args;
  const [point, volume, file] = rest;
  const passphrase = process.env['STRATA_PASSPHRASE'];
  if (folder === undefined) throw new UsageError(usage);
  if (passphrase === undefined) throw new UsageError('STRATA_PASSPHRASE is not set.');
  const open = (): Repository => openRepository(readFolder(folder), passphrase);
  if (command === 'list' && rest.length === 0) return list(open());
  if (command === 'verify' && rest.length === 0) return verify(open());
  if (command === 'restore' && point !== undefined && volume !== undefined && file !== undefined) {
    return restore(open(), point, volume, file);
  }
  throw new UsageError(usage);
}

try {
  process.exitCode = run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof StrataDefect) && !(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof StrataDefect ? 1 : 2;
}
