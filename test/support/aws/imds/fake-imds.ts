import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AwsCredentials } from '../signature/verify-signature.ts';

const role = 'snapledger-worker';
const credentialsPath = '/latest/meta-data/iam/security-credentials/';

/** The credentials of the role that every worker of the fake has; open nothing but a fake. */
export const workerCredentials: AwsCredentials = {
  accessKeyId: 'ASIATESTONLYWORKERS1',
  secretAccessKey: 'test-only/worker+test-only/worker+test-o',
  sessionToken: 'test-only/session+token==',
};

/**
 * A FAKE of the instance metadata service, version 2 only, with the credentials of one role. It cannot
 * show who reaches the real one: hop limits, and machines without a role.
 */
export async function startFakeImds(): Promise<AsyncDisposable & { readonly endpoint: string }> {
  const token = 'test-only-metadata-token';
  const server = createServer((request, response) => {
    const [status, body] = answer(request, token);
    response.writeHead(status, { 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not on a port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(
  { method, url, headers }: IncomingMessage,
  token: string,
): readonly [number, string] {
  if (url === '/latest/api/token') {
    const lifetime = headers['x-aws-ec2-metadata-token-ttl-seconds'];
    return method === 'PUT' && lifetime !== undefined ? [200, token] : [400, ''];
  }
  if (headers['x-aws-ec2-metadata-token'] !== token) return [401, ''];
  if (url === credentialsPath) return [200, role];
  return url === credentialsPath + role ? [200, credentialsText()] : [404, ''];
}

/** Laid out as the real one does it. */
function credentialsText(): string {
  const { accessKeyId, secretAccessKey, sessionToken } = workerCredentials;
  const document = {
    Code: 'Success',
    LastUpdated: new Date().toISOString(),
    Type: 'AWS-HMAC',
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: new Date(Date.now() + 6 * 3_600_000).toISOString(),
  };
  return JSON.stringify(document, null, 2).replaceAll('": ', '" : ');
}
