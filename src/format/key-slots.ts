import type { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { TimestampMs } from '../domain/identifiers.ts';
import type { RepositoryOptions } from './repository-options.ts';

/**
 * Who can open a repository, and changing that, without touching anything that is stored. Every
 * method opens the repository with `options.secret`, so that it works also while others use it.
 *
 * All of them throw NOT_A_REPOSITORY, REPOSITORY_VERSION, WRONG_PASSPHRASE and OBJECT_CORRUPT. Those
 * that change something happen whole or not at all, and throw KEY_CHANGE_OVERTAKEN when others made
 * changes faster; after STORE_UNAVAILABLE, `list` tells whether the change was made. What fails after
 * the step that decides is no error of theirs: a secret that is told once would be lost with it.
 */
export interface KeySlots {
  list(options: RepositoryOptions): Promise<KeySlotList>;

  /** Another passphrase. @throws LIMIT_EXCEEDED, INVALID_ARGUMENT */
  addPassphrase(options: RepositoryOptions, added: NewPassphrase): Promise<KeyChange<KeySlotInfo>>;

  /** A key that is made here, and told this once. @throws LIMIT_EXCEEDED, INVALID_ARGUMENT */
  addRecoveryKey(options: RepositoryOptions, label: string): Promise<KeyChange<NewRecoveryKey>>;

  /**
   * Another passphrase in the place of the one in `options`.
   *
   * @throws INVALID_ARGUMENT for an unusable one, and when a recovery key opened the repository
   */
  changePassphrase(options: RepositoryOptions, passphrase: string): Promise<KeyChange<KeySlotInfo>>;

  /** @throws UNKNOWN_KEY_SLOT, LAST_KEY_SLOT */
  remove(options: RepositoryOptions, slotId: string): Promise<KeyChange<KeySlotInfo>>;

  /**
   * Makes a new master key for whatever is stored from now on. What is there stays readable. The
   * secret in `options` goes on to open the repository. The new master key cannot be put into slots
   * whose secrets are not known here: recovery keys are replaced by one new one, and other
   * passphrases go, if `others` allows it.
   *
   * @throws KEY_SLOTS_IN_THE_WAY when there are other passphrases and they are to be kept;
   *   LIMIT_EXCEEDED
   */
  rotateMasterKey(
    options: RepositoryOptions,
    others: 'keep' | 'remove',
  ): Promise<KeyChange<MasterKeyRotation>>;
}

/** The result of a change whose deciding step is done. */
export type KeyChange<Result> = Result & {
  /** Null when all that follows that step went well. */
  readonly afterwards: KeyChangeTrouble | null;
};

/** What went wrong after the step that decides. */
export interface KeyChangeTrouble {
  /**
   * `yes`: the change counts, and what it has replaced could not be removed; the next change does it.
   * `unknown`: it was written, and could not be looked at whether it counts; `list` tells.
   */
  readonly inForce: 'yes' | 'unknown';
  readonly error: SnapledgerError;
}

export interface NewPassphrase {
  readonly passphrase: string;
  readonly label: string;
}

export interface KeySlotInfo {
  readonly id: string;
  readonly kind: 'passphrase' | 'recovery-key';
  readonly label: string;
  readonly createdAt: TimestampMs;
}

export interface KeySlotList {
  readonly slots: readonly KeySlotInfo[];
  /** The one that the secret has opened. */
  readonly openedId: string;
  /** How often the master key was rotated, and when the present one was made. */
  readonly rotations: number;
  readonly masterKeyCreatedAt: TimestampMs;
  /**
   * `permanent`: the passphrase with which the repository was created by an older version stays in
   * its header for ever, and opens the first master key, whatever is changed.
   */
  readonly firstPassphrase: 'removable' | 'permanent';
}

export interface NewRecoveryKey {
  readonly slot: KeySlotInfo;
  /** As it is written down; a secret, told only here. It opens the repository like a passphrase. */
  readonly recoveryKey: string;
}

export interface MasterKeyRotation {
  /** How often it was rotated by now. */
  readonly rotations: number;
  /** In the place of the recovery keys there were; null when there were none, or one opened it. */
  readonly recoveryKey: NewRecoveryKey | null;
  /** What opens the repository no more. */
  readonly removed: readonly KeySlotInfo[];
}
