import { hash } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';
import { blockSizeBytes } from '../../../domain/block-size.ts';
import { hasErrno } from '../../../platform/errno.ts';
import { pageAligned, pageSizeBytes } from '../../../ports/page-aligned.ts';
import { digestSizeBytes } from '../changed-blocks/digest-page.ts';
import {
  chunkBlocks,
  scanPageOf,
  type ScanPage,
  type ScanReply,
  type ScanTask,
  takeAllChunks,
} from './scan-task.ts';

/*
 * It works with synchronous calls: on a thread of its own nothing waits for it, and they are much faster
 * than their promised forms.
 */

/** The smallest hole that a copy keeps; file systems hand out 4 KiB, but few writes are better. */
const pieceSizeBytes = 64 * 1024;

const chunk = Buffer.from(pageAligned(chunkBlocks * blockSizeBytes).buffer);
const zeros = Buffer.alloc(blockSizeBytes);

/** What ends a task early. */
class ScanStop extends Error {
  readonly reply: ScanReply;

  constructor(reply: ScanReply) {
    super(reply.kind);
    this.reply = reply;
  }
}

/** Reads what no other thread has taken of the page, and copies it if asked. */
export function scanPage(task: ScanTask): ScanReply {
  const page = scanPageOf(task.shared);
  try {
    for (;;) {
      const firstBlock = Atomics.add(page.cursor, 0, 1) * chunkBlocks;
      if (firstBlock >= task.blockCount) return { kind: 'done' };
      scanChunk(task, page, firstBlock);
    }
  } catch (error) {
    takeAllChunks(task);
    if (error instanceof ScanStop) return error.reply;
    throw error;
  }
}

function scanChunk(task: ScanTask, page: ScanPage, firstBlock: number): void {
  const blocks = Math.min(chunkBlocks, task.blockCount - firstBlock);
  const offset = (task.firstBlock + firstBlock) * blockSizeBytes;
  const content = chunk.subarray(0, Math.min(blocks * blockSizeBytes, task.sizeBytes - offset));
  readFully(task, content, offset);
  let anyFilled = false;
  for (let position = 0; position < blocks; position += 1) {
    const block = content.subarray(position * blockSizeBytes, (position + 1) * blockSizeBytes);
    const filled = !isZero(block);
    page.filled[firstBlock + position] = filled ? 1 : 0;
    if (!filled) continue;
    anyFilled = true;
    page.digests.set(hash('sha256', block, 'buffer'), (firstBlock + position) * digestSizeBytes);
  }
  if (task.targetFd !== null && anyFilled) writeFilled(task.targetFd, content, offset);
}

/** Writes the runs of pieces that are not zero; what is left out stays a hole. */
function writeFilled(targetFd: number, content: Buffer, offset: number): void {
  let runStart = 0;
  for (let start = 0; start < content.length; start += pieceSizeBytes) {
    if (!isZero(content.subarray(start, start + pieceSizeBytes))) continue;
    writeFully(targetFd, content.subarray(runStart, start), offset + runStart);
    runStart = start + pieceSizeBytes;
  }
  writeFully(targetFd, content.subarray(runStart), offset + runStart);
}

function isZero(bytes: Buffer): boolean {
  return bytes.equals(zeros.subarray(0, bytes.length));
}

function readFully(task: ScanTask, into: Buffer, offset: number): void {
  let done = 0;
  while (done < into.length) {
    const bytesRead = attempt('source', () => readSome(task, into, done, offset + done));
    if (bytesRead === 0) throw new ScanStop({ kind: 'source-ended', offset: offset + done });
    done += bytesRead;
  }
}

/** Directly, where the file is open for that and all of it is whole pages. */
function readSome(task: ScanTask, into: Buffer, done: number, offset: number): number {
  const lengthBytes = into.length - done;
  const isPages = [offset, done, lengthBytes].every((at) => at % pageSizeBytes === 0);
  if (task.directFd !== null && isPages) {
    try {
      return readSync(task.directFd, into, done, lengthBytes, offset);
    } catch (error) {
      // A file system that opens a file for direct reads and then does not give them.
      if (!hasErrno(error, 'EINVAL')) throw error;
    }
  }
  return readSync(task.sourceFd, into, done, lengthBytes, offset);
}

function writeFully(targetFd: number, bytes: Buffer, offset: number): void {
  let done = 0;
  while (done < bytes.length) {
    done += attempt('target', () =>
      writeSync(targetFd, bytes, done, bytes.length - done, offset + done),
    );
  }
}

function attempt(side: 'source' | 'target', call: () => number): number {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const errno = 'code' in error ? String(error.code) : '';
    throw new ScanStop({ kind: 'failed', side, errno, message: error.message });
  }
}
