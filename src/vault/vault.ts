import type { InstanceDescription } from '../ports/cloud/instances.ts';
import type { SelectableInstance } from '../domain/policy/instance-selection.ts';
import type { DeviceName, InstanceId, PointId, VolumeId } from '../domain/identifiers.ts';
import type { CloudPlace } from '../domain/policy/cloud-place.ts';
import type { ImageTarget } from '../ports/image-target.ts';
import type { Engine, Reconciliation, ReconcileMode } from '../engine/engine.ts';
import type { ImageFormat } from '../adapters/image-folder/layout/image-layout.ts';
import type { CloudSetting } from './cloud/ec2-setting.ts';
import type { PermissionFinding } from '../adapters/aws/permissions/check/check-permissions.ts';
import type { WitnessSetting } from './witness-setting.ts';

export type {
  PermissionFinding,
  TrialOutcome,
} from '../adapters/aws/permissions/check/check-permissions.ts';
export type { ImageFormat } from '../adapters/image-folder/layout/image-layout.ts';
export type { CloudSetting, Ec2Setting, Ec2WorkerSetting } from './cloud/ec2-setting.ts';

/**
 * A folder with an event store, a repository and a cloud: by default a local one, whose instances
 * are sets of disk images on this machine; or a region of EC2, with the repository in S3.
 */
export interface Vault {
  readonly folder: string;
  readonly cloud: CloudSetting;
  readonly engine: Engine;

  /**
   * Makes disk images of this machine the volumes of a new instance. The first is its root volume.
   *
   * @throws INVALID_ARGUMENT where the instances are those of EC2
   * @throws INSTANCE_EXISTS, DISK_MISSING, DISK_UNREADABLE, DISK_EMPTY, DISK_NOT_ALIGNED,
   *   INVALID_ARGUMENT
   */
  addInstance(instance: {
    readonly instanceId: InstanceId;
    readonly tags?: Readonly<Record<string, string>>;
    readonly volumes: readonly {
      readonly device: DeviceName;
      readonly imagePath: string;
      readonly tags?: Readonly<Record<string, string>>;
    }[];
  }): Promise<InstanceDescription>;

  /**
   * The tags that an instance would have, for a preview: null takes one away, the others stay.
   *
   * @throws UNKNOWN_INSTANCE
   */
  taggedInstance(
    instanceId: InstanceId,
    changes: Readonly<Record<string, string | null>>,
  ): Promise<SelectableInstance>;

  /**
   * Changes tags of an instance: null takes one away, the others stay as they are.
   *
   * @throws INVALID_ARGUMENT where the instances are those of EC2
   * @throws UNKNOWN_INSTANCE, INVALID_ARGUMENT
   */
  tagInstance(
    instanceId: InstanceId,
    changes: Readonly<Record<string, string | null>>,
  ): Promise<InstanceDescription>;

  /** Restores to raw image files in a folder: `<device without /dev/>.img`. */
  imageFolder(options: {
    readonly folder: string;
    /** What happens to files that are there already. */
    readonly existing: 'refuse' | 'overwrite';
  }): ImageTarget;

  /**
   * Restores one volume to a file of a format that other programs read: `raw`, `qcow2` (version 3,
   * not compressed), or `vhd` (fixed). It is read back before it is finished. What is there already is
   * never replaced.
   */
  imageFile(options: { readonly path: string; readonly format: ImageFormat }): ImageTarget;

  /**
   * Serves volumes of a restore point, read-only, by the Network Block Device protocol, until the
   * server is closed. Each is an export named after its device: `xvda`. What is damaged is an error
   * for whoever reads it.
   *
   * @throws UNKNOWN_POINT, UNKNOWN_VOLUME, OBJECT_CORRUPT, WRONG_PASSPHRASE; INVALID_ARGUMENT for an
   *   address that others reach when that is not allowed, one where it cannot listen, and volumes
   *   whose devices would have one name
   */
  servePoint(request: ServePointRequest): Promise<PointServer>;

