import { isAbsolute } from 'node:path';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { SessionId } from '../domain/identifiers.ts';
import { userDataMaxBytes } from '../ports/cloud/workers.ts';
import {
  type ObjectStoreLocation,
  lockMaxDays,
  problemOfS3Location,
  type S3Location,
} from '../ports/object-store-location.ts';
import type { MailboxAddress } from './mailbox-address.ts';
import { mailboxLimits } from './mailbox-limits.ts';
import { mailboxRejected } from './mailbox-rejected.ts';
import { messageFields, type MessageFields } from './message-fields.ts';
import { uuidPattern } from '../ports/uuid-pattern.ts';

const userDataVersion = 2;
const where = 'the user data';
const base64Pattern = /^[A-Za-z0-9+/]+=*$/;
const formatName = { maxLength: 32, pattern: /^[a-z][a-z0-9-]*$/ };
const interval = { min: 1, max: mailboxLimits.intervalMaxMs };

/**
 * What a worker finds at its start: where to go and how to prove who it is. Others on the machine
 * and in the cloud's API can read it, so it carries no key; the worker secret in it lets its
 * holder say hello once, and opens nothing that is stored.
 */
export interface UserData extends MailboxAddress {
  readonly objectStore: ObjectStoreLocation;
  readonly workerSecret: Uint8Array;
  /** The name of the repository's storage format. */
  readonly format: string;
  readonly devices: DeviceLocation;
  readonly limits: WorkerPace;
}

/**
 * Where the volumes appear in `<instance folder>/devices`. `folder`: each under its volume id.
 * `ebs`: under the name that udev gives to an EBS volume, whatever order Nitro found them in.
 */
export interface DeviceLocation {
  readonly kind: 'folder' | 'ebs';
}

export interface WorkerPace {
  /** The longest wait between two looks for a job or a device. */
  readonly pollIntervalMs: number;
  readonly beatIntervalMs: number;
}

/** JSON in UTF-8. @throws LIMIT_EXCEEDED when it is larger than user data may be. */
export function encodeUserData(userData: UserData): Uint8Array {
  const { workerSecret, ...plain } = userData;
  const secretText = Buffer.from(workerSecret).toString('base64');
  const json = JSON.stringify({ version: userDataVersion, ...plain, workerSecret: secretText });
  const bytes = Buffer.from(json, 'utf8');
  if (bytes.byteLength > userDataMaxBytes) {
    throw new SnapledgerError(
      'LIMIT_EXCEEDED',
      `the user data of a worker takes ${bytes.byteLength} bytes; a cloud takes ${userDataMaxBytes}`,
      { remedy: 'Keep the repository under a shorter path.' },
    );
  }
  return bytes;
}

/** @throws MAILBOX_REJECTED when anything in it is not as it should be. */
export function decodeUserData(bytes: Uint8Array): UserData {
  if (bytes.byteLength > userDataMaxBytes) throw mailboxRejected(where, 'it is too large');
  const fields = messageFields(parse(bytes), where);
  fields.integer('version', { min: userDataVersion, max: userDataVersion });
  const limits = fields.record('limits');
  return {
    sessionId: fields.text('sessionId', { maxLength: 36, pattern: uuidPattern }) as SessionId,
    attempt: fields.integer('attempt', { min: 0, max: mailboxLimits.attemptMax }),
    objectStore: decodeObjectStore(fields.record('objectStore')),
    workerSecret: decodeSecret(fields),
    format: fields.text('format', formatName),
    devices: { kind: fields.record('devices').oneOf('kind', ['folder', 'ebs']) },
    limits: {
      pollIntervalMs: limits.integer('pollIntervalMs', interval),
      beatIntervalMs: limits.integer('beatIntervalMs', interval),
    },
  };
}

function decodeObjectStore(fields: MessageFields): ObjectStoreLocation {
  const kind = fields.oneOf('kind', ['filesystem', 's3']);
  if (kind === 's3') return decodeS3(fields);
  const root = fields.text('root', { maxLength: userDataMaxBytes });
  if (!isAbsolute(root))
    throw mailboxRejected(where, 'the root of its object store is not absolute');
  return { kind, root };
}

function decodeS3(fields: MessageFields): S3Location {
  const rule = { maxLength: userDataMaxBytes };
  const location = {
    bucket: fields.text('bucket', rule),
    prefix: fields.text('prefix', rule),
    region: fields.text('region', rule),
    endpoint: fields.optionalText('endpoint', rule),
    ...decodeLock(fields),
  };
  const problem = problemOfS3Location(location);
  if (problem !== null) throw mailboxRejected(where, `of its object store: ${problem}`);
  return { kind: 's3', ...location };
}

/** What a worker stores is locked, if at all, as the vault says; the record is none of its business. */
function decodeLock(fields: MessageFields): Pick<S3Location, 'lockDays' | 'lockMode'> {
  const lockDays = fields.optionalInteger('lockDays', { min: 1, max: lockMaxDays });
  if (lockDays === null) return {};
  const mode = fields.optionalText('lockMode', { maxLength: 10, pattern: /^governance$/ });
  return { lockDays, ...(mode === null ? {} : { lockMode: 'governance' as const }) };
}

function decodeSecret(fields: MessageFields): Uint8Array {
  const { workerSecretMinBytes, workerSecretMaxBytes } = mailboxLimits;
  const text = fields.text('workerSecret', { maxLength: 128, pattern: base64Pattern });
  const secret = Buffer.from(text, 'base64');
  if (secret.byteLength < workerSecretMinBytes || secret.byteLength > workerSecretMaxBytes) {
    throw mailboxRejected(where, 'its field "workerSecret" has the wrong length');
  }
  return secret;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    // Not as the cause: the parser's message quotes the text, which may hold the secret.
    throw mailboxRejected(where, 'it is not JSON');
  }
}
