import { createHash } from 'node:crypto';
import { describe } from 'node:test';
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { RepositoryId, SessionId } from '../../../src/domain/identifiers.ts';
import { decodeGeneration } from '../../../src/format/strata/collect/generation.ts';
import { StoredFields } from '../../../src/format/strata/encoding/stored-fields.ts';
import { uuidFromBytes } from '../../../src/format/strata/encoding/uuid-bytes.ts';
import { readHeader } from '../../../src/format/strata/header/repository-header.ts';
import { deriveRepositoryKeys } from '../../../src/format/strata/keys/repository-keys.ts';
import { deriveSessionKeys } from '../../../src/format/strata/keys/session-keys.ts';
import { decodeMapNode } from '../../../src/format/strata/map/decode-map-node.ts';
import { decodeGrant } from '../../../src/format/strata/object/grant.ts';
import {
  packKey,
  parseGenerationKey,
  parsePackKey,
  parsePointKey,
  parseRelocationClaimKey,
  parseRegistrationKey,
  parseRemovalMarkKey,
  parseSessionKeyKey,
  parseSlotTableKey,
  parseTransferKey,
} from '../../../src/format/strata/object/object-keys.ts';
import {
  openSealed,
  type SealedKind,
  sealedKinds,
} from '../../../src/format/strata/object/sealed-object.ts';
import { decodeSegment } from '../../../src/format/strata/object/segment.ts';
import { readPlanPage } from '../../../src/format/strata/object/transfer-plan.ts';
import { decodePlanSummary } from '../../../src/format/strata/plan/plan-summary.ts';
import { decodeManifest } from '../../../src/format/strata/point/manifest-codec.ts';
import { decodeRecord } from '../../../src/format/strata/record/decode-record.ts';
import { decodeRelocation } from '../../../src/format/strata/relocate/relocation.ts';
import { scanPack } from '../../../src/format/strata/repair/scan-pack.ts';
import { readSlotTable } from '../../../src/format/strata/slots/slot-table.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import { refusesWithACode, type UntrustedReader } from '../../support/fuzz/fuzz-decoder.ts';
import { readStrataVectors } from '../../support/golden/strata-vectors.ts';

const vector = await readStrataVectors();
const repositoryId = uuidFromBytes(vector('repository-id')) as RepositoryId;
const sessionId = uuidFromBytes(vector('session-id')) as SessionId;
const keys = deriveRepositoryKeys([vector('master-key')], repositoryId, 0);
const session = deriveSessionKeys(sessionId, vector('data-key'));
const { repositoryIdBytes } = keys;
const location = { objectKey: 'fuzzed' };
const kinds = Object.keys(sealedKinds) as SealedKind[];

/** For readers that give nothing where others throw. */
const refuse = (): never => {
  throw new SnapledgerError('OBJECT_CORRUPT', 'it is none');
};

/** SHA-256 of all bytes before, behind them. */
const withDigest = (bytes: Buffer): Buffer => {
  const content = bytes.subarray(0, Math.max(0, bytes.length - 32));
  return Buffer.concat([content, createHash('sha256').update(content).digest()]);
};

const readers: readonly UntrustedReader[] = [
  {
    reads: 'a header',
    samples: [vector('header'), vector('header-with-slot-tables')],
    read: readHeader,
    withSums: withDigest,
  },
  {
    reads: 'a table of key slots',
    samples: [vector('slot-table')],
    read: (bytes) => readSlotTable(bytes, repositoryId, 2),
    withSums: withDigest,
  },
  {
    reads: 'a sealed object',
    samples: [vector('manifest-sealed')],
    read: (bytes) => {
      const objectKey = vector('manifest-name').toString() as ObjectKey;
      const key = keys.epochs[0]?.manifestKey ?? Buffer.alloc(32);
      return openSealed({ ...{ bytes, kinds, objectKey, repositoryIdBytes }, key });
    },
  },
  {
    reads: 'a record',
    samples: [vector('raw-block-record')],
    read: (bytes) => {
      const id = vector('raw-block-id');
      return decodeRecord({
        ...{ bytes, repositoryIdBytes, location, idKey: keys.blockIdKey },
        expected: { kind: 'block', id, plainLengthBytes: 23 },
        kindKeyOf: () => session.blockKey,
      });
    },
  },
  {
    reads: 'a map node',
    samples: [vector('node-content')],
    read: (bytes) => decodeMapNode(bytes, { level: 0, position: 0, entryCount: 4 }, location),
  },
  {
    reads: 'a pack without its keys',
    samples: [
      Buffer.concat([vector('data-pack-header'), vector('raw-block-record')]),
      Buffer.concat([
        ...[vector('map-pack-header'), vector('node-record'), vector('node-record')],
        vector('raw-block-record'),
      ]),
    ],
    read: async (bytes) => {
      const name = { sessionId, writer: 1, number: 0 };
      const pack = { ...name, key: packKey(name) };
      const store = createMemoryObjectStore();
      await store.create(pack.key, bytes);
      const found = await scanPack(store, pack, bytes.length);
      for (const { ref } of found) {
        if (ref.offset + ref.lengthBytes > bytes.length) throw new Error('beyond the pack');
      }
      if (found.length === 0) refuse();
    },
  },
  ...(
    [
      ['manifest', decodeManifest],
      ['relocation', decodeRelocation],
      ['plan-summary', decodePlanSummary],
      ['tombstone', (bytes: Buffer) => StoredFields.decode(bytes, location).count('discardedAt')],
      ['generation', (bytes: Buffer) => decodeGeneration(bytes, 7, location)],
      [
        'plan-page',
        (bytes: Buffer) => {
          const page = readPlanPage(bytes, location);
          for (let entry = 0; entry < page.count; entry += 1) {
            page.blockIndexAt(entry);
            page.actionAt(entry);
            page.parentAt(entry);
          }
        },
      ],
      ['segment', (bytes: Buffer) => [...decodeSegment(bytes, location).entries]],
    ] as const
  ).map(([kind, decode]) => ({
    reads: `the content of a sealed object: ${kind}`,
    samples: [vector(`${kind}-content`)],
    read: (bytes: Buffer) => decode(bytes, location),
  })),
  { reads: 'a grant', samples: [vector('grant')], read: decodeGrant },
  {
    reads: 'the name of an object',
    samples: [...kinds.map((kind) => vector(`${kind}-name`)), vector('slot-table-name')],
    read: (bytes) => {
      const key = bytes.toString('latin1');
      const names: readonly unknown[] = [
        ...[parseGenerationKey(key), parsePackKey(key), parsePointKey(key)],
        ...[parseRelocationClaimKey(key), parseRemovalMarkKey(key), parseSlotTableKey(key)],
        ...[parseTransferKey(key), parseSessionKeyKey(key), parseRegistrationKey(key)],
      ];
      if (names.every((name) => name === null)) refuse();
    },
  },
];

describe('bytes of strata that anybody may have written', () => {
  refusesWithACode(readers);
});
