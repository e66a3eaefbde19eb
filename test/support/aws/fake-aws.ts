import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type AwsFault, AwsFaults } from './aws-faults.ts';
import { AwsError, type AwsReply, type AwsRequest, type AwsService } from './aws-service.ts';
import { parseQuery, splitUrl } from './signature/canonical-request.ts';
import type { ReceivedRequest } from './signature/received-request.ts';
import {
  type AwsCredentials,
  claimedService,
  verifySignature,
} from './signature/verify-signature.ts';

export interface FakeAwsOptions {
  readonly services: readonly AwsService[];
  /** Who may sign, now; default: {@link testCredentials}. */
  readonly credentials?: () => readonly AwsCredentials[];
  /** Milliseconds since 1970, which the times of signatures are held against. */
  readonly now?: () => number;
}

/** Words that open nothing but a fake. */
export const testCredentials: AwsCredentials = {
  accessKeyId: 'AKIATESTONLYTESTONLY',
  secretAccessKey: 'test-only-test-only-test-only-test-only-',
};

/** Larger than the largest object of ours. */
const bodyMaxBytes = 300 * 1024 * 1024;

/**
 * A FAKE of an endpoint of AWS, on loopback, without TLS. It takes requests with a signature of
 * version 4 and nothing else, gives them to the fake of the service that they are signed for, and
 * can be told to misbehave.
 *
 * It cannot prove what AWS does: how long it takes, how much it takes at once, when it throttles,
 * who may do what there, and whatever its documentation does not say. TLS, DNS names of buckets
 * and the way to credentials are not part of it.
 */
export class FakeAws implements AsyncDisposable {
  readonly faults = new AwsFaults();
  /** Added to every request. */
  latencyMs = 0;
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start(options: FakeAwsOptions): Promise<FakeAws> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('not on a port');
    const fake = new FakeAws(server, address.port);
    let count = 0;
    server.on('request', (request, response) => {
      count += 1;
      // A connection that breaks off is the caller's affair; a fault of the fake itself ends it.
      serve(fake, options, { request, response, requestId: `fake-${count}` }).catch(
        (error: unknown) => {
          response.destroy(error instanceof Error ? error : undefined);
        },
      );
    });
    return fake;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Ends every connection at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Keeps no test alive that has nothing else to do. */
async function sleep(durationMs: number): Promise<void> {
  await wait(durationMs, undefined, { ref: false });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
}

async function serve(
  { faults, latencyMs }: FakeAws,
  options: FakeAwsOptions,
  { request, response, requestId }: Exchange,
): Promise<void> {
  const received = await receive(request);
  if (latencyMs > 0) await sleep(latencyMs);
  const service = serviceFor(options.services, received);
  if (service instanceof AwsError) {
    await send(response, { status: service.status, body: service.message }, undefined, requestId);
    return;
  }
  let fault: AwsFault | undefined;
  let reply: AwsReply;
  try {
    const verified = verify(received, options);
    fault = faults.meet(service.operationOf(verified));
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'cut-before') return void response.destroy();
    reply = await perform(service, verified, fault);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    reply = service.errorReply(error, requestId);
  }
  if (fault?.kind === 'reply-lost') return void response.destroy();
  await send(response, reply, fault, requestId);
}

async function receive(request: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > bodyMaxBytes) throw new Error(`a body of more than ${bodyMaxBytes} bytes`);
    chunks.push(chunk);
  }
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(',')]),
    ),
    body: Buffer.concat(chunks),
  };
}

function serviceFor(
  services: readonly AwsService[],
  received: ReceivedRequest,
): AwsService | AwsError {
  try {
    const name = claimedService(received);
    const service = services.find((each) => each.name === name);
    return service ?? new AwsError('UnknownService', 404, `there is no ${name} at this endpoint`);
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
}

function verify(received: ReceivedRequest, options: FakeAwsOptions): AwsRequest {
  const { credentials = () => [testCredentials], now = Date.now } = options;
  const { region, ...signer } = verifySignature(received, credentials(), now());
  const { accessKeyId, accountId } = signer;
  const { path, query } = splitUrl(received.url);
  const { method, headers, body } = received;
  return {
    method,
    path,
    query: new Map(parseQuery(query)),
    headers,
    body,
    region,
    accessKeyId,
    accountId,
  };
}

async function perform(
  service: AwsService,
  request: AwsRequest,
  fault: AwsFault | undefined,
): Promise<AwsReply> {
  if (fault?.kind === 'latency') await sleep(fault.delayMs);
  if (fault?.kind !== 'error') return await service.handle(request);
  if (fault.when === 'after-effect') await service.handle(request);
  const { code, status, message = 'this error was armed by the test', reason } = fault;
  throw new AwsError(code, status, message, reason);
}

async function send(
  response: ServerResponse,
  reply: AwsReply,
  fault: AwsFault | undefined,
  requestId: string,
): Promise<void> {
  const body = bodyWith(fault, Buffer.from(reply.body ?? ''));
  response.writeHead(reply.status, {
    'x-amz-request-id': requestId,
    'content-length': String(body.byteLength),
    ...reply.headers,
    ...(fault?.kind === 'header' ? { [fault.name]: fault.value } : {}),
  });
  if (fault?.kind === 'cut-in-reply') {
    response.write(body.subarray(0, fault.afterBytes));
    // what was written has to get out before the line is cut
    await sleep(20);
    response.destroy();
  } else if (fault?.kind === 'slow-reply') {
    for (let at = 0; at < body.byteLength && !response.destroyed; at += fault.stepBytes) {
      response.write(body.subarray(at, at + fault.stepBytes));
      await sleep(fault.pauseMs);
    }
    response.end();
  } else {
    response.end(body);
  }
}

function bodyWith(fault: AwsFault | undefined, body: Buffer): Buffer {
  if (fault?.kind === 'body') return Buffer.from(fault.body);
  if (fault?.kind !== 'flipped-bit') return body;
  const flipped = Buffer.from(body);
  flipped[fault.atByte] = (flipped[fault.atByte] ?? 0) ^ 1;
  return flipped;
}
