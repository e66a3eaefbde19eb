import type { S3Lock } from '../ports/object-store-location.ts';
import type { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { Region } from '../domain/identifiers.ts';
import type { AccountRole } from '../domain/policy/account-role.ts';
import type { FormatDescription } from '../format/format-description.ts';
import type { ExportFormat } from '../engine/audit/audit.ts';
import type { AskFormats } from '../format/format-plug.ts';
import type { KeyChangeTrouble } from '../format/key-slots.ts';
import type { ObjectStoreLocation } from '../ports/object-store-location.ts';
import type { CloudSetting, Ec2WorkerSetting } from './cloud/ec2-setting.ts';

/** Where the ledger of a vault is: a file in its folder, or a server that others use as well. */
export type VaultEventStore =
  | { readonly kind: 'sqlite' }
  | {
      readonly kind: 'kurrentdb';
      /** A connection string without a user or a password. */
      readonly location: string;
      /** What tells the streams of this vault from all others on the server. */
      readonly namespace: string;
    };

/** A KurrentDB server for the ledger of a new vault. */
export interface EventStoreChoice {
  /** `esdb://host:2113?tls=false` and the like, as docs/kurrentdb.md says. No user, no password. */
  readonly location: string;
  /** Default: a new one. */
  readonly namespace?: string;
}

/** A repository in S3, or in a store that speaks its protocol. */
export interface S3RepositoryChoice extends S3Lock {
  /** `s3://bucket/prefix`. */
  readonly url: string;
  readonly region: string;
  /** `https://host:port` of another store; default: AWS. */
  readonly endpoint?: string;
}

/** A region of EC2 for a vault. Credentials come from the default chain of AWS. */
export interface Ec2Choice {
  readonly region: string;
  /** How worker instances are launched; default: none are, and only snapshots are made. */
  readonly worker?: Omit<Ec2WorkerSetting, 'nodeSha256'> & {
    /**
     * The archive of Node for Linux on the workers' processor, as nodejs.org has it
     * (`node-v24.15.0-linux-arm64.tar.gz`), which is put into the repository; default: the image of
     * the workers has Node.
     */
    readonly nodeArchivePath?: string;
  };
}

/** Who one is on the server of the ledger. */
export interface EventStoreCredentials {
  readonly username: string;
  readonly password: string;
}

/** Asked when a server is first needed; null: it wants none. */
export type AskEventStoreCredentials = () => Promise<EventStoreCredentials | null>;

export interface CreateVaultOptions {
  /** Must not exist, or be empty. */
  readonly folder: string;
  readonly passphrase: string;
  /** Default: a SQLite file in the folder. */
  readonly eventStore?: EventStoreChoice;
  /** Default: none. */
  readonly eventStoreCredentials?: AskEventStoreCredentials;
  /** Default: in the folder. Credentials for S3 come from the default chain of AWS. */
  readonly repository?: S3RepositoryChoice;
  /** Default: the local cloud. With EC2 the repository has to be in S3. */
  readonly cloud?: Ec2Choice;
  /**
   * The name of the storage format: `strata` (the default), `qcow2`, `qcow2-plain`, or that of a plug.
   * Workers on EC2 know no plugs.
   */
  readonly format?: string;
  /** Where others than the native one are found; default: there are none. */
  readonly formats?: AskFormats;
  /** Has to be said for a format that does not encrypt. */
  readonly unencrypted?: 'accept';
}

/** What was made. */
export interface CreatedVault {
  readonly folder: string;
  readonly eventStore: VaultEventStore;
  readonly repository: ObjectStoreLocation;
  /**
   * Opens the vault like its passphrase; null when its format has none. A secret that is told only
   * here, to be written down and kept elsewhere.
   */
  readonly recoveryKey: string | null;
  /** What went wrong once the recovery key was added. */
  readonly recoveryKeyTrouble: KeyChangeTrouble | null;
  /** When the vault is there, and may be gone after a loss of power. */
  readonly folderTrouble: SnapledgerError | null;
  readonly cloud: CloudSetting;
  readonly format: FormatDescription;
}

export interface OpenVaultOptions {
  readonly folder: string;
  /**
   * `examine`: also a vault whose ledger is not protected against changes any more. Nothing can be recorded there.
   * Default: `work`.
   */
  readonly purpose?: 'work' | 'examine';
  /**
   * The passphrase or recovery key. Asked for when the repository is first needed, and at most once. Listing instances, sessions
   * and snapshots does without. A backup that takes snapshots only asks for it too, to seal its
   * record, and goes on without a seal when there is none.
   */
  readonly passphrase: () => Promise<string>;
  /** Default: none. */
  readonly eventStoreCredentials?: AskEventStoreCredentials;
  /** Who is at work, as it stands in the events; default: the user of this process. */
  readonly actor?: string;
  /** Asked when the vault is of another storage format than the native one; default: there are none. */
  readonly formats?: AskFormats;
}

export interface VerifyRepositoryOptions {
  /** The folder of the repository, or of a copy of it. It is only read. */
  readonly repository: string;
  readonly passphrase: string;
  /** Signed checkpoints that were kept elsewhere. */
  readonly checkpoints?: readonly string[];
  /** Asked when it is not of the native storage format; default: there are none. */
  readonly formats?: AskFormats;
}

export interface ExportRepositoryOptions {
  /** The folder of the repository, or of a copy of it. It is only read. */
  readonly repository: string;
  /** Of the ledger, in the text form of signed notes. */
  readonly publicKey: string;
  /** Hex of the key that opens the sealed records: a secret. */
  readonly readKey: string;
  readonly format: ExportFormat;
  /** Asked when it is not of the native storage format; default: there are none. */
  readonly formats?: AskFormats;
}

export interface RecoverVaultOptions {
  /** A folder, or a place in S3; it is used where it is, and only read by the recovery. */
  readonly repository: string | S3RepositoryChoice;
  /**
   * Where the vault is to be: a new or empty folder, or one whose ledger is lost. What it has of a
   * local cloud is kept.
   */
  readonly folder: string;
  readonly passphrase: string;
  /**
   * A KurrentDB server to rebuild the ledger on; its namespace must hold nothing but what a recovery of the same
   * repository left there. Default: that of a vault that is there, for a new one a SQLite file in the folder.
   */
  readonly eventStore?: EventStoreChoice;
  /** Default: none. */
  readonly eventStoreCredentials?: AskEventStoreCredentials;
  /** Of a new vault; one that is there keeps its own. Default: the local cloud. */
  readonly cloud?: Ec2Choice;
  /** Asked when it is not of the native storage format; default: there are none. */
  readonly formats?: AskFormats;
  /**
   * Has to be said for a new vault whose repository is of a format that does not encrypt: which format
   * it is of is told by who writes to the repository. One that is there keeps its own format.
   */
  readonly unencrypted?: 'accept';
}

export interface RecoverSetsOptions {
  /** A folder, or a place in S3; only its header is read, which holds the keys. */
  readonly repository: string | S3RepositoryChoice;
  readonly passphrase: string;
  /** Of AWS. Credentials come from the default chain of AWS. */
  readonly region: Region;
  /** Another account, and the role by which it is entered; default: that of the credentials. */
  readonly account?: AccountRole | null;
  /** Asked when it is not of the native storage format; default: there are none. */
  readonly formats?: AskFormats;
}
