import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const shownIn: Readonly<Record<string, string>> = {
  EC2: 'test/support/aws/ec2/ec2-quirks.test.ts',
  'EBS direct': 'test/support/aws/ebs/ebs-quirks.test.ts',
  S3: 'test/support/aws/s3/fake-s3.test.ts',
};

describe('docs/aws-traps.md', async () => {
  const text = await readFile(`${root}docs/aws-traps.md`, 'utf8');
  const titlesOf = (section: string): readonly string[] =>
    [...section.matchAll(/^\|.*\| (.*) \|$/gm)].map(([, title = '']) => title).slice(1);

  for (const section of text.split(/^## /m).slice(1)) {
    const [service = ''] = section.split('\n');

    it(`names tests of ${service} that there are`, async () => {
      const tests = await readFile(`${root}${shownIn[service] ?? ''}`, 'utf8');
      const titles = titlesOf(section);
      assert.ok(titles.length > 0);
      for (const title of titles) assert.ok(tests.includes(`it('${title}'`), title);
    });
  }

  it('names every quirk that a fake is held to', async () => {
    for (const service of ['EC2', 'EBS direct']) {
      const tests = await readFile(`${root}${shownIn[service] ?? ''}`, 'utf8');
      for (const [, title = ''] of tests.matchAll(/^ {2}it\('(.*)', /gm)) {
        assert.ok(text.includes(`| ${title} |`), title);
      }
    }
  });

  it('names files that there are', () => {
    for (const [, file = ''] of text.matchAll(/`((?:ec2|ebs|s3)\/[^`]*\.ts)`/g)) {
      assert.ok(existsSync(`${root}src/adapters/aws/${file}`), file);
    }
  });
});
