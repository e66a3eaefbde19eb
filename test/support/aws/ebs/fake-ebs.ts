import { createHash } from 'node:crypto';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import { AwsError, type AwsReply, type AwsRequest, type AwsService } from '../aws-service.ts';
import type { EbsData, EbsSnapshot } from './ebs-data.ts';
import type { EbsWrites, WrittenSnapshot } from './ebs-writes.ts';
import { createEbsAdmission, ebsQuotas, type EbsQuotas } from './ebs-quotas.ts';
import { type EbsTokens, createEbsTokens } from './ebs-tokens.ts';

export interface FakeEbsOptions {
  readonly data: EbsData;
  /** Blocks, or windows of blocks, of a page at most; EBS takes from 100 to 10,000. */
  readonly pageBlocks?: number;
  /** Default: those of every account. */
  readonly quotas?: EbsQuotas;
  readonly now?: () => number;
  /** Of a block's bytes; default: it is computed each time. */
  readonly checksumOf?: (block: Uint8Array) => string;
  /** Default: nothing can be written. */
  readonly writes?: EbsWrites;
}

export interface FakeEbs extends AwsService {
  /** Makes all tokens that were given out for pages, or for blocks, expire now. */
  expireTokens(kind: 'page' | 'block'): void;
}

const pageMinBlocks = 100;
const pageMaxBlocks = 10_000;
const listPattern = /^\/snapshots\/(snap-[0-9a-f]+)\/(blocks|changedblocks)$/;
const blockPattern = /^\/snapshots\/(snap-[0-9a-f]+)\/blocks\/(\d+)$/;

const completionPattern = /^\/snapshots\/completion\/(snap-[0-9a-f]+)$/;

/**
 * A FAKE of the EBS direct APIs. Lists of changes walk the volume in windows, so that pages are empty where
 * nothing has changed; tokens expire; what is beyond the quotas is throttled.
 *
 * It cannot prove what EBS says of snapshots that are pending, archived or of a grown volume: the
 * documentation has no codes for these, and what stands here is a guess.
 */
export function createFakeEbs(options: FakeEbsOptions): FakeEbs {
  const { data, pageBlocks = pageMaxBlocks, quotas = ebsQuotas, now = Date.now } = options;
  const { writes, checksumOf = sha256Of } = options;
  const tokens = createEbsTokens(now);
  const admit = createEbsAdmission(quotas, now);
  return {
    name: 'ebs',
    operationOf,
    handle,
    errorReply,
    expireTokens: (kind) => {
      tokens.expireAll(kind);
    },
  };

  async function handle(request: AwsRequest): Promise<AwsReply> {
    const operation = operationOf(request);
    const [snapshotId = ''] = /snap-[0-9a-f]+/.exec(request.path) ?? [];
    admit({ operation, region: request.region, snapshotId });
    switch (operation) {
      case 'ListSnapshotBlocks':
        return await listSnapshotBlocks(request);
      case 'ListChangedBlocks':
        return await listChangedBlocks(request);
      case 'GetSnapshotBlock':
        return await getSnapshotBlock(request);
      case 'StartSnapshot':
        return startSnapshot(writesOrThrow(operation), request);
      case 'PutSnapshotBlock':
        return putSnapshotBlock(writesOrThrow(operation), request, now());
      case 'CompleteSnapshot':
        return completeSnapshot(writesOrThrow(operation), request, now());
      default:
        throw new AwsError('UnknownOperationException', 404, `this fake has no ${operation}`);
    }
  }

  function writesOrThrow(operation: string): EbsWrites {
    if (writes !== undefined) return writes;
    throw new AwsError('UnknownOperationException', 404, `this fake has no ${operation}`);
  }

  async function listSnapshotBlocks(request: AwsRequest): Promise<AwsReply> {
    const [, id = ''] = listPattern.exec(request.path) ?? [];
    const snapshot = await readable(data, id);
    const from = startOf(request, tokens, id);
    const length = pageLength(request, pageBlocks);
    const found = await snapshot.blocks(from, length + 1);
    const page = found.slice(0, length);
    const next = found[length];
    return json({
      ...frameOf(snapshot, 1),
      Blocks: page.map((block) => ({
        BlockIndex: block,
        BlockToken: tokens.forBlock(id, block),
      })),
      ...(next === undefined ? {} : { NextToken: tokens.forPage(id, next) }),
    });
  }

  async function listChangedBlocks(request: AwsRequest): Promise<AwsReply> {
    const [, id = ''] = listPattern.exec(request.path) ?? [];
    const firstId = request.query.get('firstSnapshotId');
    if (firstId === undefined) throw invalid('INVALID_PARAMETER_VALUE', 'no first snapshot');
    const snapshot = await readable(data, id);
    await readable(data, firstId);
    const from = startOf(request, tokens, id);
    const end = from + pageLength(request, pageBlocks);
    const changes = await data.changes(firstId, id, { from, end });
    if (changes === 'unrelated') {
      throw invalid('UNRELATED_SNAPSHOTS', `${firstId} and ${id} are not related`);
    }
    return json({
      ...frameOf(snapshot, 1024 ** 3),
      ChangedBlocks: changes.map(({ block, inFirst, inSecond }) => ({
        BlockIndex: block,
        ...(inFirst ? { FirstBlockToken: tokens.forBlock(firstId, block) } : {}),
        ...(inSecond ? { SecondBlockToken: tokens.forBlock(id, block) } : {}),
      })),
      ...(end < snapshot.sizeBlocks ? { NextToken: tokens.forPage(id, end) } : {}),
    });
  }

  async function getSnapshotBlock({ path, query }: AwsRequest): Promise<AwsReply> {
    const [, id = '', index = ''] = blockPattern.exec(path) ?? [];
    const block = Number(index);
    const snapshot = await readable(data, id);
    if (!tokens.isForBlock(query.get('blockToken') ?? '', id, block)) {
      throw invalid('INVALID_BLOCK_TOKEN', 'the block token is invalid or has expired');
    }
    const body = await snapshot.read(block);
    return {
      status: 200,
      headers: {
        'content-type': 'application/octet-stream',
        'x-amz-data-length': String(blockSizeBytes),
        'x-amz-checksum': checksumOf(body),
        'x-amz-checksum-algorithm': 'SHA256',
      },
      body,
    };
  }
}

