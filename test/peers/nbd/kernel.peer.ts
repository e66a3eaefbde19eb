import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { type NbdServer, serveNbd } from '../../../src/adapters/nbd/serve-nbd.ts';
import { sampleByte, sampleImage } from '../../support/nbd/sample-image.ts';

const run = promisify(execFile);
const device = '/dev/nbd0';
const whyNoDevice =
  process.getuid?.() === 0 && existsSync(device)
    ? false
    : `there is no ${device} here, or it is not root's to use: 'modprobe nbd' makes it`;
const mib = 1024 * 1024;
const disk = sampleImage([
  { state: 'data', lengthBytes: 4 * mib },
  { state: 'hole', lengthBytes: 4 * mib },
]);

describe('the Linux kernel, as a client of NBD', { timeout: 120_000 }, () => {
  let server: NbdServer;
  before(async () => {
    const exports = [{ name: 'xvda', description: '', image: disk }];
    const onProblem = (line: string): void => assert.fail(line);
    server = await serveNbd({ exports, host: '127.0.0.1', port: 0, onProblem });
  });
  after(() => server.close());

  const place = (): readonly string[] => ['127.0.0.1', String(server.port)];

  for (const how of [[], ['-g']] as const) {
    it(`is told the size of the disk by its nbd-client ${how.join(' ')}`, async () => {
      // It negotiates first, and then finds that this is no device.
      const argv = [...place(), '/dev/null', '-N', 'xvda', '-nonetlink', '-nofork', ...how];
      const said = await run('nbd-client', argv).catch((error: unknown) => error);
      assert.ok(typeof said === 'object' && said !== null && 'stdout' in said);
      assert.match(String(said.stdout), /size = 8MB/);
    });
  }

  it('has the disk, and cannot write to it', { skip: whyNoDevice }, async () => {
    await run('nbd-client', [...place(), device, '-N', 'xvda', '-readonly']);
    try {
      const file = await open(device, 'r');
      const content = Buffer.alloc(8 * mib);
      const { bytesRead } = await file.read(content, 0, content.length, 0);
      await file.close();
      assert.equal(bytesRead, content.length);
      assert.ok(content.every((byte, at) => byte === (at < 4 * mib ? sampleByte(at) : 0)));
      await assert.rejects(async () => {
        const written = await open(device, 'r+');
        try {
          await written.write(Buffer.alloc(4096));
          await written.sync();
        } finally {
          await written.close();
        }
      });
    } finally {
      await run('nbd-client', ['-d', device]);
    }
  });
});
