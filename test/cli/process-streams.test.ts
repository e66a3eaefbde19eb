import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { describe, it } from 'node:test';
import { processOutput } from '../../src/cli/process-streams.ts';

/** Of a stream with these of the properties of a terminal. */
const columnsOf = (properties: Partial<Pick<WriteStream, 'isTTY' | 'columns'>>): number => {
  const stream = Object.assign(new PassThrough(), properties) as unknown as WriteStream;
  return processOutput(stream, 'drop').columns;
};

describe('the width of an output', () => {
  it('is that of the terminal', () => {
    assert.equal(columnsOf({ isTTY: true, columns: 72 }), 72);
  });

  it('is a usual one where there is no terminal, or one whose size nobody has set', () => {
    assert.equal(columnsOf({}), 100);
    assert.equal(columnsOf({ isTTY: true, columns: 0 }), 100);
  });
});
