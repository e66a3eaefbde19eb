import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { errorCodes } from '../../src/domain/errors/error-code.ts';
import type { VolumeId } from '../../src/domain/identifiers.ts';
import { decodeJob, encodeJob, type WorkerJob } from '../../src/mailbox/worker-job.ts';
import {
  decodeOutcome,
  encodeOutcome,
  type WorkerFailure,
} from '../../src/mailbox/worker-outcome.ts';
import { sampleJob } from './mailbox-pair.ts';

const packr = new Packr({ useRecords: false });
const plainRecord = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true });

const where = 'control/x/a0001/job';
const rejected = { code: 'MAILBOX_REJECTED', message: /^control\/x\/a0001\/job/ };

const [sampleVolume] = sampleJob.volumes;
const jobWith = (changes: object): Uint8Array =>
  packr.pack({ version: 2, ...sampleJob, ...changes });
const volumeWith = (changes: object): object => ({ volumes: [{ ...sampleVolume, ...changes }] });

describe('the content of a job', () => {
  it('comes back as it was written', () => {
    const size = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    const job: fc.Arbitrary<WorkerJob> = plainRecord({
      grant: fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      compression: fc.constantFrom('fast', 'balanced', 'small'),
      volumes: fc.array(
        plainRecord({
          volumeId: fc
            .stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/)
            .map((id) => id as VolumeId),
          planId: fc.uuid(),
          sizeBytes: size,
          firstPlanned: size.map((value) => value - 1),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    });
    fc.assert(
      fc.property(job, (written) => {
        assert.deepEqual(decodeJob(encodeJob(written), where), written);
      }),
    );
  });

  const broken: Readonly<Record<string, object>> = {
    'a version to come': { version: 3 },
    'no grant': { grant: undefined },
    'an empty grant': { grant: new Uint8Array(0) },
    'a grant that is a text': { grant: 'key' },
    'an oversized grant': { grant: new Uint8Array(16 * 1024 + 1) },
    'an unknown compression': { compression: 'most' },
    'no volumes': { volumes: [] },
    'volumes that are no list': { volumes: { length: 1 } },
    'too many volumes': { volumes: Array.from({ length: 257 }, () => sampleVolume) },
    'a volume id that leads elsewhere': volumeWith({ volumeId: '../../secret' }),
    'a volume id that is a folder': volumeWith({ volumeId: '..' }),
    'a plan id that is no UUID': volumeWith({ planId: 'x/../y' }),
    'an empty volume': volumeWith({ sizeBytes: 0 }),
    'a size beyond what can be counted': volumeWith({ sizeBytes: 2 ** 60 }),
    'a fraction of a block': volumeWith({ firstPlanned: 0.5 }),
    'a negative position': volumeWith({ firstPlanned: -1 }),
  };
  for (const [what, changes] of Object.entries(broken)) {
    it(`is rejected with ${what}`, () => {
      assert.throws(() => decodeJob(jobWith(changes), where), rejected);
    });
  }

  it('is rejected when it is not msgpack, or no record', () => {
    const contents = [new Uint8Array(0), Buffer.from([0xc1]), packr.pack([1]), packr.pack(null)];
    for (const content of contents) assert.throws(() => decodeJob(content, where), rejected);
  });

  it('is not written for more volumes or bytes than a mailbox takes', () => {
    const volumes = Array.from({ length: 257 }, () => sampleJob.volumes).flat();
    assert.throws(() => encodeJob({ ...sampleJob, volumes }), { code: 'LIMIT_EXCEEDED' });
    const grant = new Uint8Array(256 * 1024);
    assert.throws(() => encodeJob({ ...sampleJob, grant }), { code: 'LIMIT_EXCEEDED' });
  });
});

describe('the content of an outcome', () => {
  const failure: WorkerFailure = {
    outcome: 'failed',
    code: 'DISK_MISSING',
    message: 'no vol-1',
    remedy: 'Attach it.',
    retry: 'retryable',
  };

  it('comes back as it was written, with any code', () => {
    const succeeded = { outcome: 'succeeded' } as const;
    assert.deepEqual(decodeOutcome(encodeOutcome(succeeded), where), succeeded);
    for (const code of errorCodes) {
      for (const remedy of [null, 'Attach it.']) {
        const written = { ...failure, code, remedy };
        assert.deepEqual(decodeOutcome(encodeOutcome(written), where), written);
      }
    }
  });

  it('is cut where a text is longer than allowed', () => {
    const long = { ...failure, message: 'm'.repeat(100_000), remedy: 'ü'.repeat(100_000) };
    const read = decodeOutcome(encodeOutcome(long), where);
    assert.ok(read.outcome === 'failed');
    assert.equal(read.message, 'm'.repeat(4_000));
    assert.equal(read.remedy, 'ü'.repeat(4_000));
  });

  const broken: Readonly<Record<string, object>> = {
    'a version to come': { version: 2 },
    'an unknown outcome': { outcome: 'perhaps' },
    'an unknown code': { code: 'MADE_UP' },
    'no message': { message: undefined },
    'an oversized message': { message: 'm'.repeat(4_001) },
    'an unknown advice': { retry: 'maybe' },
  };
  for (const [what, changes] of Object.entries(broken)) {
    it(`is rejected with ${what}`, () => {
      const content = packr.pack({ version: 1, ...failure, ...changes });
      assert.throws(() => decodeOutcome(content, where), rejected);
    });
  }
});
