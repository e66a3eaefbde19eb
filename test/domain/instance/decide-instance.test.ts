import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  decideInstance,
  type InstanceCommand,
} from '../../../src/domain/instance/decide-instance.ts';
import type { InstanceEvent } from '../../../src/domain/instance/instance-events.ts';
import {
  evolveInstance,
  initialInstance,
  type InstanceState,
} from '../../../src/domain/instance/instance-state.ts';
import { specificationOf } from '../../support/domain/decider-specification.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';
import { listTags } from '../../../src/domain/policy/instance-selection.ts';
import { forgotten, known } from '../../../src/domain/sensitive/sensitive.ts';

const given = specificationOf<InstanceCommand, InstanceState, InstanceEvent>({
  initial: initialInstance,
  evolve: evolveInstance,
  decide: decideInstance,
});

const instanceId = sampleIds.instance('web-1');
const [monday, tuesday] = [sampleIds.session('monday'), sampleIds.session('tuesday')];
const [here, there] = [sampleIds.engine('here'), sampleIds.engine('there')];

const claim = (sessionId = monday, engineId = here, tags = {}): InstanceCommand => ({
  type: 'ClaimSession',
  instanceId,
  sessionId,
  engineId,
  purpose: 'backup',
  tags,
});
const takeOver = (sessionId = monday, engineId = there): InstanceCommand => ({
  type: 'TakeOverSession',
  instanceId,
  sessionId,
  engineId,
});
const release = (sessionId = monday): InstanceCommand => ({ type: 'ReleaseSession', sessionId });

const claimed: InstanceEvent = {
  type: 'SessionClaimed',
  data: { sessionId: monday, engineId: here },
};
const untagged: InstanceEvent = { type: 'TagsSeen', data: { tags: known([]) } };
const takenOver: InstanceEvent = {
  type: 'SessionTakenOver',
  data: { sessionId: monday, engineId: there },
};
const released: InstanceEvent = { type: 'SessionReleased', data: { sessionId: monday } };

describe('an instance that no session holds', () => {
  it('is claimed by the first that asks', () => {
    given().when(claim()).then(claimed, untagged);
  });

  it('is claimed again after its release', () => {
    given(claimed, untagged, released)
      .when(claim(tuesday))
      .then({ type: 'SessionClaimed', data: { sessionId: tuesday, engineId: here } });
  });

  it('cannot be taken over: there is nothing to go on with', () => {
    given().when(takeOver()).thenRefused('SESSION_FENCED', monday);
    given(claimed, released).when(takeOver()).thenRefused('SESSION_FENCED', monday);
  });

  it('takes a second release for what it is: nothing', () => {
    given().when(release()).thenNothing();
    given(claimed, released).when(release()).thenNothing();
  });
});

describe('an instance that a session holds', () => {
  it('refuses another session, and says which one holds it', () => {
    given(claimed).when(claim(tuesday)).thenRefused('INSTANCE_BUSY', instanceId, monday);
    given(claimed).when(claim(tuesday, there)).thenRefused('INSTANCE_BUSY', instanceId, monday);
  });

  it('can have that session taken over, and stays held', () => {
    given(claimed).when(takeOver()).then(takenOver);
    given(claimed, takenOver).when(claim(tuesday)).thenRefused('INSTANCE_BUSY', monday);
  });

  it('cannot have another session taken over', () => {
    given(claimed).when(takeOver(tuesday)).thenRefused('SESSION_FENCED', tuesday);
  });

  it('is released by that session alone', () => {
    given(claimed).when(release(tuesday)).thenNothing();
    given(claimed).when(release()).then(released);
    given(claimed, takenOver).when(release()).then(released);
  });

  it('asks a busy caller to try again later', () => {
    assert.throws(() => decideInstance(claim(tuesday), evolveInstance(initialInstance, claimed)), {
      retry: 'retryable',
    });
  });
});

describe('the tags of an instance', () => {
  const seen = (tags: Readonly<Record<string, string>>): InstanceEvent => ({
    type: 'TagsSeen',
    data: { tags: known(listTags(tags)) },
  });
  const note = (tags: Readonly<Record<string, string>>): InstanceCommand => ({
    type: 'NoteTags',
    tags,
  });
  const both = { env: 'prod', team: 'web' };

  it('are recorded with the first session', () => {
    given()
      .when(claim(monday, here, both))
      .then(claimed, seen(both));
  });

  it('are recorded with a later session when another value, key or number of them is found', () => {
    const before = [claimed, seen(both), released];
    const claimedAgain: InstanceEvent = {
      ...claimed,
      data: { ...claimed.data, sessionId: tuesday },
    };
    const found = (tags: Readonly<Record<string, string>>): InstanceCommand =>
      claim(tuesday, here, tags);
    for (const tags of [
      { env: 'test', team: 'web' },
      { env: 'prod', owner: 'web' },
      { env: 'prod' },
      { ...both, owner: 'x' },
      {},
    ]) {
      given(...before)
        .when(found(tags))
        .then(claimedAgain, seen(tags));
    }
    given(...before)
      .when(found(both))
      .then(claimedAgain);
  });

  it('are listed by their keys, whatever those are', () => {
    const tags = { team: 'web', ['__proto__']: 'x', env: 'prod' };
    const list = [
      { key: '__proto__', value: 'x' },
      { key: 'env', value: 'prod' },
      { key: 'team', value: 'web' },
    ];
    given(claimed, untagged)
      .when(note(tags))
      .then({ type: 'TagsSeen', data: { tags: known(list) } });
    given(claimed, seen(tags)).when(note(tags)).thenNothing();
    given(claimed, seen(tags))
      .when(note({ team: 'web', env: 'prod' }))
      .then(seen({ team: 'web', env: 'prod' }));
  });

  it('are the same in whatever order they are told', () => {
    given(claimed, seen(both))
      .when(note({ team: 'web', env: 'prod' }))
      .thenNothing();
  });

  it('are recorded between sessions too, and while one runs, when they have changed', () => {
    given(claimed, seen(both), released).when(note({})).then(seen({}));
    given(claimed, seen({})).when(note(both)).then(seen(both));
    given(claimed, seen({}), seen(both)).when(note(both)).thenNothing();
    // Of a ledger that an earlier version wrote.
    given(claimed, released).when(note({})).then(seen({}));
  });

  it('are not recorded of an instance that never had a session', () => {
    given().when(note(both)).thenNothing();
  });
});

