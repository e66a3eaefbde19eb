import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planLaunch } from '../../../../src/adapters/aws/ec2/launches/plan-launch.ts';
import { restoredMark } from '../../../../src/adapters/aws/ec2/launches/restored-mark.ts';
import { bytesPerGib } from '../../../../src/adapters/aws/ec2/ec2-limits.ts';
import type { LaunchPlanRequest } from '../../../../src/ports/cloud/instance-restores.ts';
import { sampleIds } from '../../../support/domain/sample-ids.ts';

const home = sampleIds.region('eu-test-1');
const root = sampleIds.device('xvda');
const data = sampleIds.device('sdf');
const sizeBytes = 8 * bytesPerGib;

const recorded = {
  imageId: 'ami-0123',
  instanceType: 'm7i.large',
  architecture: 'x86_64',
  platform: 'Linux/UNIX',
  bootMode: 'uefi',
  availabilityZone: 'eu-test-1a',
  tenancy: 'default',
  subnetId: 'subnet-home',
  privateIpAddress: '10.0.0.7',
  securityGroupIds: ['sg-1', 'sg-2'],
  keyName: 'ops',
  instanceProfileArn: 'arn:aws:iam::111122223333:instance-profile/web',
  rootDevice: root,
  ebsOptimized: true,
  enaSupport: true,
  monitoring: 'enabled',
  metadataOptions: { httpTokens: 'required' },
  tags: {
    env: 'prod',
    Name: 'web',
    'aws:autoscaling:groupName': 'webs',
    'sl1.sealed': 'x',
    [restoredMark]: 'another session',
  },
  volumes: [
    { device: root, volumeType: 'gp3', iops: 4000, throughput: 250, deleteOnTermination: true },
    { device: data, volumeType: 'io2', iops: 9000, deleteOnTermination: false },
    { device: '/dev/sdz', volumeType: 'st1' },
  ],
};

function requestOf(other: Partial<LaunchPlanRequest> = {}): LaunchPlanRequest {
  return {
    owner: { sessionId: sampleIds.session('restore'), instanceId: sampleIds.instance('i-1') },
    configuration: recorded,
    region: home,
    wishes: { keyId: null },
    volumes: [root, data].map((device) => ({ device, sizeBytes })),
    ...other,
  };
}

