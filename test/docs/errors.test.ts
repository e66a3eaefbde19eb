import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorCodes } from '../../src/domain/errors/error-code.ts';
import { markdownSections } from './markdown-sections.ts';

const sections = await markdownSections('errors.md');

describe('docs/errors.md', () => {
  it('has a section for every code, in their order, and nothing else', () => {
    assert.deepEqual([...sections.keys()], [...errorCodes]);
  });

  for (const [code, text] of sections) {
    it(`says of ${code} what it means, what to do, and whether to try again`, () => {
      assert.match(text, /^\n[A-Z].*\.$/m);
      assert.match(text, /^- \*\*What to do:\*\* .+\.$/m);
      assert.match(text, /^- \*\*Retry:\*\* (no|yes|depends)$/m);
    });
  }
});
