import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DomainEvent } from '../../../src/engine/ledger/domain-event.ts';
import { EndedStates } from '../../../src/engine/ledger/ended-states.ts';
import type { Aggregate, Loaded } from '../../../src/engine/ledger/ledger.ts';
import type { StreamName } from '../../../src/ports/event-store.ts';

interface Job {
  readonly done: 'yes' | 'no';
  readonly items?: readonly number[];
}

const jobs: Aggregate<Job, DomainEvent> = {
  catalogue: {},
  initial: { done: 'no' },
  evolve: (state) => state,
  isEnded: ({ done }) => done === 'yes',
};
const job = 'job-1' as StreamName;

describe('states of ended streams', () => {
  const reading = (states: EndedStates, items: readonly number[] = []) => {
    const read: StreamName[] = [];
    const get = async (stream: StreamName, of: typeof jobs, done: Job['done']): Promise<Job> => {
      const loaded: Loaded<Job> = {
        stream,
        state: { done, items },
        revision: 'no-stream',
        lastHash: '',
      };
      const { state } = await states.get(stream, of, () => {
        read.push(stream);
        return Promise.resolve(loaded);
      });
      return state;
    };
    return { read, get };
  };

  it('are read once', async () => {
    const { read, get } = reading(new EndedStates());
    assert.equal((await get(job, jobs, 'yes')).done, 'yes');
    assert.equal((await get(job, jobs, 'no')).done, 'yes', 'as it was read first');
    assert.deepEqual(read, [job]);
  });

  it('are read again as long as they have not ended', async () => {
    const { read, get } = reading(new EndedStates());
    await get(job, jobs, 'no');
    assert.equal((await get(job, jobs, 'yes')).done, 'yes');
    assert.deepEqual(read, [job, job]);
  });

  it('are not those of another aggregate, nor of one whose streams never end', async () => {
    const { read, get } = reading(new EndedStates());
    await get(job, jobs, 'yes');
    await get(job, { ...jobs }, 'yes');
    const { catalogue, initial, evolve } = jobs;
    const endless = { catalogue, initial, evolve };
    await get(job, endless, 'yes');
    await get(job, endless, 'yes');
    assert.equal(read.length, 4);
  });

  it('are forgotten when they were not asked for while others took all the room', async () => {
    const items = Array.from({ length: 10_000 }, (_, n) => n);
    const { read, get } = reading(new EndedStates(), items);
    await get(job, jobs, 'yes');
    const another = 'job-2' as StreamName;
    await get(another, jobs, 'yes');
    for (let n = 0; n < 98; n += 1) {
      await get(`other-${n}` as StreamName, jobs, 'yes');
      await get(another, jobs, 'yes');
    }
    read.length = 0;
    await get(another, jobs, 'yes');
    assert.deepEqual(read, []);
    await get(job, jobs, 'yes');
    assert.deepEqual(read, [job]);
  });

  it('are not kept when one would take all the room, and others stay', async () => {
    const states = new EndedStates();
    const usual = reading(states);
    await usual.get(job, jobs, 'yes');
    const huge = reading(
      states,
      Array.from({ length: 1_000_000 }, () => 7),
    );
    const another = 'job-2' as StreamName;
    await huge.get(another, jobs, 'yes');
    await huge.get(another, jobs, 'yes');
    assert.deepEqual(huge.read, [another, another]);
    await usual.get(job, jobs, 'yes');
    assert.deepEqual(usual.read, [job]);
  });
});
