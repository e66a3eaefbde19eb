import assert from 'node:assert/strict';
import { it } from 'node:test';
import { keepFreedMemory } from '../../../../src/format/strata/record/keep-freed-memory.ts';

it('keeping freed memory takes none itself', () => {
  keepFreedMemory();
  const { arrayBuffers: before } = process.memoryUsage();

  for (let turn = 0; turn < 10; turn += 1) keepFreedMemory();

  assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
});
