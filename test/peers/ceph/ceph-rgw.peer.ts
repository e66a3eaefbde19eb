import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
  type S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { probeObjectStore } from '../../../src/adapters/aws/s3/probe-object-store.ts';
import {
  openS3ObjectStore,
  type S3ObjectStore,
} from '../../../src/adapters/aws/s3/s3-object-store.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { assertPointIs } from '../../../src/conformance/assert-point.ts';
import {
  allocated,
  changed,
  FormatBench,
  optionsOn,
} from '../../../src/conformance/format-bench.ts';
import { modelVolume, text } from '../../../src/conformance/model-volume.ts';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import { hasErrorCode } from '../../../src/domain/errors/snapledger-error.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import type { S3Location } from '../../../src/ports/object-store-location.ts';
import { runProcess } from '../../cli/support/cli-process.ts';
import { cheapStrata } from '../../support/format/cheap-strata.ts';
import { objectStoreConformance } from '../../conformance/object-store.ts';
import { startCephCluster } from './ceph-cluster.ts';

const bucket = 'backups';
const region = 'us-east-1';
const blockSizeBytes = 512 * 1024;

const cluster = await startCephCluster();
const { endpoint, credentials } = cluster;
const client = new S3Client({
  endpoint,
  region,
  credentials,
  forcePathStyle: true,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
});
await client.send(new CreateBucketCommand({ Bucket: bucket }));
const lockingBucket = 'locking';
await client.send(
  new CreateBucketCommand({ Bucket: lockingBucket, ObjectLockEnabledForBucket: true }),
);
after(async () => {
  client.destroy();
  await cluster[Symbol.asyncDispose]();
});

function locationOf(prefix: string): S3Location {
  return { kind: 's3', bucket, prefix, region, endpoint };
}

function openStore(prefix: string): S3ObjectStore {
  const location = locationOf(prefix);
  return openS3ObjectStore({ location, clock: systemClock, random: systemRandom, credentials });
}

let harnesses = 0;
objectStoreConformance('Ceph RGW', () => {
  harnesses += 1;
  const prefix = `conformance/${harnesses}`;
  const opened: S3ObjectStore[] = [];
  return Promise.resolve({
    open: () => {
      const store = openStore(prefix);
      opened.push(store);
      return Promise.resolve(store);
    },
    dispose: () => {
      for (const store of opened) store.close();
      return Promise.resolve();
    },
  });
});

