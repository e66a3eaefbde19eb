import { describe } from 'node:test';
import { decodeHello, encodeHello } from '../../src/mailbox/hello.ts';
import { decodeUserData, encodeUserData } from '../../src/mailbox/user-data.ts';
import { decodeJob, encodeJob } from '../../src/mailbox/worker-job.ts';
import { decodeOutcome, encodeOutcome } from '../../src/mailbox/worker-outcome.ts';
import { refusesWithACode } from '../support/fuzz/fuzz-decoder.ts';
import { sampleAddress, sampleJob, secretOf } from './mailbox-pair.ts';

const credentials = { address: sampleAddress, workerSecret: secretOf(sampleAddress) };

// What is within a sealed message was made by whoever has its key: a stolen worker has it.
describe('messages of a mailbox that anybody may have written', () => {
  refusesWithACode([
    {
      reads: 'a hello',
      samples: [encodeHello(credentials, Buffer.alloc(32, 9))],
      read: (bytes) => decodeHello(credentials, bytes),
    },
    {
      reads: 'the content of a job',
      samples: [encodeJob(sampleJob)],
      read: (bytes) => decodeJob(bytes, 'job'),
    },
    {
      reads: 'the content of an outcome',
      samples: [
        encodeOutcome({ outcome: 'succeeded' }),
        encodeOutcome({
          ...{ outcome: 'failed', code: 'OBJECT_CORRUPT', message: 'it is damaged' },
          ...{ remedy: null, retry: 'permanent' },
        }),
      ],
      read: (bytes) => decodeOutcome(bytes, 'done'),
    },
    {
      reads: 'user data',
      samples: [
        encodeUserData({
          ...sampleAddress,
          objectStore: { kind: 's3', bucket: 'backups', prefix: 'p', region: 'r', endpoint: null },
          workerSecret: secretOf(sampleAddress),
          format: 'strata',
          devices: { kind: 'folder' },
          limits: { pollIntervalMs: 250, beatIntervalMs: 1_000 },
        }),
      ],
      read: decodeUserData,
    },
  ]);
});
