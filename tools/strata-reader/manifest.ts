import { StrataDefect } from './defect.ts';
import { isUuid } from './keys.ts';
import { packKey } from './map-node.ts';
import type { Entry } from './map-node.ts';
import { blockBytes, packHeaderBytes, recordLeastBytes, recordMostBytes } from './record.ts';
import { decodeMsgpack, fieldsOf } from './msgpack.ts';
import type { Value } from './msgpack.ts';

const most = Number.MAX_SAFE_INTEGER;
const u32Most = 2 ** 32 - 1;
/** Blocks are numbered in 32 bits. */
const blocksMost = 2 ** 32;

/** A volume as a manifest describes it. */
export interface Volume {
  readonly volumeId: string;
  readonly device: string;
  readonly snapshotId: string;
  readonly sizeBytes: number;
  readonly root: Entry;
}

/** A restore point. */
export interface Manifest {
  readonly pointId: string;
  readonly instanceId: string;
  readonly setId: string;
  readonly takenAt: number;
  readonly committedAt: number;
  /** Before it no removal mark counts; null: each does at once. */
  readonly lockedUntil: number | null;
  readonly configuration: string;
  readonly volumes: readonly Volume[];
}

/** Reads the content of a manifest found at `points/<instanceId>/<pointId>`. */
export function parseManifest(
  content: Buffer,
  key: string,
  expected: { readonly instanceId: string; readonly pointId: string },
): Manifest {
  const fields = fieldsOf(decodeMsgpack(content, key), key);
  const pointId = fields.text('pointId');
  const instanceId = fields.text('instanceId');
  if (pointId !== expected.pointId || instanceId !== expected.instanceId) {
    throw new StrataDefect(key, `holds the point ${pointId} of ${instanceId}`);
  }
  return {
    pointId,
    instanceId,
    setId: fields.text('setId'),
    takenAt: fields.number('takenAt', 0, most),
    committedAt: fields.number('committedAt', 0, most),
    lockedUntil: fields.optionalNumber('lockedUntil', 0, most),
    configuration: fields.text('configuration'),
    volumes: fields.list('volumes', 1, 256).map((volume, index) => {
      const where = `${key} volume ${index}`;
      const of = fieldsOf(volume, where);
      for (const name of ['blocksStored', 'bytesStored', 'mapBytesStored'])
        of.number(name, 0, most);
      return {
        volumeId: of.text('volumeId'),
        device: of.text('device'),
        snapshotId: of.text('snapshotId'),
        sizeBytes: of.number('sizeBytes', 1, blocksMost * blockBytes),
        root: parseRoot(of.value('root'), where),
      };
    }),
  };
}

/** A root as msgpack holds it. */
export function parseRoot(root: Value, where: string): Entry {
  if (root === 'absent' || root === 'zero') return root;
  const of = fieldsOf(root, `${where} root`);
  const sessionId = of.text('sessionId');
  if (!isUuid(sessionId)) throw new StrataDefect(where, 'root: sessionId is not a UUID');
  return {
    pack: packKey(sessionId, of.number('writer', 0, u32Most), of.number('number', 0, u32Most)),
    sessionId,
    offset: of.number('offset', packHeaderBytes, u32Most),
    lengthBytes: of.number('lengthBytes', recordLeastBytes, recordMostBytes),
    id: of.bytes('id', 32),
  };
}
