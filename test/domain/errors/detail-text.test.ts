import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { detailText } from '../../../src/domain/errors/detail-text.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';

describe('a detail of an error as text', () => {
  const details = { objectKey: 'packs/1', offset: 7, instances: [{ id: 'web-1' }] };
  const error = new SnapledgerError('OBJECT_CORRUPT', 'it is damaged', { details });

  it('is its text, or its number', () => {
    assert.equal(detailText(error, 'objectKey'), 'packs/1');
    assert.equal(detailText(error, 'offset'), '7');
  });

  it('is none where there is none of that name, or a list', () => {
    assert.equal(detailText(error, 'reason'), null);
    assert.equal(detailText(error, 'instances'), null);
  });
});
