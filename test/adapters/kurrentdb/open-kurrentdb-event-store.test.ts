import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { ErrorCode } from '../../../src/domain/errors/error-code.ts';
import {
  isSnapledgerError,
  type SnapledgerError,
} from '../../../src/domain/errors/snapledger-error.ts';
import { all, newEvents, newStream, rejects } from '../../conformance/event-store/sample-events.ts';
import { startBlackHole } from '../../support/kurrentdb/black-hole.ts';
import { FakeKurrentDb } from '../../support/kurrentdb/fake-kurrentdb.ts';
import { openLedgerOn } from '../../support/kurrentdb/open-ledger-on.ts';

const limits = { callTimeoutMs: 3_000, closeTimeoutMs: 300 };
const user = { username: 'backup', password: 'p4ss w:rd/ö' };

describe('opening a ledger on something that is not what it should be', { timeout: 60_000 }, () => {
  it('says that nobody answers', async () => {
    const port = await closedPort();
    const error = await refusalOf(port, 'LEDGER_UNAVAILABLE');
    assert.equal(error.retry, 'retryable');
    assert.match(error.message, new RegExp(`at 127\\.0\\.0\\.1:${port} failed .*ECONNREFUSED`));
  });

  it('says that a name is not known', async () => {
    const opened = openLedgerOn('esdb://no-such-host.invalid:2113?tls=false', { limits });
    await assert.rejects(opened, { code: 'LEDGER_UNAVAILABLE', message: /no-such-host\.invalid/ });
  });

  it('gives up an address that never says anything, after one connection', async () => {
    await using hole = await startBlackHole();
    const quick = { callTimeoutMs: 300, closeTimeoutMs: 100 };
    const opened = openLedgerOn(`esdb://127.0.0.1:${hole.port}?tls=false`, { limits: quick });
    await assert.rejects(opened, {
      code: 'LEDGER_UNAVAILABLE',
      message: /did not answer within 300 ms/,
    });
    assert.equal(hole.connections(), 1);
  });

  it('recognises a web server', async () => {
    const server = createHttpServer((_request, response) => response.end('<html>hello</html>'));
    await using listening = await listen(server);
    const error = await refusalOf(listening.port, 'NOT_AN_EVENT_STORE');
    assert.match(error.remedy ?? '', /host and port/);
  });

  for (const status of [200, 404]) {
    it(`recognises a web server of HTTP/2 that answers ${status}`, async () => {
      const server = createHttp2Server((_request, response) => {
        response.writeHead(status, { 'content-type': 'text/html' });
        response.end('<html>hello</html>');
      });
      await using listening = await listen(server);
      await refusalOf(listening.port, 'NOT_AN_EVENT_STORE');
    });
  }

  it('recognises a gRPC server of something else', async () => {
    const server = new Server();
    const port = await new Promise<number>((resolve) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, bound) => {
        resolve(bound);
      });
    });
    await refusalOf(port, 'NOT_AN_EVENT_STORE');
    server.forceShutdown();
  });

  it('recognises a server of something else altogether', async () => {
    const server = createTcpServer((socket) => socket.end('220 mail.example ESMTP\r\n'));
    await using listening = await listen(server);
    await refusalOf(listening.port, 'NOT_AN_EVENT_STORE');
  });

  it('refuses a user and a password for a server without TLS, where they are never sent', async () => {
    const opened = openLedgerOn('esdb://127.0.0.1:1?tls=false', { credentials: user });
    await assert.rejects(opened, { code: 'INVALID_ARGUMENT', message: /without TLS/ });
  });

  it('names a file of the location that cannot be read', async () => {
    const opened = openLedgerOn('esdb://127.0.0.1:1?tlsCAFile=/nowhere/ca.pem');
    await assert.rejects(opened, { code: 'INVALID_ARGUMENT', message: /\/nowhere\/ca\.pem/ });
  });
});

