import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { gcm } from '@noble/ciphers/aes.js';
import type {
  BlockIndex,
  RepositoryId,
  SessionId,
  TimestampMs,
} from '../../../src/domain/identifiers.ts';
import {
  decodeGeneration,
  encodeGeneration,
} from '../../../src/format/strata/collect/generation.ts';
import {
  decodeRelocation,
  encodeRelocation,
} from '../../../src/format/strata/relocate/relocation.ts';
import { parseRelocationClaimKey } from '../../../src/format/strata/object/object-keys.ts';
import { uuidFromBytes } from '../../../src/format/strata/encoding/uuid-bytes.ts';
import { StoredFields } from '../../../src/format/strata/encoding/stored-fields.ts';
import { encodeHeader, readHeader } from '../../../src/format/strata/header/repository-header.ts';
import { lockParameters, unwrapMasterKey } from '../../../src/format/keys/key-slot.ts';
import {
  isRecoveryKeyText,
  parseRecoveryKey,
  writeRecoveryKey,
} from '../../../src/format/keys/recovery-key.ts';
import { recordIdOf } from '../../../src/format/strata/keys/record-id.ts';
import {
  deriveFromMasterKey,
  deriveRepositoryKeys,
} from '../../../src/format/strata/keys/repository-keys.ts';
import { deriveSessionKeys } from '../../../src/format/strata/keys/session-keys.ts';
import { workerSecretOf } from '../../../src/format/strata/keys/worker-secret.ts';
import { decodeMapNode } from '../../../src/format/strata/map/decode-map-node.ts';
import { encodeMapNode } from '../../../src/format/strata/map/encode-map-node.ts';
import { encodeGrant } from '../../../src/format/strata/object/grant.ts';
import {
  openSealed,
  type SealedKind,
  sealedKinds,
  sealObject,
} from '../../../src/format/strata/object/sealed-object.ts';
import { decodeSegment, encodeSegment } from '../../../src/format/strata/object/segment.ts';
import { readPlanPage } from '../../../src/format/strata/object/transfer-plan.ts';
import { encodePackHeader } from '../../../src/format/strata/pack/pack-header.ts';
import { decodePlanSummary } from '../../../src/format/strata/plan/plan-summary.ts';
import { decodeManifest } from '../../../src/format/strata/point/manifest-codec.ts';
import { openOlderMasterKeys } from '../../../src/format/strata/slots/older-master-keys.ts';
import {
  encodeSlotTable,
  readSlotTable,
  slotTableMacKey,
  tableSlotAad,
} from '../../../src/format/strata/slots/slot-table.ts';
import { decodeRecord } from '../../../src/format/strata/record/decode-record.ts';
import {
  encodeRecord,
  recordMaxSizeBytes,
} from '../../../src/format/strata/record/encode-record.ts';
import { recordKeyOf } from '../../../src/format/strata/record/record-cipher.ts';
import { createNoteSigner } from '../../../src/engine/transparency-log/signed-note.ts';
import type { ObjectKey } from '../../../src/ports/object-store.ts';
import { parseGeneration } from '../../../tools/strata-reader/generation.ts';
import { parseRelocation } from '../../../tools/strata-reader/relocation.ts';
import {
  assertAuthentic,
  parseHeader,
  unlockHeaderSlot,
  unlockRepository as unlockWithSecond,
} from '../../../tools/strata-reader/header.ts';
import {
  fromMasterKey,
  repositoryKeys,
  sessionKeys,
  workerSecret,
} from '../../../tools/strata-reader/keys.ts';
import { parseManifest } from '../../../tools/strata-reader/manifest.ts';
import { parseNode } from '../../../tools/strata-reader/map-node.ts';
import { decodeMsgpack, fieldsOf } from '../../../tools/strata-reader/msgpack.ts';
import { openRecord } from '../../../tools/strata-reader/record.ts';
import { openSlot, secretOf } from '../../../tools/strata-reader/slot.ts';
import { parseSlotTable } from '../../../tools/strata-reader/slot-table.ts';
import { openSealed as openSealedSecond } from '../../../tools/strata-reader/sealed-object.ts';
import {
  parsePlanPage,
  parsePlanSummary,
  parseSegment,
} from '../../../tools/strata-reader/transfer.ts';
import { readerOf } from '../../support/golden/golden-readers.ts';
import { readStrataVectors } from '../../support/golden/strata-vectors.ts';

