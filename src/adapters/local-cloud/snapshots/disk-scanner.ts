import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { assert } from '../../../domain/errors/assert.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { blockCountOf, blockSizeBytes } from '../../../domain/block-size.ts';
import type { JobPlace } from '../../../ports/job-place.ts';
import { openForHoles } from '../../../platform/open-for-holes.ts';
import { compileCacheOnly } from '../../../ports/compile-cache-folder.ts';
import { pageBlocks } from '../changed-blocks/digest-page.ts';
import { diskChangedError, unreadableError } from '../instances/disk.ts';
import { localCloudLimits } from '../local-cloud-limits.ts';
import { stateError } from '../state/state-error.ts';
import { scanPage } from './scan-page.ts';
import {
  allocateScanPage,
  blocksTakenOf,
  type ScanPage,
  scanPageOf,
  type ScanReply,
  type ScanTask,
  takeAllChunks,
} from './scan-task.ts';

export interface ScanRequest {
  readonly source: { readonly path: string; readonly fd: number; readonly sizeBytes: number };
  /** The file that gets the content, already as long as the source; null to read only. */
  readonly target: { readonly path: string; readonly fd: number } | null;
  /** Called for page after page, in order; what it is given is valid until it resolves. */
  readonly onPage: (found: FoundPage) => Promise<void>;
}

export interface FoundPage extends Pick<ScanPage, 'filled' | 'digests'> {
  readonly firstBlock: number;
  readonly blockCount: number;
}

/** Starting one more thread takes as long as reading about so much. */
const threadWorthBytes = 64 * 1024 * 1024;

/**
 * Reads disks, on threads of its own unless told otherwise: finds what is not zero, hashes it and, if asked, copies it,
 * in one pass. The memory that it needs does not depend on the size of the disk.
 */
export class DiskScanner {
  readonly #threads: readonly ScanThread[];
  readonly #shared = allocateScanPage();
  readonly #signal: AbortSignal;
  /** Closed with the threads that read them. */
  readonly #directFds: number[] = [];
  /** Of all pages that are done, over all disks. */
  #bytesBefore = 0;
  #pageSizeBytes = 0;

  /**
   * @param sizeBytes how much there is to read in all: little is read by fewer threads.
   * @param signal ends a scan when it aborts.
   */
  constructor(sizeBytes: number, signal: AbortSignal, place: JobPlace) {
    this.#signal = signal;
    const threads = Math.min(
      availableParallelism(),
      localCloudLimits.scanThreadsMax,
      Math.ceil(sizeBytes / threadWorthBytes),
    );
    this.#threads = Array.from({ length: place === 'caller' ? 0 : threads }, startThread);
  }

  /** How much was read, over all disks; a look at it holds nothing up. */
  get bytesDone(): number {
    const taken = blocksTakenOf(scanPageOf(this.#shared)) * blockSizeBytes;
    return this.#bytesBefore + Math.min(taken, this.#pageSizeBytes);
  }

  /**
   * One disk at a time.
   *
   * @throws DISK_UNREADABLE, DISK_CHANGED (it ended before its size), STORE_FULL,
   *   STORE_UNAVAILABLE, the signal's reason, and what `onPage` throws
   */
  async scan(request: ScanRequest): Promise<void> {
    const { source, target } = request;
    const blockCountOfDisk = blockCountOf(source.sizeBytes);
    const page = scanPageOf(this.#shared);
    const directFd = openForHoles(source.fd);
    if (directFd !== null) this.#directFds.push(directFd);
    for (let firstBlock = 0; firstBlock < blockCountOfDisk; firstBlock += pageBlocks) {
      const blockCount = Math.min(pageBlocks, blockCountOfDisk - firstBlock);
      this.#signal.throwIfAborted();
      Atomics.store(page.cursor, 0, 0);
      const begin = firstBlock * blockSizeBytes;
      this.#pageSizeBytes = Math.min(blockCount * blockSizeBytes, source.sizeBytes - begin);
      const replies = await this.#runOnAll({
        sourceFd: source.fd,
        directFd,
        targetFd: target?.fd ?? null,
        sizeBytes: source.sizeBytes,
        firstBlock,
        blockCount,
        shared: this.#shared,
      });
      this.#signal.throwIfAborted();
      for (const reply of replies) requireDone(reply, request);
      await request.onPage({
        firstBlock,
        blockCount,
        filled: page.filled,
        digests: page.digests,
      });
      this.#bytesBefore += this.#pageSizeBytes;
      this.#pageSizeBytes = 0;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ thread }) => thread.terminate()));
    for (const fd of this.#directFds.splice(0)) closeSync(fd);
  }

  /** Waits for all threads, whatever they find: they share the files and the page. */
  async #runOnAll(task: ScanTask): Promise<readonly ScanReply[]> {
    if (this.#threads.length === 0) return [scanPage(task)];
    const leaveNothing = (): void => {
      takeAllChunks(task);
    };
    this.#signal.addEventListener('abort', leaveNothing);
    try {
      return await Promise.all(this.#threads.map((thread) => runOn(thread, task)));
    } finally {
      this.#signal.removeEventListener('abort', leaveNothing);
    }
  }
}

interface ScanThread {
  readonly thread: Worker;
  /** Rejects when the thread ends, by an error or by being closed. */
  readonly death: Promise<never>;
}

function startThread(): ScanThread {
  const thread = new Worker(threadProgram(), {
    ...{ name: 'scanner', argv: [], env: compileCacheOnly() },
  });
  const death = new Promise<never>((_, reject) => {
    thread.once('error', reject);
    thread.once('exit', () => {
      reject(new SnapledgerError('INTERNAL', 'a scan thread ended before its task'));
    });
  });
  // Whoever waits for the thread hears of its death; nobody needs to while nobody waits.
  death.catch(() => undefined);
  return { thread, death };
}

async function runOn({ thread, death }: ScanThread, task: ScanTask): Promise<ScanReply> {
  const reply: Promise<readonly unknown[]> = once(thread, 'message');
  thread.postMessage(task);
  const [message] = await Promise.race([reply, death]);
  assert(isScanReply(message), 'a scan thread answers with a reply');
  return message;
}

function requireDone(reply: ScanReply, { source, target }: ScanRequest): void {
  switch (reply.kind) {
    case 'done':
      return;
    case 'source-ended':
      throw diskChangedError(
        source.path,
        `ended after ${reply.offset} of ${source.sizeBytes} bytes while its snapshot was taken`,
      );
    case 'failed':
      throw reply.side === 'source'
        ? unreadableError(source.path, errorOf(reply))
        : stateError(errorOf(reply), `write ${target?.path ?? 'a snapshot'}`);
  }
}

function errorOf({ errno, message }: { readonly errno: string; readonly message: string }): Error {
  return Object.assign(new Error(message), { code: errno });
}

function isScanReply(message: unknown): message is ScanReply {
  return typeof message === 'object' && message !== null && 'kind' in message;
}

/** The thread's program has the suffix that this file has: `.ts` in a checkout, `.js` when built. */
function threadProgram(): URL {
  const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return new URL(`./scan-thread${suffix}`, import.meta.url);
}