function sha256Of(block: Uint8Array): string {
  return createHash('sha256').update(block).digest('base64');
}

function operationOf({ method, path }: AwsRequest): string {
  const [, , list] = listPattern.exec(path) ?? [];
  if (method === 'GET' && list === 'blocks') return 'ListSnapshotBlocks';
  if (method === 'GET' && list === 'changedblocks') return 'ListChangedBlocks';
  if (method === 'GET' && blockPattern.test(path)) return 'GetSnapshotBlock';
  if (method === 'PUT' && blockPattern.test(path)) return 'PutSnapshotBlock';
  if (method === 'POST' && path === '/snapshots') return 'StartSnapshot';
  if (method === 'POST' && completionPattern.test(path)) return 'CompleteSnapshot';
  return `${method} ${path}`;
}

function startSnapshot(writes: EbsWrites, { region, body }: AwsRequest): AwsReply {
  const asked = JSON.parse(Buffer.from(body).toString()) as {
    readonly VolumeSize: number;
    readonly Description?: string;
    readonly ClientToken: string;
    readonly KmsKeyArn?: string;
    readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
  };
  for (const { Key, Value } of asked.Tags ?? []) {
    if (Key.length > 127 || Value.length > 255) {
      throw invalid('INVALID_TAG', 'a name has at most 127 characters, a value 255');
    }
  }
  const { id } = writes.start({
    region,
    sizeGib: asked.VolumeSize,
    description: asked.Description ?? '',
    tags: asked.Tags ?? [],
    clientToken: asked.ClientToken,
    keyArn: asked.KmsKeyArn ?? null,
  });
  const started = {
    SnapshotId: id,
    Status: 'pending',
    VolumeSize: asked.VolumeSize,
    BlockSize: blockSizeBytes,
    ...(asked.KmsKeyArn === undefined ? {} : { KmsKeyArn: asked.KmsKeyArn }),
  };
  return { ...json(started), status: 201 };
}

function openSnapshot(writes: EbsWrites, id: string): WrittenSnapshot {
  const snapshot = writes.find(id);
  if (snapshot === null) throw noSnapshot(id);
  if (snapshot.state === 'open') return snapshot;
  throw invalid('INVALID_SNAPSHOT_ID', `${id} is not pending`);
}