const vector = await readStrataVectors();
const repositoryId = uuidFromBytes(vector('repository-id')) as RepositoryId;
const sessionId = uuidFromBytes(vector('session-id')) as SessionId;
const masterKeys = [vector('master-key'), vector('second-master-key')];
const keysOfProduct = deriveRepositoryKeys(masterKeys, repositoryId, 2);
const [epoch0, epoch1] = keysOfProduct.epochs;
assert.ok(epoch0 !== undefined && epoch1 !== undefined);
const product = {
  ...keysOfProduct,
  ...epoch0,
  ...deriveSessionKeys(sessionId, vector('data-key')),
};
const second = {
  ...repositoryKeys(vector('master-key'), vector('repository-id')),
  session: sessionKeys(vector('data-key')),
};

const ofFirst = (purpose: string): Buffer =>
  fromMasterKey(vector('master-key'), vector('repository-id'), purpose);
const secondOfEpoch1 = repositoryKeys(vector('second-master-key'), vector('repository-id'));

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const assertIs = (bytes: Uint8Array, name: string): void => {
  assert.equal(hex(bytes), hex(vector(name)), name);
};

/** AES-256-GCM of an implementation that shares nothing with ours: opens it, and makes it again. */
function assertNoble(
  sealed: Uint8Array,
  how: { readonly key: Uint8Array; readonly nonce: Uint8Array; readonly aad: Uint8Array },
  content: Uint8Array,
): void {
  const cipher = gcm(how.key, how.nonce, how.aad);
  assert.equal(hex(cipher.decrypt(sealed)), hex(content));
  assert.equal(hex(gcm(how.key, how.nonce, how.aad).encrypt(content)), hex(sealed));
}

