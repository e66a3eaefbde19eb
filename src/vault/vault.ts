import type { InstanceDescription } from '../ports/cloud/instances.ts';
import type { DeviceName, InstanceId } from '../domain/identifiers.ts';
import type { ImageTarget } from '../ports/image-target.ts';
import type { Engine } from '../engine/engine.ts';
import type { WitnessSetting } from './witness-setting.ts';

/**
 * The embedded default: a folder with an event store, a repository and a local cloud whose
 * instances are sets of disk images on this machine.
 */
export interface Vault {
  readonly folder: string;
  readonly engine: Engine;

  /**
   * Makes disk images of this machine the volumes of a new instance. The first is its root volume.
   *
   * @throws INSTANCE_EXISTS, DISK_MISSING, DISK_UNREADABLE, DISK_EMPTY, DISK_NOT_ALIGNED,
   *   INVALID_ARGUMENT
   */
  addInstance(instance: {
    readonly instanceId: InstanceId;
    readonly volumes: readonly { readonly device: DeviceName; readonly imagePath: string }[];
  }): Promise<InstanceDescription>;

  /** Restores to raw image files in a folder: `<device without /dev/>.img`. */
  imageFolder(options: {
    readonly folder: string;
    /** What happens to files that are there already. */
    readonly existing: 'refuse' | 'overwrite';
  }): ImageTarget;

  /**
   * Who gets each signed checkpoint of the ledger, besides the vault itself: for all who open the
   * vault from now on. Null: nobody.
   */
  setWitness(setting: WitnessSetting | null): Promise<void>;

  close(): Promise<void>;
}

export interface CreateVaultOptions {
  /** Must not exist, or be empty. */
  readonly folder: string;
  readonly passphrase: string;
}

export interface OpenVaultOptions {
  readonly folder: string;
  /**
   * Asked for when the repository is first needed, and at most once. Listing instances, sessions
   * and snapshots does without. A backup that takes snapshots only asks for it too, to seal its
   * record, and goes on without a seal when there is none.
   */
  readonly passphrase: () => Promise<string>;
  /** Who is at work, as it stands in the events; default: the user of this process. */
  readonly actor?: string;
}

export interface RecoverVaultOptions {
  /** The folder of the repository; it is used where it is, and only read by the recovery. */
  readonly repository: string;
  /**
   * Where the vault is to be: a new or empty folder, or one whose ledger is lost. What it has of a
   * local cloud is kept.
   */
  readonly folder: string;
  readonly passphrase: string;
}
