import type { DeviceName, InstanceId, VolumeId } from '../identifiers.ts';
import {
  choice,
  list,
  named,
  nullable,
  object,
  optional,
  required,
  type Shape,
  text,
  variants,
} from '../shape/shape.ts';
import type { InstanceMatch, InstanceSelection } from './instance-selection.ts';
import { policyLimits } from './policy-limits.ts';
import type { VolumeMatch, VolumeSelection } from './volume-selection.ts';

/** What a cloud calls something. */
export const namedId = <T extends string>(what: string): Shape<T> =>
  text<T>({
    maxLength: policyLimits.namedIdMaxLength,
    meaning: `the ${what}, as its cloud names it`,
  });

const tagKey = text({ maxLength: policyLimits.tagKeyMaxLength, meaning: 'the key of a tag' });
const tagValue = text({
  minLength: 0,
  maxLength: policyLimits.tagValueMaxLength,
  meaning: 'the value of a tag, as text (in quotes when it looks like a number)',
});
const tagFields = {
  key: required(tagKey, 'The key of the tag.'),
  value: optional(nullable(tagValue), null, 'Its value; null: any.'),
};

const instanceMatch: Shape<InstanceMatch> = named('instanceMatch', () =>
  variants<InstanceMatch>({
    all: {},
    instances: {
      instanceIds: required(
        list(namedId<InstanceId>('id of an instance'), {
          minItems: 1,
          maxItems: policyLimits.selectionTermsMax,
          // Not of events: what was recorded stays readable.
          condition: { uniqueItems: true },
        }),
        'Ids of instances.',
      ),
    },
    tag: tagFields,
    'all-of': { of: required(someMatches, 'Every one of them has to match.') },
    'any-of': { of: required(someMatches, 'At least one of them has to match.') },
  }),
);
const someMatches = list(instanceMatch, { minItems: 1, maxItems: policyLimits.selectionTermsMax });

/** Which instances a policy is for. */
export const selectionShape: Shape<InstanceSelection> = object<InstanceSelection>({
  include: required(instanceMatch, 'Which instances the policy is for.'),
  exclude: optional(nullable(instanceMatch), null, 'Without these; wins over include.'),
});

/** Which of their volumes. */
export const volumesShape: Shape<VolumeSelection> = object<VolumeSelection>({
  roles: optional(choice('all', 'root', 'data'), 'all', 'Root volume, data volumes, or both.'),
  exclude: optional(
    list(
      variants<VolumeMatch>({
        device: {
          device: required(namedId<DeviceName>('name of a device'), 'Where it is attached.'),
        },
        volume: {
          volumeId: required(namedId<VolumeId>('id of a volume'), 'The id of the volume.'),
        },
        tag: tagFields,
      }),
      { maxItems: policyLimits.volumeExclusionsMax },
    ),
    [],
    'Volumes that are left out.',
  ),
});
