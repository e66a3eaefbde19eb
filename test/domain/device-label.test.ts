import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deviceLabel, sharedLabelOf } from '../../src/domain/device-label.ts';
import type { DeviceName } from '../../src/domain/identifiers.ts';

const devices = (...names: readonly string[]): readonly DeviceName[] =>
  names as readonly DeviceName[];

describe('the label of a device', () => {
  for (const [device, label] of [
    ['/dev/xvda', 'xvda'],
    ['/dev/mapper/data', 'mapper-data'],
    ['/dev/disk/by-id/one', 'disk-by-id-one'],
    ['sdb', 'sdb'],
    ['/mnt/dev/sdb', '-mnt-dev-sdb'],
  ] as const) {
    it(`${device}: ${label}`, () => {
      assert.equal(deviceLabel(device as DeviceName), label);
    });
  }

  it('is found to be that of two devices', () => {
    assert.deepEqual(sharedLabelOf(devices('/dev/sda', '/dev/a/b', '/dev/sdb', '/dev/a-b')), {
      label: 'a-b',
      devices: ['/dev/a/b', '/dev/a-b'],
    });
    assert.deepEqual(sharedLabelOf(devices('/dev/sda', 'sda')), {
      label: 'sda',
      devices: ['/dev/sda', 'sda'],
    });
    assert.deepEqual(sharedLabelOf(devices('/dev/SDA', '/dev/sda')), {
      label: 'sda',
      devices: ['/dev/SDA', '/dev/sda'],
    });
  });

  it('is one of its own, usually', () => {
    assert.equal(sharedLabelOf(devices('/dev/sda', '/dev/sdb', '/dev/a/b', '/dev/a-c')), null);
    assert.equal(sharedLabelOf([]), null);
  });
});