function putSnapshotBlock(
  writes: EbsWrites,
  { path, headers, body }: AwsRequest,
  nowMs: number,
): AwsReply {
  const [, id = '', index = ''] = blockPattern.exec(path) ?? [];
  const snapshot = openSnapshot(writes, id);
  if (nowMs < snapshot.knownAtMs) throw noSnapshot(id);
  const checksum = sha256Of(body);
  if (body.byteLength !== blockSizeBytes || headers['x-amz-checksum'] !== checksum) {
    throw invalid('INVALID_BLOCK', 'the block is not whole, or not what its checksum says');
  }
  snapshot.blocks.set(Number(index), Uint8Array.from(body));
  return {
    status: 201,
    headers: {
      'x-amz-checksum': checksum,
      'x-amz-checksum-algorithm': 'SHA256',
    },
  };
}

/** The sum over the raw digests of the blocks, in their order. */
function completeSnapshot(
  writes: EbsWrites,
  { path, headers }: AwsRequest,
  nowMs: number,
): AwsReply {
  const [, id = ''] = completionPattern.exec(path) ?? [];
  const snapshot = openSnapshot(writes, id);
  if (nowMs < snapshot.knownAtMs) throw noSnapshot(id);
  const indexes = [...snapshot.blocks.keys()].sort((a, b) => a - b);
  if (Number(headers['x-amz-changedblockscount']) !== indexes.length) {
    throw invalid('INVALID_PARAMETER_VALUE', `${indexes.length} blocks were put`);
  }
  const sum = createHash('sha256');
  for (const index of indexes) {
    sum.update(
      createHash('sha256')
        .update(snapshot.blocks.get(index) ?? '')
        .digest(),
    );
  }
  const isSummed =
    headers['x-amz-checksum-aggregation-method'] === 'LINEAR' &&
    headers['x-amz-checksum'] === sum.digest('base64');
  if (indexes.length > 0 && !isSummed) {
    throw invalid('INVALID_PARAMETER_VALUE', 'the checksum is not that of what was put');
  }
  writes.complete(snapshot);
  return { ...json({ Status: 'pending' }), status: 202 };
}

function noSnapshot(id: string): AwsError {
  const text = `The snapshot '${id}' does not exist.`;
  return new AwsError('ResourceNotFoundException', 404, text, 'SNAPSHOT_NOT_FOUND');
}

async function readable(data: EbsData, id: string): Promise<EbsSnapshot> {
  const snapshot = await data.find(id);
  if (snapshot === null) throw noSnapshot(id);
  if (snapshot.state === 'completed') return snapshot;
  throw invalid('INVALID_SNAPSHOT_ID', `${id} is ${snapshot.state} and cannot be read`);
}

/** A token beats an index. */
function startOf({ query }: AwsRequest, tokens: EbsTokens, id: string): number {
  const token = query.get('pageToken');
  if (token === undefined) return Number(query.get('startingBlockIndex') ?? 0);
  const start = tokens.startOfPage(token, id);
  if (start === null) throw invalid('INVALID_PAGE_TOKEN', 'the page token is invalid or expired');
  return start;
}

function pageLength({ query }: AwsRequest, pageBlocks: number): number {
  const asked = Number(query.get('maxResults') ?? pageMinBlocks);
  return Math.min(Math.max(asked, pageMinBlocks), pageMaxBlocks, pageBlocks);
}

/** The reference says "GB" of the size; the examples of AWS have bytes with one operation, GiB with the other. */
function frameOf({ sizeBlocks }: EbsSnapshot, unitBytes: number): Readonly<Record<string, number>> {
  return {
    BlockSize: blockSizeBytes,
    VolumeSize: Math.ceil((sizeBlocks * blockSizeBytes) / unitBytes),
    ExpiryTime: Math.floor(Date.now() / 1000) + 7 * 24 * 3600,
  };
}

function invalid(reason: string, message: string): AwsError {
  return new AwsError('ValidationException', 400, message, reason);
}

function json(content: Readonly<Record<string, unknown>>): AwsReply {
  const headers = { 'content-type': 'application/json' };
  return { status: 200, headers, body: JSON.stringify(content) };
}

function errorReply({ code, status, message, reason }: AwsError): AwsReply {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
    body: JSON.stringify({
      message,
      ...(reason === undefined ? {} : { Reason: reason }),
    }),
  };
}
