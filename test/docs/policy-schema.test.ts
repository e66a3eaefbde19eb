import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { policySchema } from '../../src/index.ts';

describe('docs/policy.schema.json', () => {
  it('is the schema that files are read by', async () => {
    const page = await readFile(new URL('../../docs/policy.schema.json', import.meta.url), 'utf8');
    const words = 'write it anew: snapledger policy schema > docs/policy.schema.json';
    assert.equal(page, `${JSON.stringify(policySchema(), null, 2)}\n`, words);
  });
});