describe('the vectors of docs/strata.md', () => {
  it('for keys are what both derive', () => {
    const names = {
      'block-id-key': [product.blockIdKey, second.blockId],
      'node-id-key': [product.nodeIdKey, second.nodeId],
      'session-wrap-key': [product.sessionWrapKey, second.wrap],
      'manifest-key': [product.manifestKey, second.manifest],
      'header-key': [product.headerKey, second.header],
      'worker-secret-key': [product.workerSecretKey, second.worker],
      'session-block-key': [product.blockKey, second.session.block],
      'session-node-key': [product.nodeKey, second.session.node],
      'session-control-key': [product.controlKey, second.session.control],
      'slot-table-key': [epoch0.slotTableKey, ofFirst('slot-table')],
      'older-master-keys-key': [
        deriveFromMasterKey(vector('master-key'), vector('repository-id'), 'older-master-keys'),
        ofFirst('older-master-keys'),
      ],
      'ledger-signing-seed': [product.ledgerSigningSeed, ofFirst('ledger-signing')],
      'ledger-read-key': [product.ledgerReadKey, ofFirst('ledger-read')],
      'tag-secret': [product.tagSecret, ofFirst('cloud-tags')],
      'worker-secret': [
        workerSecretOf(product.workerSecretKey, sessionId, 2),
        workerSecret(second.worker, sessionId, 2),
      ],
      'second-session-wrap-key': [epoch1.sessionWrapKey, secondOfEpoch1.wrap],
      'second-manifest-key': [epoch1.manifestKey, secondOfEpoch1.manifest],
      'second-worker-secret-key': [epoch1.workerSecretKey, secondOfEpoch1.worker],
      'second-worker-secret': [
        workerSecretOf(epoch1.workerSecretKey, sessionId, 2),
        workerSecret(secondOfEpoch1.worker, sessionId, 2),
      ],
      'second-slot-table-key': [
        slotTableMacKey(vector('second-master-key'), repositoryId),
        fromMasterKey(vector('second-master-key'), vector('repository-id'), 'slot-table'),
      ],
      'second-older-master-keys-key': [
        deriveFromMasterKey(
          ...[vector('second-master-key'), vector('repository-id'), 'older-master-keys'],
        ),
        fromMasterKey(vector('second-master-key'), vector('repository-id'), 'older-master-keys'),
      ],
    } as const;
    for (const [name, keys] of Object.entries(names)) for (const key of keys) assertIs(key, name);
  });

  it('for everything that is derived from a master key are what RFC 5869 gives, step by step', () => {
    const purposes = {
      'block-id-key': 'block-id',
      'node-id-key': 'node-id',
      'session-wrap-key': 'session-wrap',
      'manifest-key': 'manifest',
      'header-key': 'header',
      'worker-secret-key': 'worker-secret',
      'slot-table-key': 'slot-table',
      'older-master-keys-key': 'older-master-keys',
      'ledger-signing-seed': 'ledger-signing',
      'ledger-read-key': 'ledger-read',
      'tag-secret': 'cloud-tags',
    } as const;
    const ofEpoch1 = new Set<string>([
      ...['session-wrap', 'manifest', 'worker-secret', 'slot-table', 'older-master-keys'],
    ]);
    const hmac = (key: Uint8Array, ...parts: readonly (Uint8Array | string)[]): Buffer => {
      const mac = createHmac('sha256', key);
      for (const part of parts) mac.update(part);
      return mac.digest();
    };
    for (const [name, purpose] of Object.entries(purposes)) {
      const derived = (master: string): Buffer => {
        const pseudorandomKey = hmac(vector('repository-id'), vector(master));
        return hmac(pseudorandomKey, `snapledger/strata/1/${purpose}`, Uint8Array.of(1));
      };
      assertIs(derived('master-key'), name);
      if (ofEpoch1.has(purpose)) assertIs(derived('second-master-key'), `second-${name}`);
    }
    const recoverySlot = readSlotTable(vector('slot-table'), repositoryId, 2).slots[1];
    const ofRecoveryKey = hmac(recoverySlot?.salt ?? Buffer.alloc(0), vector('recovery-key'));
    assertIs(
      hmac(ofRecoveryKey, 'snapledger/strata/1/recovery-key', Uint8Array.of(1)),
      'table-recovery-slot-key',
    );
  });

  it('for the key that signs the ledger are one pair of Ed25519', () => {
    const signer = createNoteSigner('ledger', product.ledgerSigningSeed);
    const spki = signer.publicKey.export({ format: 'der', type: 'spki' });
    assertIs(spki.subarray(-32), 'ledger-public-key');
  });

  it('for a header with a slot open in both, and in an independent AES-256-GCM', async () => {
    const passphrase = vector('passphrase').toString('utf8');
    assert.notEqual(passphrase, passphrase.normalize('NFC'));
    const header = readHeader(vector('header'));
    const [slot] = header.slots;
    assert.ok(slot !== undefined);
    const secret = { kind: 'passphrase', passphrase } as const;
    const parameters = Buffer.alloc(12);
    [8192, 1, 1].forEach((value, index) => parameters.writeUInt32LE(value, 4 * index));
    const label = Buffer.from('snapledger/strata/1/key-slot');
    const aad = Buffer.concat([label, vector('repository-id'), parameters]);
    const masterKey = await unwrapMasterKey(slot, secret, aad);
    assertIs(masterKey ?? assert.fail('the slot opens'), 'master-key');
    header.authenticate(product.headerKey);
    assertIs(slot.wrappedMasterKey, 'wrapped-master-key');
    const secondHeader = parseHeader(vector('header'));
    assertIs(unlockHeaderSlot(secondHeader, secretOf(passphrase)), 'master-key');
    assertAuthentic(secondHeader, second.header);

    const how = { key: vector('slot-key'), nonce: vector('slot-nonce'), aad };
    assertNoble(vector('wrapped-master-key'), how, vector('master-key'));
  });

  it('for a recovery key are what is written, and what both read', () => {
    const text = vector('recovery-key-text').toString('ascii');
    assert.equal(writeRecoveryKey(vector('recovery-key')), text);
    assert.ok(isRecoveryKeyText(text));
    assertIs(parseRecoveryKey(text), 'recovery-key');
    const secret = secretOf(text);
    assert.ok(secret.kind === 'recovery-key');
    assertIs(secret.key, 'recovery-key');
  });

  it('for a table of key slots open in both, and in an independent AES-256-GCM', async () => {
    const name = vector('slot-table-name').toString('ascii');
    const table = readSlotTable(vector('slot-table'), repositoryId, 2);
    const secondTable = parseSlotTable(vector('slot-table'), name, repositoryId);
    assertIs(encodeSlotTable(table, vector('second-master-key')), 'slot-table');
    assertIs(table.changeIds[0] ?? assert.fail('there is one'), 'slot-table-change-id');
    const secrets = {
      passphrase: { kind: 'passphrase', passphrase: vector('passphrase').toString('utf8') },
      recovery: { kind: 'recovery-key', key: vector('recovery-key') },
    } as const;
    for (const [at, kind] of (['passphrase', 'recovery'] as const).entries()) {
      const slot = table.slots[at] ?? assert.fail('there are two slots');
      const secondSlot = secondTable.slots[at] ?? assert.fail('there are two slots');
      const epochAndId = Buffer.concat([Buffer.of(1, 0), Buffer.from(slot.id)]);
      const label = Buffer.from('snapledger/strata/1/table-slot');
      const end = Buffer.concat([Buffer.of(at + 1), lockParameters(slot.lock)]);
      const aad = Buffer.concat([label, vector('repository-id'), epochAndId, end]);
      assert.equal(hex(tableSlotAad(table, slot.id, slot.lock)), hex(aad));
      const masterKey = await unwrapMasterKey(slot, secrets[kind], aad);
      assertIs(masterKey ?? assert.fail('the slot opens'), 'second-master-key');
      const text = vector(kind === 'recovery' ? 'recovery-key-text' : 'passphrase');
      const opened = openSlot(secondSlot, secretOf(text.toString('utf8')), aad);
      assertIs(opened ?? assert.fail('the slot opens'), 'second-master-key');
      assertIs(slot.wrappedMasterKey, `table-${kind}-wrapped`);
      const key = vector(`table-${kind}-slot-key`);
      const how = { key, nonce: vector(`table-${kind}-slot-nonce`), aad };
      assertNoble(vector(`table-${kind}-wrapped`), how, vector('second-master-key'));
    }
    table.authenticate(vector('second-master-key'));

    const row = vector('older-master-key-row');
    const label = Buffer.from('snapledger/strata/1/older-master-key');
    const aad = Buffer.concat([label, vector('repository-id'), Buffer.of(0, 0, 1, 0)]);
    const key = vector('second-older-master-keys-key');
    assertNoble(row.subarray(12), { key, nonce: row.subarray(0, 12), aad }, vector('master-key'));
    const [first] = openOlderMasterKeys(table, vector('second-master-key'));
    assertIs(first ?? assert.fail('there is an older one'), 'master-key');
  });

  it('for a repository with slot tables open in the second reader with either secret', () => {
    const createdAt = 1_767_596_400_000 as TimestampMs;
    const header = encodeHeader({ repositoryId, createdAt }, product.headerKey);
    assertIs(header, 'header-with-slot-tables');
    readHeader(header).authenticate(product.headerKey);
    const name = vector('slot-table-name').toString('ascii');
    const objects = readerOf(new Map([[name, vector('slot-table')]]));
    const secondHeader = parseHeader(vector('header-with-slot-tables'));
    for (const secret of ['passphrase', 'recovery-key-text']) {
      const text = vector(secret).toString('utf8');
      const [first, newest] = unlockWithSecond(objects, secondHeader, text);
      assertIs(first ?? assert.fail('there are two'), 'master-key');
      assertIs(newest ?? assert.fail('there are two'), 'second-master-key');
    }
  });

  it('for a sealed object of another epoch open in both, and in an independent AES-256-GCM', () => {
    const bytes = vector('second-registration-sealed');
    const content = vector('registration-content');
    const objectKey = vector('registration-name').toString('ascii') as ObjectKey;
    const { repositoryIdBytes } = product;
    const key = epoch1.sessionWrapKey;
    const sealed = { kind: 'registration', objectKey, epoch: 1, key, repositoryIdBytes } as const;
    const nonce = bytes.subarray(8, 20);
    assertIs(sealObject({ ...sealed, nonce, content }), 'second-registration-sealed');
    const opened = openSealed({ ...sealed, bytes, kinds: ['registration'] });
    assertIs(opened.content, 'registration-content');
    const objects = readerOf(new Map([[objectKey, bytes]]));
    const sealKey = [second.wrap, secondOfEpoch1.wrap];
    const how = { repositoryId, sealKey, kinds: [sealedKinds.registration] };
    assertIs(openSealedSecond(objects, objectKey, how).content, 'registration-content');
    const aad = Buffer.concat([
      Buffer.from('snapledger/strata/1'),
      vector('repository-id'),
      Uint8Array.of(sealedKinds.registration),
      Buffer.from(objectKey),
    ]);
    assertNoble(bytes.subarray(20), { key: secondOfEpoch1.wrap, nonce, aad }, content);
  });

  for (const name of ['raw-block', 'zstd-block', 'node'] as const) {
    it(`for the record ${name} are read by both, and by an independent AES-256-GCM`, () => {
      const isBlock = name !== 'node';
      const record = vector(`${name}-record`);
      const content = vector(`${name}-content`);
      const idKey = isBlock ? product.blockIdKey : product.nodeIdKey;
      const kindKey = isBlock ? product.blockKey : product.nodeKey;
      assertIs(recordIdOf(idKey, content), `${name}-id`);
      assertIs(recordKeyOf(kindKey, vector(`${name}-id`)).export(), `${name}-key`);
      const kind = isBlock ? 'block' : 'map-node';
      const id = vector(`${name}-id`);
      const { repositoryIdBytes, sessionIdBytes } = product;
      const plain = decodeRecord({
        ...{ bytes: record, idKey, repositoryIdBytes, location: { objectKey: name } },
        expected: { kind, id, plainLengthBytes: content.length },
        kindKeyOf: () => kindKey,
      });
      assertIs(plain, `${name}-content`);
      const { content: secondPlain } = openRecord(record, name, {
        ...{ repositoryId, repository: second, session: second.session },
      });
      assertIs(secondPlain, `${name}-content`);

      if (name !== 'zstd-block') {
        const made = new Uint8Array(recordMaxSizeBytes(content.length));
        const nonce = vector(`${name}-nonce`);
        const length = encodeRecord(
          {
            ...{ kind, id, plain: content, kindKey, nonce, repositoryIdBytes, sessionIdBytes },
            compression: 'none',
          },
          made,
        );
        assertIs(made.subarray(0, length), `${name}-record`);
      }

      const header = record.subarray(0, 76);
      const how = {
        key: vector(`${name}-key`),
        nonce: header.subarray(64),
        aad: Buffer.concat([vector('repository-id'), header]),
      };
      const stored = gcm(how.key, how.nonce, how.aad).decrypt(record.subarray(76));
      assertNoble(record.subarray(76), how, stored);
      if (name !== 'zstd-block') assertIs(stored, `${name}-content`);
    });
  }

  it('for a map node say the same to both', () => {
    const place = { level: 0, position: 0, entryCount: 4 };
    const node = decodeMapNode(vector('node-content'), place, { objectKey: 'node' });
    assertIs(encodeMapNode(node), 'node-content');
    const entries = parseNode(vector('node-content'), { ...place, entries: 4 }, 'node');
    const plain = (entry: (typeof entries)[number] | (typeof node.entries)[number]): unknown =>
      typeof entry === 'string'
        ? entry
        : {
            pack: typeof entry.pack === 'string' ? entry.pack : entry.pack.key,
            ...{ offset: entry.offset, lengthBytes: entry.lengthBytes, id: hex(entry.id) },
          };
    assert.deepEqual(node.entries.map(plain), entries.map(plain));
    const [, , raw] = entries;
    assert.deepEqual(plain(raw ?? 'absent'), {
      pack: `packs/${sessionId}/89abcdef-00000001`,
      offset: 40,
      lengthBytes: vector('raw-block-record').length,
      id: hex(vector('raw-block-id')),
    });
  });

  it('for the headers of packs, and for a grant, are what is written', () => {
    assertIs(encodePackHeader('data', repositoryId, sessionId), 'data-pack-header');
    assertIs(encodePackHeader('map', repositoryId, sessionId), 'map-pack-header');
    const { blockIdKey } = product;
    const dataKey = vector('data-key');
    assertIs(
      encodeGrant({ repositoryId, sessionId, blockIdKey, dataKey, retainUntil: null }),
      'grant',
    );
  });

  const sealed: Readonly<
    Record<SealedKind, { readonly product: Uint8Array; readonly second: Buffer }>
  > = {
    'session-key': { product: product.sessionWrapKey, second: second.wrap },
    registration: { product: product.sessionWrapKey, second: second.wrap },
    manifest: { product: product.manifestKey, second: second.manifest },
    tombstone: { product: product.manifestKey, second: second.manifest },
    'removal-mark': { product: product.manifestKey, second: second.manifest },
    generation: { product: product.manifestKey, second: second.manifest },
    relocation: { product: product.manifestKey, second: second.manifest },
    'relocation-claim': { product: product.manifestKey, second: second.manifest },
    'plan-page': { product: product.controlKey, second: second.session.control },
    'plan-summary': { product: product.controlKey, second: second.session.control },
    segment: { product: product.controlKey, second: second.session.control },
  };
  for (const kind of Object.keys(sealed) as SealedKind[]) {
    it(`for the sealed object ${kind} are opened by both, and by an independent AES-256-GCM`, () => {
      const keys = sealed[kind];
      const bytes = vector(`${kind}-sealed`);
      const objectKey = vector(`${kind}-name`).toString('ascii') as ObjectKey;
      const { repositoryIdBytes } = product;
      const content = vector(`${kind}-content`);
      const nonce = bytes.subarray(8, 20);
      const toOpen = { bytes, kinds: [kind], objectKey, key: keys.product, repositoryIdBytes };
      assertIs(openSealed(toOpen).content, `${kind}-content`);
      assertIs(
        sealObject({ kind, objectKey, key: keys.product, repositoryIdBytes, nonce, content }),
        `${kind}-sealed`,
      );
      const opened = openSealedSecond(readerOf(new Map([[objectKey, bytes]])), objectKey, {
        ...{ repositoryId, sealKey: keys.second, kinds: [sealedKinds[kind]] },
      });
      assertIs(opened.content, `${kind}-content`);

      const aad = Buffer.concat([
        Buffer.from('snapledger/strata/1'),
        vector('repository-id'),
        Uint8Array.of(sealedKinds[kind]),
        Buffer.from(objectKey),
      ]);
      assertNoble(bytes.subarray(20), { key: keys.second, nonce, aad }, content);
    });
  }

  it('for the contents of sealed objects say the same to both', () => {
    const location = { objectKey: 'vectors' };
    const { manifest, volumes } = decodeManifest(vector('manifest-content'), location);
    const read = parseManifest(vector('manifest-content'), 'vectors', {
      instanceId: 'i-1',
      pointId: sessionId,
    });
    assert.deepEqual(
      [read.setId, read.takenAt, read.committedAt, read.volumes[0]?.sizeBytes],
      [manifest.setId, manifest.takenAt, manifest.committedAt, manifest.volumes[0]?.sizeBytes],
    );
    const root = volumes[0]?.root.entry;
    const secondRoot = read.volumes[0]?.root;
    assert.ok(typeof root === 'object' && typeof secondRoot === 'object');
    assert.deepEqual([secondRoot.pack, hex(secondRoot.id)], [root.pack.key, hex(root.id)]);
    assertIs(root.id, 'node-id');

    for (const [name, field] of [
      ['registration', 'registeredAt'],
      ['tombstone', 'discardedAt'],
      ['removal-mark', 'removedAt'],
      ['relocation-claim', 'claimedAt'],
    ] as const) {
      const bytes = vector(`${name}-content`);
      const time = StoredFields.decode(bytes, location).count(field);
      const secondTime = fieldsOf(decodeMsgpack(bytes, name), name).number(field, 0, 2 ** 52);
      assert.deepEqual([time, secondTime], [1_767_596_400_000, 1_767_596_400_000]);
    }

    const page = readPlanPage(vector('plan-page-content'), location);
    const secondPage = parsePlanPage(vector('plan-page-content'), 'vectors');
    assert.deepEqual(
      secondPage.map(({ index, read: isRead }) => [index, isRead]),
      Array.from({ length: page.count }, (_, entry) => [
        page.blockIndexAt(entry),
        page.actionAt(entry) === 'read',
      ]),
    );
    assert.equal(page.parentAt(1), 'zero');
    assertIs(secondPage[2]?.parentId ?? assert.fail('it has a parent'), 'raw-block-id');

    const summary = decodePlanSummary(vector('plan-summary-content'), location);
    const { base, sizeBytes, plannedBlocks, pages } = summary;
    assert.deepEqual(parsePlanSummary(vector('plan-summary-content'), 'vectors'), {
      ...{ base, sizeBytes, plannedBlocks, pages },
    });

    const segment = decodeSegment(vector('segment-content'), location);
    assertIs(encodeSegment({ ...segment, entries: [...segment.entries] }), 'segment-content');
    const { entries } = parseSegment(vector('segment-content'), 'vectors');
    assert.deepEqual(
      entries.map(({ kind }) => kind),
      ['unchanged', 'zero', 'stored', 'elsewhere'],
    );
    const copied = [...decodeSegment(vector('segment-content'), location).entries][3];
    assert.ok(copied?.kind === 'copy' && copied.parentIndex === (7 as BlockIndex));
    assert.equal(entries[3]?.offset, 7);

    const relocation = decodeRelocation(vector('relocation-content'), location);
    assertIs(encodeRelocation(relocation), 'relocation-content');
    const secondRelocation = parseRelocation(vector('relocation-content'), 'vectors', {
      instanceId: 'i-1',
      pointId: relocation.sessionId,
    });
    assert.deepEqual(
      secondRelocation.volumes.map(({ pointId, volumeId, root: moved }) => [
        pointId,
        volumeId,
        typeof moved === 'string' ? moved : [moved.pack, hex(moved.id)],
      ]),
      relocation.volumes.map(({ pointId, volumeId, root: moved }) => [
        pointId,
        volumeId,
        typeof moved === 'string' ? moved : [moved.pack.key, hex(moved.id)],
      ]),
    );
    assert.deepEqual([relocation.claim, secondRelocation.claim], [1, 1]);
    const claimName = vector('relocation-claim-name').toString('ascii');
    assert.deepEqual(parseRelocationClaimKey(claimName), {
      ...{ instanceId: 'i-1', number: 1, sessionId: relocation.sessionId },
    });

    const generation = decodeGeneration(vector('generation-content'), 7, location);
    assertIs(encodeGeneration(generation), 'generation-content');
    assert.deepEqual(
      parseGeneration(vector('generation-content'), 'vectors', 7),
      generation.batches,
    );
    assert.deepEqual(
      generation.batches.map(({ since, awaits, packs }) => [since, awaits?.length, packs.length]),
      [
        [5, 1, 2],
        [7, undefined, 1],
      ],
    );
  });
});
