import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openFilesystemObjectStore } from '../../src/adapters/filesystem/filesystem-object-store.ts';
import { systemClock } from '../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../src/adapters/system/system-random.ts';
import { createEngineMailbox, type EngineMailbox } from '../../src/mailbox/engine-mailbox.ts';
import type { MailboxAddress } from '../../src/mailbox/mailbox-address.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { secretOf } from '../mailbox/mailbox-pair.ts';

const workerProgram = fileURLToPath(new URL('../../src/worker/main.ts', import.meta.url));

export interface WorkerEnded {
  readonly exitCode: number | null;
  /** What it wrote to stdout and stderr. */
  readonly log: string;
}

/** A folder with an instance and a repository, in which the real worker program can be started. */
export class WorkerSite implements AsyncDisposable {
  readonly folder: string;
  readonly objectStore: ObjectStore;
  readonly engine: EngineMailbox;
  readonly #children: ChildProcess[] = [];

  constructor(folder: string, objectStore: ObjectStore, address: MailboxAddress) {
    this.folder = folder;
    this.objectStore = objectStore;
    this.engine = createEngineMailbox({
      ...address,
      objectStore,
      random: systemRandom,
      clock: systemClock,
      workerSecret: secretOf(address),
      pollIntervalMs: 100,
    });
  }

  get instanceFolder(): string {
    return join(this.folder, 'instance');
  }

  async writeUserData(userData: Uint8Array = this.userData()): Promise<void> {
    await writeFile(join(this.instanceFolder, 'user-data'), userData);
  }

  userData(format = 'strata'): Uint8Array {
    return this.engine.userData({
      objectStore: { kind: 'filesystem', root: join(this.folder, 'repository') },
      format,
      devices: { kind: 'folder' },
      limits: { pollIntervalMs: 100, beatIntervalMs: 100 },
    });
  }

  /** Makes a disk show as the device of a volume, all at once. */
  async attach(volumeId: string, disk: string): Promise<void> {
    await link(disk, join(this.instanceFolder, 'devices', volumeId));
  }

  start(args: readonly string[] = ['--instance', this.instanceFolder]): {
    readonly process: ChildProcess;
    readonly ended: Promise<WorkerEnded>;
  } {
    const child = spawn(process.execPath, [workerProgram, ...args]);
    this.#children.push(child);
    let log = '';
    const collect = (chunk: Buffer): void => {
      log += chunk.toString('utf8');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const ended = once(child, 'close').then(() => ({ exitCode: child.exitCode, log }));
    return { process: child, ended };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) {
        await once(child, 'exit');
      }
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

export async function createWorkerSite(address: MailboxAddress): Promise<WorkerSite> {
  const folder = await mkdtemp(join(tmpdir(), 'snapledger-worker-'));
  await mkdir(join(folder, 'instance', 'devices'), { recursive: true });
  const objectStore = await openFilesystemObjectStore({ root: join(folder, 'repository') });
  return new WorkerSite(folder, objectStore, address);
}
