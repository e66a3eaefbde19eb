import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  describeServer,
  formatKurrentDbLocation,
  parseKurrentDbLocation,
} from '../../../src/adapters/kurrentdb/kurrentdb-location.ts';
import { isSnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';

describe('the location of a KurrentDB server', () => {
  for (const [text, written] of [
    ['esdb://localhost', 'esdb://localhost:2113'],
    ['kurrentdb://localhost:2113/', 'esdb://localhost:2113'],
    ['esdb://localhost:2113?tls=true', 'esdb://localhost:2113'],
    ['esdb://10.0.0.1:1113?tls=false', 'esdb://10.0.0.1:1113?tls=false'],
    ['esdb://a,b:1,c:2/?tls=false', 'esdb://a:2113,b:1,c:2?tls=false'],
    ['kurrentdb+discover://ledger.example', 'esdb+discover://ledger.example:2113'],
    [
      'esdb://a?keepAliveTimeout=5000&tlsCAFile=%2Fetc%2Fca%20one.pem',
      'esdb://a:2113?tlsCAFile=%2Fetc%2Fca+one.pem&keepAliveTimeout=5000',
    ],
  ] as const) {
    it(`is understood as ${text}, and written ${written}`, () => {
      const location = parseKurrentDbLocation(text);
      assert.equal(formatKurrentDbLocation(location), written);
      assert.deepEqual(parseKurrentDbLocation(written), location);
    });
  }

  it('names the server in messages', () => {
    assert.equal(describeServer(parseKurrentDbLocation('esdb://a:1,b:2')), 'a:1, b:2');
    assert.equal(
      describeServer(parseKurrentDbLocation('esdb+discover://a')),
      'the cluster of a:2113',
    );
  });

  for (const [why, text] of [
    ['without a scheme', 'localhost:2113'],
    ['of another scheme', 'http://localhost:2113'],
    ['without a host', 'esdb://'],
    ['with an empty host', 'esdb://a,,b'],
    ['with a port that cannot be', 'esdb://a:70000'],
    ['with a path', 'esdb://a/b'],
    ['with a setting that the client would ignore', 'esdb://a?tlsVerifyCert=false'],
    ['with a setting that the ledger must not have', 'esdb://a?throwOnAppendFailure=false'],
    ['with a setting twice', 'esdb://a?tls=true&tls=false'],
    ['with a number that is none', 'esdb://a?keepAliveInterval=-1'],
    ['with a connection that is looked after too often', 'esdb://a?keepAliveInterval=100'],
    ['with tls that is neither', 'esdb://a?tls=yes'],
    ['with a relative path', 'esdb://a?tlsCAFile=ca.pem'],
    ['with a certificate and no key', 'esdb://a?userCertFile=/c.pem'],
    ['with a certificate but without TLS', 'esdb://a?tls=false&tlsCAFile=/c.pem'],
    ['with discovery through several names', 'esdb+discover://a,b'],
    ['that is endless', `esdb://${'a'.repeat(3_000)}`],
  ] as const) {
    it(`is refused ${why}`, () => {
      assert.throws(
        () => parseKurrentDbLocation(text),
        (error) => {
          assert.ok(isSnapledgerError(error) && error.remedy !== undefined);
          assert.equal(error.code, 'INVALID_ARGUMENT');
          return true;
        },
      );
    });
  }

  it('is refused with a user and a password, and the error never shows them', () => {
    const secret = fc.stringMatching(/^[!-?A-~]{6,20}$/);
    fc.assert(
      fc.property(secret, secret, (username, password) => {
        assert.throws(
          () => parseKurrentDbLocation(`esdb://${username}:${password}@h:1`),
          (error) => {
            assert.ok(isSnapledgerError(error));
            assert.equal(error.code, 'INVALID_ARGUMENT');
            assert.ok(
              !error.message.includes(password) && !(error.remedy ?? '').includes(password),
            );
            return true;
          },
        );
      }),
    );
  });
});
