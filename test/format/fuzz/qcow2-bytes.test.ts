import { createHash } from 'node:crypto';
import { describe } from 'node:test';
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import type { RepositoryId, SessionId } from '../../../src/domain/identifiers.ts';
import { noCounts } from '../../../src/domain/backup-session/transfer-counts.ts';
import { readHeader } from '../../../src/format/qcow2/keys/repository-header.ts';
import { createEnvelope } from '../../../src/format/qcow2/object/envelope.ts';
import { objectKeys } from '../../../src/format/qcow2/object/object-keys.ts';
import { encodeGrant, openGrant } from '../../../src/format/qcow2/transfer/grant.ts';
import { encodeSegment, readSegment } from '../../../src/format/qcow2/transfer/segment.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import { refusesWithACode } from '../../support/fuzz/fuzz-decoder.ts';
import { fuzzSubjects } from '../../support/fuzz/fuzz-subject.ts';

const headerKey = 'qcow2-repository' as ObjectKey;
const sessionId = '0c9a1f0e-5b1d-4c58-9d3e-2f6f0f5a7b11' as SessionId;
const repositoryId = '6a4b8f5c-0d63-4a0c-8f2d-1c7a5f3e9b01' as RepositoryId;
const plan = { sessionId, planId: 'c1f1f0e0-5b1d-4c58-9d3e-2f6f0f5a7b22' };
const sessionKey = '07'.repeat(32);

const golden = await fuzzSubjects();
const headers = golden.flatMap(({ objects, format }) =>
  format === 'qcow2' ? [...objects].filter(([key]) => !key.includes('/')) : [],
);

/** The SHA-256 of the first two lines as the third. */
const withDigest = (bytes: Buffer): Buffer => {
  const [json = '', mac = ''] = bytes.toString('utf8').split('\n');
  const authenticated = `${json}\n${mac}\n`;
  const digest = createHash('sha256').update(authenticated).digest('hex');
  return Buffer.from(`${authenticated}${digest}\n`);
};

const record = { offset: 0, lengthBytes: 40, ordinal: 0, digest: Buffer.alloc(32, 7) };
const segment = encodeSegment({
  firstPlanned: 0,
  endPlanned: 5,
  counts: { ...noCounts, blocksRead: 5 },
  part: { key: objectKeys.part(plan, 1, 0), sizeBytes: 512, records: 1 },
  entries: [
    { first: 0, count: 1, state: 'data', record: { part: 0, ...record } },
    { first: 1, count: 4, state: 'zero', record: null },
  ],
});

describe('bytes of qcow2 that anybody may have written', () => {
  refusesWithACode([
    {
      reads: 'a header of qcow2',
      samples: headers.map(([, bytes]) => bytes),
      read: (bytes) => readHeader(headerKey, bytes),
      withSums: withDigest,
    },
    {
      reads: 'a grant of qcow2',
      samples: [
        encodeGrant({ format: 'qcow2', protection: 'sealed', repositoryId, sessionId, sessionKey }),
      ],
      read: (bytes) => openGrant(bytes, systemRandom),
    },
    {
      // Whoever has stolen a worker has the key of its mailbox.
      reads: 'a segment of qcow2 that is under the key of its session',
      samples: [segment],
      read: async (bytes) => {
        const key = Buffer.from(sessionKey, 'hex');
        const envelope = createEnvelope({ protection: 'sealed', key, repositoryId }, systemRandom);
        const store = createMemoryObjectStore();
        const objectKey = objectKeys.segment(plan, 1, 0);
        await store.create(objectKey, envelope.wrap(objectKey, bytes));
        const read = await readSegment(store, envelope, plan, 1, 0);
        return [...(read?.entries ?? [])];
      },
    },
  ]);
});