describe('what an instance remembers', () => {
  it('is every session once, in the order of the claims, and who holds it now', () => {
    const { state } = given(claimed, takenOver, released).when(claim(tuesday, there)).decided();
    assert.deepEqual(state, {
      sessions: [monday, tuesday],
      tags: known({}),
      claim: { sessionId: tuesday, engineId: there },
      holds: [],
      expiries: [],
      parents: [],
      removals: null,
      forgottenAt: null,
      forgottenKeyId: null,
    });
  });
});

describe('an instance that is forgotten', () => {
  const forget = {
    type: 'ForgetInstance',
    instanceId,
    key: { kind: 'there', id: 'first' },
    now: atHour(20),
  } as const satisfies InstanceCommand;
  const isForgotten: InstanceEvent = {
    type: 'InstanceForgotten',
    data: { forgottenAt: atHour(20), keyId: 'first' },
  };
  const maintain: InstanceCommand = {
    type: 'ClaimSession',
    instanceId,
    sessionId: tuesday,
    engineId: here,
    purpose: 'maintenance',
    tags: { owner: 'somebody' },
  };

  it('is so from the first time that it is recorded', () => {
    given(claimed, released).when(forget).then(isForgotten);
    given(claimed, released, isForgotten)
      .when({ ...forget, now: atHour(30) })
      .thenNothing();
    const { state } = given(claimed, released).when(forget).decided();
    assert.equal(state.forgottenAt, atHour(20));
  });

  it('is so again for a key that was made since, and for none otherwise', () => {
    const later = { ...forget, now: atHour(30) };
    const again: InstanceEvent = {
      type: 'InstanceForgotten',
      data: { forgottenAt: atHour(30), keyId: 'second' },
    };
    const second = { kind: 'there', id: 'second' } as const;
    const forgotten = given(claimed, released, isForgotten);
    forgotten.when({ ...later, key: second }).then(again);
    forgotten.when({ ...later, key: { kind: 'none' } }).thenNothing();
    given(claimed, released, isForgotten, again)
      .when({ ...later, key: second })
      .thenNothing();
  });

  it('is so again, each time, for a key that is damaged: it may be one that was made since', () => {
    const unnamed = (hour: number): InstanceEvent => ({
      type: 'InstanceForgotten',
      data: { forgottenAt: atHour(hour), keyId: null },
    });
    const forgetDamaged = (hour: number): InstanceCommand => ({
      ...forget,
      key: { kind: 'damaged' },
      now: atHour(hour),
    });
    given(claimed, released).when(forgetDamaged(20)).then(unnamed(20));
    given(claimed, released, isForgotten).when(forgetDamaged(30)).then(unnamed(30));
    given(claimed, released, unnamed(20)).when(forgetDamaged(30)).then(unnamed(30));
  });

  it('is so without a key that anything was sealed with', () => {
    const event: InstanceEvent = {
      type: 'InstanceForgotten',
      data: { forgottenAt: atHour(20), keyId: null },
    };
    given(claimed, released)
      .when({ ...forget, key: { kind: 'none' } })
      .then(event);
  });

  it('is not while a session holds it', () => {
    given(claimed).when(forget).thenRefused('INSTANCE_BUSY');
  });

  it('is not backed up, and is maintained', () => {
    given(claimed, released, isForgotten).when(claim(tuesday)).thenRefused('INSTANCE_FORGOTTEN');
    given(claimed, released, isForgotten)
      .when(maintain)
      .then({ type: 'SessionClaimed', data: { sessionId: tuesday, engineId: here } });
  });

  it('is named, for a program, in the refusal', () => {
    const state = [claimed, released, isForgotten].reduce(evolveInstance, initialInstance);
    assert.throws(() => decideInstance(claim(tuesday), state), { details: { instanceId } });
  });

  it('has no tags that would be recorded again', () => {
    given(claimed, released, isForgotten)
      .when({ type: 'NoteTags', tags: { owner: 'somebody' } })
      .thenNothing();
  });

  it('whose tags cannot be read has other ones than before', () => {
    const unreadable: InstanceEvent = { type: 'TagsSeen', data: { tags: forgotten } };
    given(claimed, unreadable).when({ type: 'NoteTags', tags: {} }).then(untagged);
  });
});
