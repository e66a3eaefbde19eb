import type { ErrorCode, SnapledgerError } from '../../index.ts';

/** What to do about each error that brings no remedy of its own, with the command to do it by. */
const remedies: Readonly<Record<ErrorCode, string>> = {
  INVALID_ARGUMENT: "'snapledger --help' shows the commands, with examples.",
  UNKNOWN_INSTANCE:
    "'snapledger instance list' shows the instances, 'snapledger instance add' adds one.",
  UNKNOWN_SESSION: "'snapledger sessions' shows the sessions.",
  UNKNOWN_POINT: "'snapledger points' shows the restore points.",
  UNKNOWN_VOLUME: "'snapledger points' shows the volumes of each point.",
  UNKNOWN_ITEM: "'snapledger snapshots', 'replicas' and 'points' list what there is.",
  UNKNOWN_HOLD: "'snapledger hold list INSTANCE' shows the holds.",
  AMBIGUOUS_ID: 'Give more characters of the id.',
  INSTANCE_EXISTS: "Choose another name; 'snapledger instance list' shows those that are taken.",
  POLICY_INVALID: "'snapledger policy set --help' shows what a policy can say.",
  NO_POLICY: "Make one with 'snapledger policy set INSTANCE'; its help says what is in it.",
  UNKNOWN_POLICY: "'snapledger policy list' shows those that there are.",
  CONFIRMATION_NEEDED: "Read what would go; repeat the command with '--yes' if that is meant.",
  TARGET_EXISTS: "Choose another folder, or use '--overwrite'.",
  HOLD_IN_FORCE: 'Wait until the time that the message names.',
  POINT_LOCKED: 'Wait until the time that the message names: nobody can remove it before.',
  ITEM_BEING_REMOVED:
    "Wait until the session has ended; 'snapledger why ITEM' tells whether the item is still there.",
  CANCELLED: 'What was begun is cleaned up; run the same command again when you want.',
  OUTPUT_FAILED: 'Make room where the output goes, then run the command again.',
  NOT_A_VAULT: "Check the folder; 'snapledger init --vault DIR' makes a vault.",
  VAULT_EXISTS: 'Choose a folder that is empty or does not exist.',
  VAULT_BUSY: 'Wait until the other program has ended, or end it.',
  VAULT_VERSION: 'Use the newer version of snapledger that made it.',
  UNKNOWN_FORMAT: 'Name the module of the storage format in SNAPLEDGER_FORMATS.',
  WRONG_PASSPHRASE: 'Check the passphrase; without it nobody can read the backups.',
  UNKNOWN_KEY_SLOT: "'snapledger key list' shows those that there are.",
  LAST_KEY_SLOT: "Add another one first: 'snapledger key add'.",
  KEY_SLOTS_IN_THE_WAY:
    "Let them go with '--remove-others', then add them again with 'snapledger key add'.",
  KEY_CHANGE_OVERTAKEN: 'Run the command again.',
  MASTER_KEY_ROTATED: 'Run the command again; a program that stays open has to be started again.',
  RUNTIME_TOO_OLD: 'Install a newer version of Node.js.',
  REVISION_CONFLICT: 'Another process was faster; run the command again.',
  LEDGER_CORRUPT:
    'Make no more backups; restore the ledger from a copy. The repository is not affected.',
  LEDGER_UNAVAILABLE: "Run the command again; 'snapledger resume' ends what was interrupted.",
  LEDGER_ACCESS_DENIED:
    'Check SNAPLEDGER_EVENT_STORE_USER and its password; the user needs to read $all and to write.',
  NOT_AN_EVENT_STORE:
    "Check the location that 'snapledger init' was given; docs/kurrentdb.md has examples.",
  LEDGER_TAMPERED:
    "Compare with another copy, and find out who can write to it; 'snapledger audit verify' tells more.",
  LEDGER_DIVERGED:
    "Let one vault alone use this repository; bring back the right event store, or rebuild it with 'snapledger recover'.",
  WITNESS_FAILED: "Repair the file or command; 'snapledger audit witness' shows it.",
  NOTHING_SEALED: "Restore the points as they are with 'snapledger restore'.",
  UNKNOWN_EVENT: 'Use the newer version of snapledger that wrote it.',
  SENSITIVE_KEY_DAMAGED:
    "Bring the object of the key back from a copy; if every instance is named, remove 'sensitive.key' from the vault.",
  ILLEGAL_TRANSITION: "'snapledger replay SESSION' shows what its next step is.",
  CATALOGUE_UNUSABLE: "Remove the folder 'catalogue' of the vault; it is made again.",
  INSTANCE_BUSY: "Wait until the other session has ended; 'snapledger sessions' shows it.",
  INSTANCE_RUNNING: "Stop it, or let a restore stop it with '--stop'.",
  INSTANCE_FORGOTTEN: 'Exclude it in its policies, or add the machine under another name.',
  EVENTS_IN_CLEAR:
    "'snapledger instance forget INSTANCE' shows what stays; '--leave-clear' accepts it.",
  SESSION_FENCED: "'snapledger sessions' shows what became of it.",
  FORGETTING_NOT_SEALED: 'Mend what is in the way of sealing, then forget the instance once more.',
  POLICY_BUSY:
    "Wait until the run has ended; if its program has died, 'snapledger run' brings it to its end.",
  NOTHING_SELECTED: "'snapledger policy show POLICY' tells what it selects.",
  WINDOW_CLOSED: "Widen the window or begin earlier: 'snapledger policy apply FILE'.",
  INSTANCES_FAILED: "'snapledger sessions' shows why each of them failed.",
  INSTANCES_WITH_WARNINGS: "'snapledger sessions' shows the warnings of each of them.",
  INTERRUPTED: "'snapledger resume' brings it to its end.",
  SNAPSHOT_HELD: 'Deregister the image that is made of it, or wait until its lock ends.',
  CLOUD_UNAVAILABLE: 'Check the network and the health of the cloud; run the command again.',
  CLOUD_ACCESS_DENIED: 'Check the credentials, and the policy that docs/aws.md shows.',
  CLOUD_REFUSED: 'Change what the words of the cloud complain of.',
  WORKER_LOST: "Run 'snapledger backup INSTANCE' again; what was stored is not stored twice.",
  WORKER_FAILED: "Run 'snapledger backup INSTANCE' again; what was stored is not stored twice.",
  WORKER_NOT_ALLOWED: 'Let the engine read itself: policy set INSTANCE --transport direct.',
  SPOT_REFUSED: 'Nothing: the worker is launched on demand.',
  TIMED_OUT: 'Run the command again when the machine has less to do.',
  PRESENCE_UNAVAILABLE:
    "Check the folder of the vault and its file system, then run 'snapledger resume'.",
  DISK_MISSING: "Check the path of the image; 'snapledger instance list --json' shows it.",
  DISK_UNREADABLE: "Check the image's permissions, and the kernel log for errors of its device.",
  DISK_EMPTY: "Name an image that holds a disk: 'snapledger instance add --help'.",
  DISK_NOT_ALIGNED: 'Use a raw image whose size is a multiple of 512 bytes.',
  DISK_CHANGED:
    "Run 'snapledger backup INSTANCE' again while nothing writes to the disk or shortens it.",
  SNAPSHOT_NOT_FOUND:
    "Find out who deletes snapshots; then run 'snapledger backup INSTANCE' again.",
  SNAPSHOT_FAILED: "Do what the reason asks; then run 'snapledger backup INSTANCE' again.",
  SNAPSHOTS_UNRELATED: "Run 'snapledger backup INSTANCE' again: the volume is read in full.",
  VOLUME_NOT_FOUND: "Run 'snapledger backup INSTANCE' again.",
  WORKER_NOT_FOUND: "Run 'snapledger backup INSTANCE' again: another worker is launched.",
  RESOURCE_UNTRUSTED: 'Look at what the message names, and remove it by hand if it is yours.',
  CLOCK_WRONG: 'Set the clock of this machine, and try again.',
  CLOUD_STATE_CORRUPT: 'Restore the file that the message names from a copy.',
  CHANGED_BLOCKS_UNAVAILABLE: "Run 'snapledger backup INSTANCE' again: the volume is read in full.",
  OBJECT_EXISTS: 'Objects are written once; run the command again.',
  OBJECT_HELD: 'It can be removed from the time on that the message names.',
  OBJECT_NOT_FOUND: "'snapledger verify' shows all that is missing.",
  OBJECT_RANGE: "'snapledger verify' shows all that is cut short.",
  OBJECT_KEY_INVALID: 'Keep the vault under a shorter path.',
  STORE_FULL:
    "Make room where the vault is, then run the command again; 'snapledger resume' ends what was interrupted.",
  STORE_UNAVAILABLE:
    "Check the disk of the vault, then run the command again; 'snapledger resume' ends what was interrupted.",
  STORE_ACCESS_DENIED:
    'Check the AWS credentials (environment, profile or role) and what they may do in the bucket.',
  STORE_UNSUITABLE: 'Check the endpoint; use S3, or a store that honours If-None-Match on PUT.',
  BUCKET_NOT_FOUND: 'Check the name of the bucket and its region.',
  NOT_A_REPOSITORY: "Check the vault; 'snapledger init --vault DIR' makes a new one.",
  REPOSITORY_EXISTS: 'Choose a folder that is empty or does not exist.',
  REPOSITORY_EXCHANGED: 'Bring back its own repository, or make a vault of this one.',
  REPOSITORY_VERSION: 'Use the newer version of snapledger that made it.',
  OBJECT_CORRUPT:
    "'snapledger verify --deep' shows all that is damaged; 'snapledger backup INSTANCE --full' makes a point without it.",
  POINT_DAMAGED:
    "'snapledger repair --deep' shows all that is damaged and what of it can be healed; else try another point, or make a new one with 'snapledger backup INSTANCE --full'.",
  POINT_MISSING:
    "Bring its object back from a copy of the repository, or take another point: 'snapledger points' lists them.",
  PARENT_CONDEMNED: 'The volume is read in full instead.',
  CHAIN_TOO_LONG: 'The volume is read in full instead.',
  COLLECTION_BLOCKED:
    "'snapledger verify' names the damage; nothing is collected until it is healed ('snapledger repair') or the points are removed.",
  COLLECTION_OVERTAKEN: "When the other collection has ended, run 'snapledger gc run' again.",
  RELOCATION_OVERTAKEN: 'Try again when the other session has ended.',
  TARGET_FULL: 'Make room in the target folder, or choose another one.',
  MAILBOX_REJECTED:
    "Find out who writes to the repository's folder; then run 'snapledger backup INSTANCE' again.",
  LIMIT_EXCEEDED: 'Ask for less at once, or later.',
  INTERNAL:
    'This is a defect of snapledger: run it again with SNAPLEDGER_DEBUG=1 and report what it prints.',
};

/** What to do about an error; anything that is no error of snapledger is a defect of it. */
export function remedyOf(error: SnapledgerError | null): string {
  return error === null ? remedies.INTERNAL : (error.remedy ?? remedies[error.code]);
}
