/**
 * Reading snapshots by EBS direct, against a fake of it in another process that adds latency:
 *
 *     node bench/direct.ts [BLOCKS] [LATENCY_MS] [CONNECTIONS]
 *
 * Prints a line of JSON for each part of the same run: `bare`, signed HTTP requests whose bodies are
 * held against their SHA-256 and nothing else; `source`, the block source of snapledger; `transfer`,
 * the whole pipeline on top of it, whose packs are dropped. The fake shares the processors.
 *
 * The pace begins at the quota of 1,000 a second, not at half of it as otherwise, because the run is
 * short.
 */
import { spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { createEbsBlockSource } from '../src/adapters/aws/ebs/ebs-block-source.ts';
import { type EbsConnection, openEbs } from '../src/adapters/aws/ebs/ebs-connection.ts';
import { ebsLimits } from '../src/adapters/aws/ebs/ebs-limits.ts';
import { createMemoryObjectStore } from '../src/adapters/memory/object-store.ts';
import { systemClock } from '../src/adapters/system/system-clock.ts';
import { systemRandom } from '../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../src/domain/block-size.ts';
import type { BlockIndex, Region, SnapshotId } from '../src/domain/identifiers.ts';
import { prepareStrataTransfer } from '../src/format/strata/transfer/prepare-strata-transfer.ts';
import type { ObjectStore } from '../src/ports/object-store.ts';
import {
  everyBlock,
  makeTransferFixture,
  writePlan,
} from '../test/format/strata/transfer/transfer-fixture.ts';
import { testCredentials } from '../test/support/aws/fake-aws.ts';

const region = 'eu-test-1' as Region;
const snapshotId = 'snap-00aa' as SnapshotId;

const [blocks = '6000', latencyMs = '60', connections = '128'] = process.argv.slice(2);
const blockCount = Number(blocks);
const server = spawn(
  process.execPath,
  [join(import.meta.dirname, 'support', 'ebs-server.ts'), blocks, latencyMs],
  { stdio: ['pipe', 'pipe', 'inherit'] },
);
const [address] = (await once(server.stdout, 'data')) as [Buffer];
const endpoint = address.toString().trim();
try {
  await measure('bare', () => bareLoop(Number(connections)));
  await measure('source', () => withConnection(readSource));
  await measure('transfer', () => withConnection(transferAll));
} finally {
  server.stdin.end();
}

async function measure(part: string, work: () => Promise<void>): Promise<void> {
  const before = process.cpuUsage();
  const startedMs = performance.now();
  await work();
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  const figures = {
    part,
    blocks: blockCount,
    latencyMs: Number(latencyMs),
    seconds: Number(seconds.toFixed(2)),
    blocksPerSecond: Math.round(blockCount / seconds),
    cpuSeconds: Number(((user + system) / 1e6).toFixed(2)),
    peakMib: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

/** As many requests at once as there are connections, each by hand. */
async function bareLoop(connectionsMax: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  const tokens = await withConnection((connection) => listTokens(connection));
  let next = 0;
  const read = async (): Promise<void> => {
    while (next < blockCount) {
      const block = next;
      next += 1;
      await getBlock(agent, block, tokens.get(block) ?? '');
    }
  };
  await Promise.all(Array.from({ length: connectionsMax }, read));
  agent.destroy();
}

async function listTokens({ client }: EbsConnection): Promise<ReadonlyMap<number, string>> {
  const { ListSnapshotBlocksCommand } = await import('@aws-sdk/client-ebs');
  const tokens = new Map<number, string>();
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new ListSnapshotBlocksCommand({
        SnapshotId: snapshotId,
        MaxResults: 10_000,
        ...(NextToken === undefined ? {} : { NextToken }),
      }),
    );
    for (const { BlockIndex, BlockToken } of page.Blocks ?? []) {
      if (BlockIndex !== undefined && BlockToken !== undefined) tokens.set(BlockIndex, BlockToken);
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return tokens;
}

async function getBlock(agent: Agent, block: number, token: string): Promise<void> {
  const { host } = new URL(endpoint);
  const path = `/snapshots/${snapshotId}/blocks/${block}`;
  const query = `blockToken=${encodeURIComponent(token)}`;
  const request = get(`${endpoint}${path}?${query}`, {
    agent,
    headers: signed(host, path, query),
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const bytes = Buffer.allocUnsafe(blockSizeBytes);
  let atBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>)
    atBytes += chunk.copy(bytes, atBytes);
  const sha256 = createHash('sha256').update(bytes).digest('base64');
  if (atBytes !== blockSizeBytes || response.headers['x-amz-checksum'] !== sha256) {
    throw new Error(`block ${block} came back damaged`);
  }
}

function signed(host: string, path: string, query: string): Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey } = testCredentials;
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const day = time.slice(0, 8);
  const emptyHash = createHash('sha256').digest('hex');
  const names = 'host;x-amz-content-sha256;x-amz-date';
  const headers = `host:${host}\nx-amz-content-sha256:${emptyHash}\nx-amz-date:${time}\n`;
  const canonical = ['GET', path, query, headers, names, emptyHash].join('\n');
  const scope = `${day}/${region}/ebs/aws4_request`;
  const hash = createHash('sha256').update(canonical).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', time, scope, hash].join('\n');
  const key = [day, region, 'ebs', 'aws4_request'].reduce<Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  return {
    host,
    'x-amz-content-sha256': emptyHash,
    'x-amz-date': time,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

async function withConnection<T>(work: (connection: EbsConnection) => Promise<T>): Promise<T> {
  const connection = openEbs({
    region,
    clock: systemClock,
    random: systemRandom,
    endpoint,
    credentials: testCredentials,
    limits: { ...ebsLimits, readsPerSecondFirst: ebsLimits.readsPerSecondMax },
  });
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

async function readSource(connection: EbsConnection): Promise<void> {
  const sizeBytes = blockCount * blockSizeBytes;
  const source = createEbsBlockSource(connection, { snapshotId, sizeBytes });
  let next = 0;
  const read = async (): Promise<void> => {
    const into = new Uint8Array(blockSizeBytes);
    while (next < blockCount) {
      const block = next;
      next += 1;
      await source.read(block as BlockIndex, 1, into);
    }
  };
  await Promise.all(Array.from({ length: source.blocksAtOnceWanted ?? 1 }, read));
  await source.close();
}

async function transferAll(connection: EbsConnection): Promise<void> {
  const random = systemRandom;
  const objectStore = withoutPacks(createMemoryObjectStore());
  const source = createEbsBlockSource(connection, {
    snapshotId,
    sizeBytes: blockCount * blockSizeBytes,
  });
  const fixture = makeTransferFixture(random);
  const plan = await writePlan(fixture, objectStore, random, everyBlock(blockCount));
  const transfer = await prepareStrataTransfer({ threads: availableParallelism() }).open({
    ...{ objectStore, random, compression: 'fast' },
    clock: systemClock,
    grant: fixture.grantBytes,
    attempt: 1,
  });
  const signal = new AbortController().signal;
  let read = 0;
  for await (const { counts } of transfer.run({ ...plan, source, firstPlanned: 0, signal })) {
    read += counts.blocksRead;
  }
  await transfer.close();
  if (read !== blockCount) throw new Error(`${read} of ${blockCount} blocks were read`);
}

/** Keeps plans and segments. */
function withoutPacks(memory: ObjectStore): ObjectStore {
  return {
    create: (key, body) =>
      key.startsWith('packs/') ? Promise.resolve() : memory.create(key, body),
    get: (key, range) => memory.get(key, range),
    head: (key) => memory.head(key),
    list: (prefix, options) => memory.list(prefix, options),
    delete: (key) => memory.delete(key),
    retention: null,
  };
}
