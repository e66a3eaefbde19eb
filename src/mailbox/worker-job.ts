import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { VolumeId } from '../domain/identifiers.ts';
import { mailboxLimits } from './mailbox-limits.ts';
import { packContent, unpackContent } from './message-content.ts';
import { messageFields, type MessageFields } from './message-fields.ts';
import { uuidPattern } from '../ports/uuid-pattern.ts';

const jobVersion = 2;
/** As clouds name volumes; also safe as the name of a file, which it becomes on the worker. */
const volumeId = { maxLength: 128, pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/ };
const position = { min: 0, max: Number.MAX_SAFE_INTEGER };
const compressions = ['fast', 'balanced', 'small'] as const;

/** What a worker is to do. Carries the session's data key: sealed to that worker only. */
export interface WorkerJob {
  /** What `Repository.grantTransfer` gave. A secret. */
  readonly grant: Uint8Array;
  /** @see CompressionChoice of the storage formats */
  readonly compression: (typeof compressions)[number];
  /** In the order in which they are to be read; from 1 to 256. */
  readonly volumes: readonly JobVolume[];
}

export interface JobVolume {
  /** The temporary volume that is attached to the worker. */
  readonly volumeId: VolumeId;
  /** The transfer plan to follow: a UUID. */
  readonly planId: string;
  readonly sizeBytes: number;
  /** Position in the plan to begin at. */
  readonly firstPlanned: number;
}

/** @throws LIMIT_EXCEEDED when the job is larger than a mailbox takes. */
export function encodeJob(job: WorkerJob): Uint8Array {
  if (job.volumes.length > mailboxLimits.volumesMax) {
    throw new SnapledgerError(
      'LIMIT_EXCEEDED',
      `a job has ${job.volumes.length} volumes; one worker takes ${mailboxLimits.volumesMax}`,
      { remedy: 'Back up fewer volumes of the instance in one session.' },
    );
  }
  return packContent({ version: jobVersion, ...job }, 'the job', mailboxLimits.jobMaxBytes);
}

/** @throws MAILBOX_REJECTED when anything in it is not as it should be. */
export function decodeJob(content: Uint8Array, where: string): WorkerJob {
  const fields = messageFields(unpackContent(content, where), where);
  fields.integer('version', { min: jobVersion, max: jobVersion });
  return {
    grant: fields.bytes('grant', { minBytes: 1, maxBytes: mailboxLimits.grantMaxBytes }),
    compression: fields.oneOf('compression', compressions),
    volumes: fields
      .list('volumes', { minLength: 1, maxLength: mailboxLimits.volumesMax })
      .map(decodeVolume),
  };
}

function decodeVolume(fields: MessageFields): JobVolume {
  return {
    volumeId: fields.text('volumeId', volumeId) as VolumeId,
    planId: fields.text('planId', { maxLength: 36, pattern: uuidPattern }),
    sizeBytes: fields.integer('sizeBytes', { ...position, min: 1 }),
    firstPlanned: fields.integer('firstPlanned', position),
  };
}
