import { StrataDefect } from './defect.ts';
import { isUuid } from './keys.ts';
import type { Entry } from './map-node.ts';
import { parseRoot } from './manifest.ts';
import { decodeMsgpack, fieldsOf } from './msgpack.ts';

/** Where maps begin since a session has moved what they lead to. */
export interface Relocation {
  /** The number in the key of the session's claim. */
  readonly claim: number;
  readonly volumes: readonly {
    readonly pointId: string;
    readonly volumeId: string;
    readonly root: Entry;
  }[];
}

const volumesMost = 32_768;

/** Reads the content of a relocation found at `points/<instanceId>/<pointId>`. */
export function parseRelocation(
  content: Buffer,
  key: string,
  expected: { readonly instanceId: string; readonly pointId: string },
): Relocation {
  const fields = fieldsOf(decodeMsgpack(content, key), key);
  const sessionId = fields.text('sessionId');
  const instanceId = fields.text('instanceId');
  if (sessionId !== expected.pointId || instanceId !== expected.instanceId) {
    throw new StrataDefect(key, `holds the relocation ${sessionId} of ${instanceId}`);
  }
  return {
    claim: fields.number('claim', 1, 0xffff_ffff),
    volumes: fields.list('volumes', 0, volumesMost).map((volume, index) => {
      const where = `${key} volume ${index}`;
      const of = fieldsOf(volume, where);
      const pointId = of.text('pointId');
      if (!isUuid(pointId)) throw new StrataDefect(where, 'pointId is not a UUID');
      return { pointId, volumeId: of.text('volumeId'), root: parseRoot(of.value('root'), where) };
    }),
  };
}
