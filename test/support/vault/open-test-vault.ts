import { type LocalCloud, openLocalCloud } from '../../../src/adapters/local-cloud/local-cloud.ts';
import { createEngine } from '../../../src/engine/create-engine.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import type { EngineDependencies } from '../../../src/engine/engine-dependencies.ts';
import type { EngineLimits } from '../../../src/engine/engine-limits.ts';
import type { Repository } from '../../../src/format/repository.ts';
import { strataFormat } from '../../../src/format/strata/strata-format.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import { openVaultParts } from '../../../src/vault/open-vault-parts.ts';
import { vaultLayout } from '../../../src/vault/vault-layout.ts';
import { sharedCompileCache } from '../shared-compile-cache.ts';

export const testPassphrase = 'correct horse battery staple';

export interface TestVaultOptions {
  readonly passphrase?: string;
  readonly limits?: Partial<EngineLimits>;
  /** Program of the worker instances; default: the real one. */
  readonly workerProgram?: string;
  /** Goes around the object store of the engine and its repository; workers keep the real one. */
  readonly objectStore?: (inner: ObjectStore) => ObjectStore;
  /** Of the repository, when there is an `objectStore`; default: the vault's. */
  readonly repositoryClock?: Clock;
  /** Replaces any of the other dependencies. */
  readonly decorate?: (inner: EngineDependencies) => Partial<EngineDependencies>;
}

/** An engine on a vault, with what it is made of. */
export interface OpenTestVault extends AsyncDisposable {
  readonly folder: string;
  readonly engine: Engine;
  /** Undecorated. */
  readonly cloud: LocalCloud;
  readonly dependencies: EngineDependencies;
}

/** Opens a vault as `openVault` does, with decorators between the engine and the world. */
export async function openTestVault(
  folder: string,
  options: TestVaultOptions = {},
): Promise<OpenTestVault> {
  const passphrase = options.passphrase ?? testPassphrase;
  const parts = await openVaultParts({ folder, passphrase: () => Promise.resolve(passphrase) });
  if (parts.localCloud === null) throw new Error('this is for vaults of the local cloud');
  const cloud = await cloudOf(parts.localCloud, folder, parts.dependencies, options);
  const stored = storedIn(parts.dependencies, passphrase, options);
  const plain: EngineDependencies = {
    ...parts.dependencies,
    ...stored,
    cloud,
    limits: { ...parts.dependencies.limits, ...options.limits },
  };
  const dependencies = { ...plain, ...options.decorate?.(plain) };
  const engine = createEngine(dependencies);
  return {
    folder,
    engine,
    cloud,
    dependencies,
    async [Symbol.asyncDispose]() {
      await engine.close();
      await parts.close();
    },
  };
}

function cloudOf(
  cloud: LocalCloud,
  folder: string,
  { clock, random }: EngineDependencies,
  { workerProgram }: TestVaultOptions,
): Promise<LocalCloud> | LocalCloud {
  if (workerProgram === undefined) return cloud;
  const cloudFolder = vaultLayout(folder).cloud;
  return openLocalCloud({
    folder: cloudFolder,
    clock,
    random,
    workerProgram: [workerProgram],
    workerEnvironment: sharedCompileCache(),
  });
}

function storedIn(
  { objectStore: inner, repository, random, clock: own }: EngineDependencies,
  passphrase: string,
  options: TestVaultOptions,
): Pick<EngineDependencies, 'objectStore' | 'repository'> {
  if (options.objectStore === undefined) return { objectStore: inner, repository };
  const objectStore = options.objectStore(inner);
  const clock = options.repositoryClock ?? own;
  const secret = { kind: 'passphrase', passphrase } as const;
  let opened: Promise<Repository> | null = null;
  return {
    objectStore,
    repository: () =>
      (opened ??= strataFormat.openRepository({ objectStore, secret, random, clock })),
  };
}
