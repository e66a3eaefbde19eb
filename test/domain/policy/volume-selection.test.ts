import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  exclusionOf,
  type SelectableVolume,
  type VolumeMatch,
  type VolumeSelection,
} from '../../../src/domain/policy/volume-selection.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';

function volume(name: string, role: 'root' | 'data', tags = {}): SelectableVolume {
  return { volumeId: sampleIds.volume(name), device: sampleIds.device(name), role, tags };
}

const volumes = [
  volume('xvda', 'root'),
  volume('xvdb', 'data', { use: 'scratch' }),
  volume('xvdc', 'data', { use: 'data' }),
];

function taken(roles: VolumeSelection['roles'], ...exclude: readonly VolumeMatch[]): string {
  return volumes
    .filter((one) => exclusionOf({ roles, exclude }, one) === null)
    .map(({ device }) => device.slice('/dev/'.length))
    .join(' ');
}

describe('of the volumes of an instance a policy takes', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['all', taken('all'), 'xvda xvdb xvdc'],
    ['the root only', taken('root'), 'xvda'],
    ['the data only', taken('data'), 'xvdb xvdc'],
    [
      'all without a device',
      taken('all', { kind: 'device', device: sampleIds.device('xvdb') }),
      'xvda xvdc',
    ],
    [
      'all without a volume',
      taken('all', { kind: 'volume', volumeId: sampleIds.volume('xvdc') }),
      'xvda xvdb',
    ],
    [
      'all without those of a tag and value',
      taken('all', { kind: 'tag', key: 'use', value: 'scratch' }),
      'xvda xvdc',
    ],
    ['all without those of a tag', taken('all', { kind: 'tag', key: 'use', value: null }), 'xvda'],
    [
      'none of a role that is excluded',
      taken('root', { kind: 'device', device: sampleIds.device('xvda') }),
      '',
    ],
  ];
  for (const [what, found, expected] of cases) {
    it(what, () => {
      assert.equal(found, expected);
    });
  }

  it('and says why it does not take one', () => {
    const byDevice = { kind: 'device', device: sampleIds.device('xvdb') } as const;
    const selection: VolumeSelection = { roles: 'data', exclude: [byDevice] };
    assert.deepEqual(
      volumes.map((one) => exclusionOf(selection, one)),
      ['role', 'device', null],
    );
  });
});
