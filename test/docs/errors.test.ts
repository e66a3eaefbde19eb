import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorCodes } from '../../src/domain/errors/error-code.ts';
import { runCliWith } from '../cli/support/run-cli-with.ts';
import { markdownSections } from './markdown-sections.ts';

const sections = await markdownSections('errors.md');

describe('docs/errors.md', () => {
  it('has a section for every code, in their order, and nothing else', () => {
    assert.deepEqual([...sections.keys()], [...errorCodes]);
  });

  it('names only commands that there are', async () => {
    const help = await runCliWith(['--help']);
    const commands = new Set([...help.stdout.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name));
    for (const [code, text] of sections) {
      for (const [, command = ''] of text.matchAll(/`snapledger (\w+)/g)) {
        assert.ok(commands.has(command), `${code}: ${command}`);
      }
    }
  });

  for (const [code, text] of sections) {
    it(`says of ${code} what it means, what to do, and whether to try again`, () => {
      assert.match(text, /^\n[A-Z].*\.$/m);
      assert.match(text, /^- \*\*What to do:\*\* .+\.$/m);
      assert.match(text, /^- \*\*Retry:\*\* (no|yes|depends)$/m);
    });
  }
});
