import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keepsNothing } from '../../../src/domain/retention/keeps-nothing.ts';
import type {
  GfsSettings,
  RetentionSettings,
} from '../../../src/domain/retention/retention-settings.ts';

const noFlags: GfsSettings = {
  ...{ daily: null, weekly: null, monthly: null, yearly: null },
  ...{ hour: 0, minute: 0, weekday: 1, monthDay: 1, month: 1 },
};
const flag = { kind: 'count', count: 1 } as const;

describe('the rules of a chain', () => {
  const nothing: readonly (readonly [string, Partial<RetentionSettings>])[] = [
    ['no rule', {}],
    ['a count of 0', { count: 0 }],
    ['flags of which none is set', { count: 0, gfs: noFlags }],
  ];
  for (const [what, settings] of nothing) {
    it(`keep nothing with ${what}`, () => {
      assert.equal(keepsNothing({ count: null, age: null, gfs: null, ...settings }), true);
    });
  }

  const something: readonly (readonly [string, Partial<RetentionSettings>])[] = [
    ['a count', { count: 1 }],
    ['an age beside a count of 0', { count: 0, age: { amount: 1, unit: 'days' } }],
    ['an age', { age: { amount: 1, unit: 'days' } }],
    ['daily flags', { gfs: { ...noFlags, daily: flag } }],
    ['weekly flags', { gfs: { ...noFlags, weekly: flag } }],
    ['monthly flags', { gfs: { ...noFlags, monthly: flag } }],
    ['yearly flags beside a count of 0', { count: 0, gfs: { ...noFlags, yearly: flag } }],
  ];
  for (const [what, settings] of something) {
    it(`keep something with ${what}`, () => {
      assert.equal(keepsNothing({ count: null, age: null, gfs: null, ...settings }), false);
    });
  }
});