describe('the launch of an instance that is restored', () => {
  it('is as it was recorded, but for its address and what others have set', () => {
    assert.deepEqual(planLaunch(requestOf(), home), {
      region: home,
      instanceType: 'm7i.large',
      architecture: 'x86_64',
      bootMode: 'uefi',
      tenancy: 'default',
      subnetId: 'subnet-home',
      privateIpAddress: null,
      securityGroupIds: ['sg-1', 'sg-2'],
      keyName: 'ops',
      instanceProfile: 'arn:aws:iam::111122223333:instance-profile/web',
      rootDevice: root,
      ebsOptimized: true,
      enaSupport: true,
      monitoring: 'detailed',
      metadataOptions: { httpTokens: 'required' },
      tags: { env: 'prod', Name: 'web' },
      keyId: null,
      volumes: [
        {
          source: root,
          device: root,
          sizeGib: null,
          volumeType: 'gp3',
          iops: 4000,
          throughput: 250,
          deleteOnTermination: true,
        },
        {
          source: data,
          device: data,
          sizeGib: null,
          volumeType: 'io2',
          iops: 9000,
          throughput: null,
          deleteOnTermination: false,
        },
      ],
    });
  });

  it('is as it is said, where something is said', () => {
    const wishes = {
      instanceType: 't3.small',
      subnetId: 'subnet-new',
      securityGroupIds: ['sg-new'],
      instanceProfile: 'other',
      keyName: 'mine',
      tags: { env: 'test', why: 'drill' },
      volumeType: 'gp2',
      keyId: 'arn:key',
      architecture: 'arm64',
      rootDevice: data,
    } as const;
    const launch = planLaunch(requestOf({ wishes }), home);
    const { tags, volumeType, ...same } = wishes;
    assert.deepEqual({ ...launch, ...same }, launch);
    assert.deepEqual(launch.tags, { env: 'test', Name: 'web', why: 'drill' });
    for (const volume of launch.volumes) {
      assert.deepEqual(
        [volume.volumeType, volume.iops, volume.throughput],
        [volumeType, null, null],
      );
    }
    const bare = planLaunch(requestOf({ wishes: { ...wishes, recordedTags: 'leave' } }), home);
    assert.deepEqual(bare.tags, tags);
  });

  it('has the hardware, boot, monitoring, address and metadata service that are said', () => {
    const same = {
      tenancy: 'dedicated',
      bootMode: 'legacy-bios',
      monitoring: 'basic',
      privateIpAddress: '10.0.0.9',
    } as const;
    const wishes = {
      ...same,
      keyId: null,
      ebsOptimized: 'off',
      enaSupport: 'off',
      metadataOptions: { httpTokens: 'optional', httpPutResponseHopLimit: 2 },
    } as const;
    const metadataOptions = { httpTokens: 'required', instanceMetadataTags: 'enabled' };
    const launch = planLaunch(
      requestOf({ wishes, configuration: { ...recorded, metadataOptions } }),
      home,
    );
    assert.deepEqual({ ...launch, ...same }, launch);
    assert.deepEqual([launch.ebsOptimized, launch.enaSupport], [false, false]);
    assert.deepEqual(launch.metadataOptions, {
      httpTokens: 'optional',
      httpPutResponseHopLimit: 2,
      instanceMetadataTags: 'enabled',
    });
  });

  it('asks for optimisation for EBS with another type only where that is said', () => {
    const wishes = { keyId: null, instanceType: 't2.small' };
    assert.equal(planLaunch(requestOf({ wishes }), home).ebsOptimized, null);
    const said = { ...wishes, ebsOptimized: 'on' } as const;
    assert.equal(planLaunch(requestOf({ wishes: said }), home).ebsOptimized, true);
  });

  it('has each volume as is said of it, and the others as recorded or said of all', () => {
    const volumes = [
      {
        device: data,
        newDevice: sampleIds.device('sdg'),
        sizeGib: 9,
        iops: 12_000,
      },
      { device: root, newDevice: sampleIds.device('sda1'), onTermination: 'keep' },
    ] as const;
    const launch = planLaunch(requestOf({ wishes: { keyId: null, volumes } }), home);
    assert.equal(launch.rootDevice, '/dev/sda1');
    assert.deepEqual(launch.volumes, [
      {
        source: root,
        device: '/dev/sda1',
        sizeGib: null,
        volumeType: 'gp3',
        iops: 4000,
        throughput: 250,
        deleteOnTermination: false,
      },
      {
        source: data,
        device: '/dev/sdg',
        sizeGib: 9,
        volumeType: 'io2',
        iops: 12_000,
        throughput: null,
        deleteOnTermination: false,
      },
    ]);
    const faster = [{ device: data, volumeType: 'gp3', throughput: 500 }] as const;
    const wishes = { keyId: null, volumeType: 'gp2', volumes: faster };
    assert.deepEqual(
      planLaunch(requestOf({ wishes }), home).volumes.map((one) => [
        one.volumeType,
        one.iops,
        one.throughput,
      ]),
      [
        ['gp2', null, null],
        ['gp3', null, 500],
      ],
    );
  });

  it('lets devices be exchanged, and no two volumes have one', () => {
    const exchanged = [
      { device: root, newDevice: data },
      { device: data, newDevice: root },
    ];
    const launch = planLaunch(requestOf({ wishes: { keyId: null, volumes: exchanged } }), home);
    assert.equal(launch.rootDevice, data);
    const volumes = [{ device: data, newDevice: root }];
    assert.throws(() => planLaunch(requestOf({ wishes: { keyId: null, volumes } }), home), {
      code: 'INVALID_ARGUMENT',
      message: `two volumes would have the device ${root}`,
    });
  });

  it('is refused where something is said of a volume that is not there, or does not have it', () => {
    const sdz = sampleIds.device('sdz');
    const cases = [
      [[{ device: sdz, iops: 9000 }], /volume \/dev\/sdz, which is not among the volumes/],
      [[{ device: data }, { device: data }], /described twice/],
      [[{ device: data, volumeType: 'gp2', iops: 9000 }], /of type gp2, of which it follows/],
      [[{ device: data, throughput: 500 }], /a throughput is said .* of type io2/],
      [[{ device: data, sizeGib: 7 }], /has 8 GiB, and is not made smaller/],
      [[{ device: data, sizeGib: 70_000 }], /70000 GiB, a volume of type io2 from 4 to 65536/],
      [[{ device: data, volumeType: 'io3' }], /volumes of type 'io3' are not made/],
      [[{ device: root, volumeType: 'st1' }], /from 125/],
      [[{ device: data, volumeType: 'io1' }], /does not tell the IOPS of its volume \/dev\/sdf/],
    ] as const;
    for (const [volumes, message] of cases) {
      const wishes = { keyId: null, volumes };
      assert.throws(() => planLaunch(requestOf({ wishes }), home), {
        code: 'INVALID_ARGUMENT',
        message,
      });
    }
    const large = [root, data].map((device) => ({ device, sizeBytes: 200 * bytesPerGib }));
    const wishes = { keyId: null, volumes: [{ device: root, volumeType: 'st1' }] };
    assert.throws(() => planLaunch(requestOf({ wishes, volumes: large }), home), {
      message: /root would be of type st1, of which EC2 boots no instance/,
    });
  });

  it('has no profile and no key pair where that is said, unless others are', () => {
    const wishes = { keyId: null, recordedProfile: 'leave', recordedKeyName: 'leave' } as const;
    const bare = planLaunch(requestOf({ wishes }), home);
    assert.deepEqual([bare.instanceProfile, bare.keyName], [null, null]);
    const others = { ...wishes, instanceProfile: 'other', keyName: 'mine' };
    const launch = planLaunch(requestOf({ wishes: others }), home);
    assert.deepEqual([launch.instanceProfile, launch.keyName], ['other', 'mine']);
  });

  it('takes no tags that AWS or snapledger set themselves', () => {
    for (const key of ['aws:name', 'sl1.sealed', restoredMark]) {
      const wishes = { keyId: null, tags: { [key]: 'x' } };
      assert.throws(() => planLaunch(requestOf({ wishes }), home), {
        code: 'INVALID_ARGUMENT',
        message: new RegExp(`'${key}'`),
      });
    }
  });

  it('asks at once for all that is neither recorded nor said', () => {
    for (const configuration of [null, {}, { volumes: 'many', securityGroupIds: [7] }]) {
      assert.throws(() => planLaunch(requestOf({ configuration }), home), {
        code: 'INVALID_ARGUMENT',
        message:
          /root device, its type, its architecture, a subnet .*, security groups .*, the type of its volume \/dev\/xvda/,
        remedy: /--root-device, --type, --architecture, --subnet, --security-group, --volume-type/,
      });
    }
    const wishes = {
      instanceType: 't3.small',
      architecture: 'arm64',
      rootDevice: root,
      subnetId: 'subnet-new',
      securityGroupIds: ['sg-new'],
      volumeType: 'gp3',
      keyId: null,
    };
    assert.equal(planLaunch(requestOf({ configuration: null, wishes }), home).enaSupport, true);
  });

  it('uses nothing in another region that is of the one where the instance was', () => {
    const region = sampleIds.region('eu-other-2');
    assert.throws(() => planLaunch(requestOf({ region }), home), {
      message: /does not tell a subnet of eu-other-2, security groups of eu-other-2$/,
      remedy: 'Say it: --subnet, --security-group.',
    });
    const wishes = { subnetId: 'subnet-there', securityGroupIds: ['sg-there'], keyId: null };
    const launch = planLaunch(requestOf({ region, wishes }), home);
    assert.equal(launch.keyName, null);
    assert.equal(launch.instanceProfile, recorded.instanceProfileArn);
  });

  it('goes by the zone that was recorded, where the vault is of another region', () => {
    const region = sampleIds.region('eu-other-2');
    assert.throws(() => planLaunch(requestOf({ region }), region), {
      message: /does not tell a subnet of eu-other-2, security groups of eu-other-2$/,
    });
    assert.equal(planLaunch(requestOf(), region).subnetId, 'subnet-home');
    const configuration = { ...recorded, availabilityZone: undefined };
    assert.equal(planLaunch(requestOf({ configuration }), home).subnetId, 'subnet-home');
  });

  it('asks for another type where the IOPS that one needs are not recorded', () => {
    const volumes = [recorded.volumes[0], { device: data, volumeType: 'io2' }];
    assert.throws(() => planLaunch(requestOf({ configuration: { ...recorded, volumes } }), home), {
      message: /does not tell the IOPS of its volume \/dev\/sdf$/,
      remedy: 'Say it: --volume-setting /dev/sdf:iops=COUNT.',
    });
  });

  it('is refused for a system whose license comes with its image', () => {
    const configuration = { ...recorded, platform: 'Windows' };
    assert.throws(() => planLaunch(requestOf({ configuration }), home), {
      code: 'INVALID_ARGUMENT',
      message: /ran Windows, whose license/,
      remedy: /--to-volumes/,
    });
  });

  it('needs its root among the volumes, and types that take their size', () => {
    const volumes = [{ device: data, sizeBytes }];
    assert.throws(() => planLaunch(requestOf({ volumes }), home), {
      message: /root device \/dev\/xvda is not among the volumes/,
    });
    const wishes = { volumeType: 'st1', keyId: null };
    assert.throws(() => planLaunch(requestOf({ wishes }), home), { message: /from 125/ });
    const large = [root, data].map((device) => ({ device, sizeBytes: 200 * bytesPerGib }));
    assert.throws(() => planLaunch(requestOf({ wishes, volumes: large }), home), {
      code: 'INVALID_ARGUMENT',
      message: /root would be of type st1, of which EC2 boots no instance/,
    });
  });
});