describe('a repository in Ceph RGW', { timeout: 120_000 }, () => {
  it('passes the probe', async () => {
    const store = openStore('probe');
    await probeObjectStore(store, locationOf('probe'), systemRandom);
    assert.deepEqual(await Array.fromAsync(store.list('')), []);
    store.close();
  });

  it('takes backups, and gives them back byte by byte', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'snapledger-peers-'));
    try {
      const env = {
        SNAPLEDGER_VAULT: 'vault',
        SNAPLEDGER_PASSPHRASE: 'correct horse',
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      };
      const run = async (line: string): Promise<string> => {
        const { exitCode, stdout, stderr } = await runProcess(line.split(' '), { env, folder });
        assert.equal(exitCode, 0, `${line}: ${stderr}`);
        return stdout;
      };
      const disk = join(folder, 'disk.img');
      await writeFile(disk, randomBytes(40 * blockSizeBytes));
      await run(`init --repository s3://${bucket}/vault --s3-endpoint ${endpoint}`);
      await run('instance add web-1 --volume /dev/xvda=disk.img');
      await run('policy set web-1');
      const first = await readFile(disk);
      await run('backup web-1');
      const handle = await open(disk, 'r+');
      await handle.write(randomBytes(100), 0, 100, 7 * blockSizeBytes);
      await handle.close();
      const second = await readFile(disk);
      assert.match(await run('backup web-1'), / read {6}1 block, 512\.0 KiB/);

      const points = JSON.parse(await run('points web-1 --json')) as readonly { id: string }[];
      for (const [index, expected] of [first, second].entries()) {
        await run(`restore ${points[index]?.id} --to restored-${index}`);
        const restored = await readFile(join(folder, `restored-${index}`, 'xvda.img'));
        assert.ok(restored.equals(expected), `point ${index} is the disk as it was`);
      }
      assert.match(await run('verify --deep'), /^2 points checked .*: sound\n$/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('the ledger under Object Lock of Ceph RGW', { timeout: 60_000 }, () => {
  const lockedIn = (
    name: string,
  ): { readonly location: S3Location; readonly store: S3ObjectStore } => {
    const location = { ...locationOf('locked'), bucket: name, ledgerLockDays: 1 };
    const store = openS3ObjectStore({
      location,
      clock: systemClock,
      random: systemRandom,
      credentials,
    });
    return { location, store };
  };

  it('cannot be removed by who may remove anything, and comes back from behind a marker', async () => {
    const { store } = lockedIn(lockingBucket);
    const key = 'ledger/log/0000000000000000' as ObjectKey;
    await store.create(key, new TextEncoder().encode('sealed'));
    const where = { Bucket: lockingBucket, Key: `locked/${key}` };
    const { VersionId } = await client.send(new GetObjectCommand(where));

    await assert.rejects(client.send(new DeleteObjectCommand({ ...where, VersionId })), {
      name: 'AccessDenied',
    });
    const { VersionId: marker } = await client.send(new DeleteObjectCommand(where));
    assert.equal(await store.head(key), null);
    await client.send(new DeleteObjectCommand({ ...where, VersionId: marker }));
    assert.equal(new TextDecoder().decode(await store.get(key)), 'sealed');
    store.close();
  });

  it('is refused by a bucket without it', async () => {
    const { location, store } = lockedIn(bucket);
    await assert.rejects(probeObjectStore(store, location, systemRandom), (error) =>
      hasErrorCode(error, 'STORE_UNSUITABLE'),
    );
    store.close();
  });
});

describe('restore points under Object Lock of Ceph RGW', { timeout: 120_000 }, () => {
  const prefix = 'points';
  const key = 'packs/s/1' as ObjectKey;
  const body = new TextEncoder().encode('as it was made');
  const openLocked = (): S3ObjectStore =>
    openS3ObjectStore({
      location: { ...locationOf(prefix), bucket: lockingBucket, lockDays: 1 },
      clock: systemClock,
      random: systemRandom,
      credentials,
    });
  const soon = (ms: number): TimestampMs => (Date.now() + ms) as TimestampMs;

  /** Everything that who may do anything can do: removes all versions that go, hides the rest, and puts something over them. */
  async function attack(): Promise<void> {
    const where = { Bucket: lockingBucket, Prefix: `${prefix}/` };
    const { Versions = [], IsTruncated } = await client.send(new ListObjectVersionsCommand(where));
    assert.ok(IsTruncated !== true);
    for (const { Key, VersionId } of Versions) {
      const version = { Bucket: lockingBucket, Key, VersionId };
      await client.send(new DeleteObjectCommand(version)).catch((error: unknown) => {
        assert.match(String(error), /AccessDenied/);
      });
    }
    for (const { Key } of Versions) {
      await client.send(new DeleteObjectCommand({ Bucket: lockingBucket, Key }));
      const garbage = { Bucket: lockingBucket, Key, Body: 'garbage' };
      await client.send(new PutObjectCommand(garbage));
    }
  }

  it('are held until their date, can be held for longer, and leave nothing when they are removed', async () => {
    const store = openLocked();
    const { retention } = store;
    assert.ok(retention !== null);
    await store.create(key, body, { retainUntil: soon(2_000) });
    await assert.rejects(store.delete(key), { code: 'OBJECT_HELD' });
    const longer = soon(6_000);
    await retention.extend(key, longer);
    await retention.extend(key, soon(1_000));
    const held = (await retention.heldUntil(key)) ?? 0;
    assert.ok(Math.abs(held - longer) < 1_000, `${held} is ${longer}, in whole seconds`);
    await setTimeout(held - Date.now() + 1_500);
    await store.delete(key);
    const { Versions = [], DeleteMarkers = [] } = await client.send(
      new ListObjectVersionsCommand({ Bucket: lockingBucket, Prefix: `${prefix}/` }),
    );
    assert.deepEqual([Versions, DeleteMarkers], [[], []]);
    store.close();
  });

  it('are given back byte by byte after everything was removed that can be', async () => {
    const first = modelVolume(text(0, 20));
    const second = modelVolume([...text(0, 18), 'text-100', 'zero']);
    const store = openLocked();
    const repository = await cheapStrata.createRepository(optionsOn(store));
    const bench = new FormatBench(store, repository, cheapStrata);
    const one = await bench.backUp(first, allocated(first));
    const two = await bench.backUp(second, changed(first, second), one);
    store.close();

    await attack();

    const fresh = openLocked();
    const again = await cheapStrata.openRepository(optionsOn(fresh));
    await assertPointIs(again, one.pointId, first);
    await assertPointIs(again, two.pointId, second);
    const findings = await Array.fromAsync(again.verify({ depth: 'deep' }));
    assert.deepEqual(
      findings.filter(({ kind }) => kind === 'finding'),
      [],
    );
    const disturbed = await Array.fromAsync(fresh.retention?.disturbed('') ?? []);
    assert.ok(disturbed.includes('strata' as ObjectKey));
    fresh.close();
  });
});

// What docs/s3.md says of Ceph. When one of these fails a newer Ceph has mended it.
describe('Ceph RGW differs from S3', () => {
  const body = new TextEncoder().encode('body');

  it('overwrites in a bucket that keeps versions, as one with Object Lock does, so that none is used', async () => {
    const location = { ...locationOf('versions'), bucket: lockingBucket };
    const store = openS3ObjectStore({
      location,
      clock: systemClock,
      random: systemRandom,
      credentials,
    });
    await assert.rejects(
      probeObjectStore(store, location, systemRandom),
      (error) =>
        hasErrorCode(error, 'STORE_UNSUITABLE') &&
        error.message.includes('it overwrites an object'),
    );
    store.close();
  });

  it('neither verifies nor keeps a SHA-256, so a whole object is read without one', async () => {
    const wrong = createHash('sha256').update('another').digest('base64');
    const where = { Bucket: bucket, Key: 'deviations/checksum' };
    await client.send(new PutObjectCommand({ ...where, Body: body, ChecksumSHA256: wrong }));

    const { ChecksumSHA256, Body } = await client.send(
      new GetObjectCommand({ ...where, ChecksumMode: 'ENABLED' }),
    );

    assert.equal(ChecksumSHA256, undefined);
    assert.equal(await Body?.transformToString(), 'body');
  });

  const refusedWith =
    (status: number) =>
    (error: unknown): boolean =>
      (error as S3ServiceException).$metadata.httpStatusCode === status;

  it('takes no body whose length comes at its end, so that bodies are buffers', async () => {
    const chunked = new S3Client({
      endpoint,
      region,
      credentials,
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_SUPPORTED',
    });
    const Body = Readable.from([Buffer.from('body')]);
    const where = { Bucket: bucket, Key: 'deviations/chunked' };
    await assert.rejects(
      chunked.send(new PutObjectCommand({ ...where, Body, ContentLength: 4 })),
      refusedWith(411),
    );
    chunked.destroy();
  });

  it('knows the ETag of If-Match without its quotes alone, and says 412 of an object that is not there', async () => {
    const where = { Bucket: bucket, Key: 'deviations/match' };
    const { ETag = '' } = await client.send(new PutObjectCommand({ ...where, Body: body }));
    const put = (IfMatch: string, Key = where.Key): Promise<unknown> =>
      client.send(new PutObjectCommand({ ...where, Key, Body: body, IfMatch }));
    await assert.rejects(put(ETag), refusedWith(412));
    await put(ETag.replaceAll('"', ''));
    await assert.rejects(put(ETag, 'deviations/none'), refusedWith(412));
  });

  it('overwrites by a multipart upload whatever If-None-Match says, and deletes whatever If-Match says', async () => {
    const where = { Bucket: bucket, Key: 'deviations/parts' };
    await client.send(new PutObjectCommand({ ...where, Body: 'first' }));
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(where));
    const part = { ...where, UploadId, PartNumber: 1 };
    const { ETag } = await client.send(new UploadPartCommand({ ...part, Body: 'second' }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await client.send(
      new CompleteMultipartUploadCommand({ ...where, UploadId, MultipartUpload, IfNoneMatch: '*' }),
    );
    const { Body } = await client.send(new GetObjectCommand(where));
    assert.equal(await Body?.transformToString(), 'second');

    await client.send(new DeleteObjectCommand({ ...where, IfMatch: '"another"' }));
    await assert.rejects(client.send(new GetObjectCommand(where)), refusedWith(404));
  });
});