describe('a ledger on a server with TLS and users', { timeout: 60_000 }, () => {
  const file = (name: string): string =>
    fileURLToPath(new URL(`../../support/kurrentdb/tls/${name}`, import.meta.url));
  const certificatePath = file('test-only-certificate.pem');
  const startSecure = async (): Promise<FakeKurrentDb> =>
    FakeKurrentDb.start({
      secure: {
        key: await readFile(file('test-only-key.pem')),
        certificate: await readFile(certificatePath),
        ...user,
      },
    });
  const urlOf = (server: FakeKurrentDb, query: string): string =>
    `kurrentdb://127.0.0.1:${server.port}?${query}`;
  const trusted = `tlsCAFile=${encodeURIComponent(certificatePath)}`;

  it('works with the right ones', async () => {
    await using server = await startSecure();
    const store = await openLedgerOn(urlOf(server, trusted), { credentials: user });
    const stream = newStream();
    await store.append(stream, 'no-stream', newEvents(2));
    assert.equal((await all(store.readAll())).length, 2);
    await store.close();
  });

  for (const [what, credentials] of [
    ['a wrong password', { ...user, password: 'wrong-s3cret' }],
    ['an unknown user', { username: 'nobody', password: 'wrong-s3cret' }],
    ['no user at all', null],
  ] as const) {
    it(`refuses ${what} at once, and shows no secret`, async () => {
      await using server = await startSecure();
      const opened = openLedgerOn(urlOf(server, trusted), { credentials, limits });
      const error = await errorOf(opened);
      assert.equal(error.code, 'LEDGER_ACCESS_DENIED');
      assert.equal(error.retry, 'permanent');
      assert.equal(server.faults.calls('read-all'), 0);
      const everything = inspect(error, { depth: 20, showHidden: true });
      const basic = Buffer.from(`${credentials?.username}:${credentials?.password}`);
      for (const secret of ['wrong-s3cret', basic.toString('base64')]) {
        assert.ok(!everything.includes(secret), 'no secret in the error');
      }
    });
  }

  it('refuses a certificate that nobody vouches for', async () => {
    await using server = await startSecure();
    const opened = openLedgerOn(urlOf(server, 'tls=true'), { credentials: user, limits });
    const error = await errorOf(opened);
    assert.equal(error.code, 'LEDGER_UNAVAILABLE');
    assert.match(error.message, /certificate/);
  });

  it('says so when only one of the two speaks TLS', async () => {
    await using secure = await startSecure();
    const plainToSecure = await errorOf(openLedgerOn(urlOf(secure, 'tls=false'), { limits }));
    await using plain = await FakeKurrentDb.start();
    const secureToPlain = await errorOf(openLedgerOn(urlOf(plain, 'tls=true'), { limits }));
    for (const error of [plainToSecure, secureToPlain]) {
      assert.ok(['LEDGER_UNAVAILABLE', 'NOT_AN_EVENT_STORE'].includes(error.code));
      assert.match(error.remedy ?? '', /tls=false/);
    }
  });

  it('ends for a user who may not do this any more', async () => {
    await using server = await startSecure();
    const store = await openLedgerOn(urlOf(server, trusted), { credentials: user });
    server.faults.arm('append', { kind: 'access-denied' });
    await rejects(store.append(newStream(), 'no-stream', newEvents(1)), 'LEDGER_ACCESS_DENIED');
    await store.close();
  });
});

async function refusalOf(port: number, code?: ErrorCode): Promise<SnapledgerError> {
  const error = await errorOf(openLedgerOn(`esdb://127.0.0.1:${port}?tls=false`, { limits }));
  if (code !== undefined) assert.equal(error.code, code, error.message);
  assert.ok(error.remedy !== undefined);
  return error;
}

async function errorOf(work: Promise<unknown>): Promise<SnapledgerError> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  assert.ok(isSnapledgerError(outcome), inspect(outcome));
  return outcome;
}

async function listen(server: TcpServer): Promise<AsyncDisposable & { readonly port: number }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]() {
      server.close();
      return Promise.resolve();
    },
  };
}

async function closedPort(): Promise<number> {
  const { port, ...listening } = await listen(createTcpServer());
  await listening[Symbol.asyncDispose]();
  return port;
}
