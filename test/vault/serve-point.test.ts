import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainFormat } from '../../demo/plain-format/plain-format.ts';
import { everything, FormatBench } from '../../src/conformance/format-bench.ts';
import { modelVolume } from '../../src/conformance/model-volume.ts';
import type { DeviceName, PointId } from '../../src/domain/identifiers.ts';
import { BlockCache } from '../../src/engine/point/block-cache.ts';
import { PointImage } from '../../src/engine/point/point-image.ts';
import { servePoint } from '../../src/vault/serve-point.ts';
import type { PointServer } from '../../src/vault/vault.ts';

const on = await FormatBench.create(plainFormat);
const { pointId } = await on.backUp(modelVolume(['noise-0']), everything);
const reader = await on.repository.openPoint(pointId);

/** Serves a point whose volumes are those of these devices. */
function serve(id: PointId, ...devices: readonly string[]): Promise<PointServer> {
  const [volume] = reader.manifest.volumes;
  assert.ok(volume !== undefined);
  const images = devices.map(
    (device) =>
      new PointImage(reader, { ...volume, device: device as DeviceName }, new BlockCache()),
  );
  return servePoint(
    { openPointImages: () => Promise.resolve(images) },
    { pointId: id, host: '127.0.0.1', port: 0, onProblem: (line) => assert.fail(line) },
  );
}

describe('serving a point', () => {
  it('gives each volume the name of its device', async () => {
    const server = await serve(pointId, '/dev/a/b', '/dev/a-c');
    const names = server.exports.map(({ uri }) => uri.replace(/^.*\//, ''));
    await server.close();
    assert.deepEqual(names, ['a-b', 'a-c']);
  });

  it('refuses two volumes of one name, of which only one could be reached', async () => {
    await assert.rejects(serve(pointId, '/dev/a/b', '/dev/sda', '/dev/a-b'), {
      code: 'INVALID_ARGUMENT',
      message: "/dev/a/b and /dev/a-b would both be served as 'a-b'",
    });
  });
});
