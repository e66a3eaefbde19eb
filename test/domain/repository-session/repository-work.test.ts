import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  isRepositoryWork,
  repositoryWorks,
} from '../../../src/domain/repository-session/repository-work.ts';

describe('a session', () => {
  for (const kind of repositoryWorks) {
    it(`that is a ${kind} is one of the repository`, () => {
      assert.equal(isRepositoryWork(kind), true);
    });
  }

  for (const kind of ['backup', 'restore', 'maintenance', '']) {
    it(`that is a '${kind}' is none`, () => {
      assert.equal(isRepositoryWork(kind), false);
    });
  }
});
