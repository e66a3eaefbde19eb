import { hash } from 'node:crypto';
import { GetSnapshotBlockCommand } from '@aws-sdk/client-ebs';
import { assert } from '../../../domain/errors/assert.ts';
import type { SnapshotId } from '../../../domain/identifiers.ts';
import { DamagedReply } from '../client/aws-failure.ts';
import { createGetSigner, uriEncoded } from '../client/get-signer.ts';
import { readBody, stopBody } from '../client/read-body.ts';
import { withinLimit } from '../client/retry-call.ts';
import type { EbsConnection } from './ebs-connection.ts';

/** What the HTTP client of the SDK takes, as far as it matters here. */
interface BuiltRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

interface Response {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
}

interface HttpClient {
  handle(
    request: BuiltRequest,
    options: { readonly abortSignal: AbortSignal },
  ): Promise<{ readonly response: Response }>;
}

/**
 * GetSnapshotBlock of one snapshot. The SDK builds the request once, and reads what is an error; each block is then
 * asked for by that request with another path, because what the SDK does for one takes longer than to receive it.
 */
export class BlockGets {
  readonly #connection: EbsConnection;
  readonly #snapshotId: SnapshotId;
  readonly #sign: ReturnType<typeof createGetSigner>;
  #built: BuiltRequest | undefined;

  constructor(connection: EbsConnection, snapshotId: SnapshotId) {
    this.#connection = connection;
    this.#snapshotId = snapshotId;
    this.#sign = createGetSigner('ebs', connection.region);
  }

  /**
   * One try: the block as it was put, held against the SHA-256 that EBS keeps of it. After an error `into` has anything in it.
   *
   * @returns the SHA-256
   * @throws DamagedReply, AwsTimeout, and what the client throws
   */
  async get(block: number, token: string, into: Uint8Array): Promise<Uint8Array> {
    const { client, context } = this.#connection;
    const { clock, limits } = context;
    const http: HttpClient = client.config.requestHandler;
    const { response } = await withinLimit(clock, limits.callTimeoutMs, async (abortSignal) =>
      // Keys may have to be renewed for it, which takes part of the time too.
      http.handle(await this.#requestOf(block, token), { abortSignal }),
    );
    const { statusCode, headers, body } = response;
    try {
      await withinLimit(clock, limits.callTimeoutMs, async () => {
        if (statusCode !== 200) await this.#throwErrorOf(response);
        await readBody(body, into);
      });
      const sha256 = hash('sha256', into, 'buffer');
      const isWhole =
        headers['x-amz-checksum-algorithm'] === 'SHA256' &&
        headers['x-amz-checksum'] === sha256.toString('base64');
      if (!isWhole) {
        throw new DamagedReply('its bytes do not have the SHA-256 that EBS keeps of it');
      }
      return sha256;
    } finally {
      stopBody(body);
    }
  }

  async #requestOf(block: number, token: string): Promise<BuiltRequest> {
    const { client, context } = this.#connection;
    const built = (this.#built ??= await this.#build());
    const keys = await client.config.credentials();
    const path = built.path.replace(/\d+$/, String(block));
    const { host = '', 'user-agent': userAgent = '' } = built.headers;
    const query = `blockToken=${uriEncoded(token)}`;
    // The SDK learns how far the clock of AWS is from this one, with each list too.
    const timeMs = context.clock.now() + client.config.systemClockOffset;
    const signed = this.#sign({ host, path, query }, keys, timeMs);
    const headers = { 'user-agent': userAgent, ...signed };
    return { ...built, path, query: { blockToken: token }, headers };
  }

  /** The request for block 0, as it is before it is signed. */
  async #build(): Promise<BuiltRequest> {
    const built: BuiltRequest[] = [];
    const command = this.#command();
    command.middlewareStack.add(
      () =>
        ({ request }) => {
          built.push(request as BuiltRequest);
          return Promise.resolve({ response: {}, output: { $metadata: {} } });
        },
      { step: 'finalizeRequest', priority: 'high', name: 'snapledgerBuiltRequest' },
    );
    await this.#connection.client.send(command);
    const [request] = built;
    assert(request !== undefined, 'the SDK builds a request');
    return request;
  }

  /** Has the SDK read the response. */
  async #throwErrorOf(response: Response): Promise<never> {
    const command = this.#command();
    command.middlewareStack.add(() => () => Promise.resolve({ response }), {
      step: 'deserialize',
      priority: 'low',
      name: 'snapledgerReceivedResponse',
    });
    await this.#connection.client.send(command);
    throw new DamagedReply(`a block came with the status ${response.statusCode}`);
  }

  #command(): GetSnapshotBlockCommand {
    return new GetSnapshotBlockCommand({
      SnapshotId: this.#snapshotId,
      BlockIndex: 0,
      BlockToken: '0',
    });
  }
}
