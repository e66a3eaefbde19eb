import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { copyRealFiles, realFiles } from './real-files.ts';
import { hasCommand, runCommand } from './run-command.ts';

const mib = 1024 * 1024;

/** How much of the disk is filled: real disks are neither empty nor full. */
const filledShare = 0.6;

/** Where a partition begins: past the partition table, aligned as all tools align it. */
const partitionOffsetBytes = mib;

/** Makes a disk with real content: ext4 where `mkfs.ext4 -d` is there, else one partition of real files. */
export async function makeDisk(path: string, sizeMib: number): Promise<'ext4' | 'partition'> {
  const contentBytes = sizeMib * mib * filledShare;
  await writeFile(path, '');
  await truncate(path, sizeMib * mib);
  if (await hasCommand('mkfs.ext4', ['-V'])) {
    const staging = join(dirname(path), 'staging');
    await mkdir(staging);
    await copyRealFiles(staging, contentBytes);
    const args = ['-q', '-F', '-d', staging, path];
    const { exitCode } = await runCommand('mkfs.ext4', args, { output: 'capture' });
    await rm(staging, { recursive: true });
    if (exitCode !== 0) throw new Error(`mkfs.ext4 ${args.join(' ')} ended with ${exitCode}`);
    return 'ext4';
  }
  await fillPartition(path, sizeMib * mib, contentBytes);
  return 'partition';
}

/** Changes the disk as a running machine would: some files in ext4, else some blocks. */
export async function changeDisk(path: string, kind: 'ext4' | 'partition'): Promise<string> {
  if (kind === 'ext4' && (await hasCommand('debugfs', ['-V']))) {
    return `wrote ${await writeNewFiles(path)} new files into its file system`;
  }
  const file = await open(path, 'r+');
  try {
    for (const block of [3, 4, 5, 90, 91]) {
      await file.write(`changed block ${block}`, block * 512 * 1024 + 100);
    }
  } finally {
    await file.close();
  }
  return 'changed 5 of its blocks';
}

/**
 * Writes real files into the root folder of the file system, and says how many.
 *
 * @throws when one of them is not there afterwards as it should be: debugfs goes on after a failure
 */
async function writeNewFiles(path: string): Promise<number> {
  const requests: string[] = [];
  const expected = new Map<string, number>();
  for await (const file of realFiles(8 * mib)) {
    // A request is a line, whose arguments are quoted.
    if (file.includes('\n')) continue;
    const name = `new-${expected.size}`;
    requests.push(`write "${file.replaceAll('"', '""')}" ${name}\n`);
    expected.set(name, (await stat(file)).size);
  }
  const script = `${path}.requests`;
  await writeFile(script, requests.join(''));
  await runCommand('debugfs', ['-w', '-f', script, path], { output: 'capture' });
  await rm(script);
  const listing = await runCommand('debugfs', ['-R', 'ls -p', path], { output: 'capture' });
  // `/inode/mode/user/group/name/size/`
  const entries = listing.stdout.split('\n').map((line) => line.split('/'));
  const found = new Map(entries.map((entry) => [entry[5] ?? '', Number(entry[6])]));
  for (const [name, sizeBytes] of expected) {
    if (found.get(name) === sizeBytes) continue;
    throw new Error(`debugfs wrote no whole file ${name} into ${path}`);
  }
  return expected.size;
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 4 * mib })) {
    hash.update(chunk as Uint8Array);
  }
  return hash.digest('hex');
}

async function fillPartition(path: string, sizeBytes: number, contentBytes: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write(partitionTable(sizeBytes), 0, 512, 0);
    let offset = partitionOffsetBytes;
    for await (const source of realFiles(contentBytes)) {
      const content = await readFile(source);
      if (offset + content.byteLength > sizeBytes) break;
      await file.write(content, 0, content.byteLength, offset);
      offset += content.byteLength;
    }
  } finally {
    await file.close();
  }
}

/** A master boot record with one Linux partition. */
function partitionTable(sizeBytes: number): Buffer {
  const table = Buffer.alloc(512);
  const entry = 446;
  table[entry + 4] = 0x83;
  table.writeUInt32LE(partitionOffsetBytes / 512, entry + 8);
  table.writeUInt32LE((sizeBytes - partitionOffsetBytes) / 512, entry + 12);
  table.writeUInt16LE(0xaa55, 510);
  return table;
}