  /**
   * Who gets each signed checkpoint of the ledger, besides the vault itself: for all who open the
   * vault from now on. Null: nobody.
   *
   * @throws INVALID_ARGUMENT for a file that cannot be written; then the setting stays what it was
   */
  setWitness(setting: WitnessSetting | null): Promise<void>;

  /** Who that is. @throws NOT_A_VAULT when the setting cannot be understood */
  witness(): Promise<WitnessSetting | null>;

  /**
   * Compares what a region of AWS, in any account, has of this repository with the ledger, and, when asked to,
   * adopts what is whole and the ledger does not have, and removes what no session needs any more. What does
   * not carry its authentic tags is never touched. Once the signal aborts nothing further is done.
   *
   * @throws the signal's reason, WRONG_PASSPHRASE, CLOUD_ACCESS_DENIED, CLOUD_UNAVAILABLE
   */
  reconcile(
    place: CloudPlace,
    mode: ReconcileMode,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Reconciliation>;

  /**
   * The IAM policy (JSON) with the least that an engine or a worker of this vault, or its role in another
   * account, needs. It confines
   * changes to what carries the tags of this repository.
   *
   * @throws INVALID_ARGUMENT for an engine whose vault has workers, without their role;
   *   WRONG_PASSPHRASE
   */
  awsPolicy(request: AwsPolicyRequest): Promise<string>;

  /**
   * Tries every permission that an engine needs for this vault on EC2, without changing anything but
   * an object of its own in the bucket; also in the regions that policies copy to, and with the
   * machines of workers that they ask for. What the role of the
   * workers may is tried only when asked to, by a worker that is launched for it and gets no work.
   *
   * @throws INVALID_ARGUMENT where the instances are not those of EC2; WRONG_PASSPHRASE,
   *   CLOUD_UNAVAILABLE, STORE_UNAVAILABLE, BUCKET_NOT_FOUND
   */
  checkAws(request?: AwsCheckRequest): Promise<readonly PermissionFinding[]>;

  /**
   * Objects of the repository that somebody has hidden, or has put something over, where restore points are locked:
   * what was made is there, and is what everything reads. Elsewhere there is nothing to tell it by, and none.
   *
   * @throws STORE_UNAVAILABLE, STORE_ACCESS_DENIED
   */
  disturbedObjects(): AsyncIterable<string> | Iterable<string>;

  close(): Promise<void>;
}

export interface ServePointRequest {
  readonly pointId: PointId;
  /** Default: all of the point. */
  readonly volumeIds?: readonly VolumeId[];
  /** An address of this machine. There is neither encryption nor a password. */
  readonly host: string;
  /** 0 takes one that is free. */
  readonly port: number;
  /** Has to be said for an address that others than this machine reach. */
  readonly reachable?: 'from-elsewhere';
  /** Told of what could not be read, in one line. */
  readonly onProblem: (line: string) => void;
}

export interface PointServer {
  readonly exports: readonly {
    readonly volumeId: VolumeId;
    readonly device: DeviceName;
    readonly sizeBytes: number;
    /** `nbd://127.0.0.1:10809/xvda` */
    readonly uri: string;
  }[];
  /** Ends all connections. */
  close(): Promise<void>;
}

export interface AwsCheckRequest {
  /** `try`: one is launched, which takes minutes and costs what an instance does. Default: `leave`. */
  readonly workers?: 'leave' | 'try';
  /** Whether what restores to original places take is tried as well. Default: `leave`. */
  readonly originals?: 'leave' | 'try';
  /** Aborting it ends the trial of a worker, and removes that. */
  readonly signal?: AbortSignal;
}

export interface AwsPolicyRequest {
  /**
   * `original`: what restores to original places take besides what the engine has; `account`: what the role
   * by which another account is entered needs there.
   */
  readonly caller: 'engine' | 'worker' | 'original' | 'account';
  /** The role of the workers, which the engine hands to them; null when there are no workers. */
  readonly workerRoleArn: string | null;
  /** Of the engine: the roles of the accounts that it may copy to; default: none. */
  readonly accountRoleArns?: readonly string[];
  /** Of the role of an account: the keys of KMS that it uses; default: none. */
  readonly keyArns?: readonly string[];
}
