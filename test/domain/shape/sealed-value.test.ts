import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileCheck } from '../../../src/domain/shape/compile-check.ts';
import { jsonSchemaOf } from '../../../src/domain/shape/json-schema.ts';
import { keepKnown } from '../../../src/domain/shape/keep-known.ts';
import { readShape } from '../../../src/domain/shape/read-shape.ts';
import { sealedShape } from '../../../src/domain/shape/sealed-value.ts';
import { object, sensitive, text } from '../../../src/domain/shape/shape.ts';

const mebibyte = 1024 * 1024;
const sound = { subject: 'instance-web-1', keyId: '0123456789abcdef', sealed: 'QUJD+/8=' };
const secret = sensitive(text({ maxLength: 5, meaning: 'at most 5 characters' }));

describe('a sealed value', () => {
  const check = compileCheck(sealedShape, 'refused');

  it('names whose key seals it and which, and has its bytes in base64', () => {
    assert.equal(check(sound), null);
    for (const sealed of ['QUJD', 'QUI=', 'QQ==']) assert.equal(check({ ...sound, sealed }), null);
  });

  const wrong: readonly (readonly [keyof typeof sound, string, string])[] = [
    ['subject', '', 'whose key seals it'],
    ['keyId', '', '16 hexadecimal digits'],
    ['keyId', '0123456789abcde', '16 hexadecimal digits'],
    ['keyId', '0123456789abcdef0', '16 hexadecimal digits'],
    ['keyId', '0123456789ABCDEF', '16 hexadecimal digits'],
    ['sealed', '', 'base64'],
    ['sealed', 'QUJD QUJD', 'base64'],
    ['sealed', 'Q===', 'base64'],
    ['sealed', '=QUI', 'base64'],
  ];
  for (const [field, value, expected] of wrong) {
    it(`is not one with '${value}' as its ${field}`, () => {
      const found = check({ ...sound, [field]: value });
      assert.deepEqual([found?.path, found?.expected], [[field], expected]);
    });
  }

  it('is as long as an event may be, and no longer', () => {
    for (const field of ['subject', 'sealed'] as const) {
      assert.equal(check({ ...sound, [field]: 'A'.repeat(mebibyte) }), null, field);
      const found = check({ ...sound, [field]: 'A'.repeat(mebibyte + 1) });
      assert.deepEqual(found?.path, [field]);
    }
  });
});

describe('the check of a sensitive value', () => {
  const known = { kind: 'known', value: 'abc' };

  it('takes it as it is recorded, when it is asked for sealed ones', () => {
    const check = compileCheck(secret, 'refused', 'sealed');
    assert.equal(check(sound), null);
    assert.deepEqual(check(known)?.path, ['subject']);
  });

  for (const [name, check] of [
    ['when it is asked for opened ones', compileCheck(secret, 'refused', 'opened')],
    ['when it is told nothing', compileCheck(secret, 'refused')],
  ] as const) {
    it(`takes it as the program has it, ${name}: known or forgotten`, () => {
      assert.equal(check(known), null);
      assert.equal(check({ kind: 'forgotten' }), null);
      assert.deepEqual(check({ kind: 'known' })?.path, ['value']);
      assert.equal(check({ kind: 'known', value: 'abcdef' })?.expected, 'at most 5 characters');
      assert.equal(check({ kind: 'lost' })?.expected, 'one of: known, forgotten');
      assert.deepEqual(check(sound)?.path, ['kind']);
    });
  }
});

describe('a sensitive value', () => {
  const holder = object<never>({ s: secret } as never);

  it('keeps, of what is recorded, what sealed values have', () => {
    assert.deepEqual(keepKnown(holder.node, { s: { ...sound, more: 1 } }), { s: sound });
  });

  it('is in no document: neither read from one nor in its schema', () => {
    const isRefused = { code: 'INTERNAL', message: 'a document has nothing that is sealed' };
    assert.throws(() => readShape(holder, { s: sound }), isRefused);
    const head = { $id: 'x', title: 'x', description: 'x' };
    assert.throws(() => jsonSchemaOf(holder, head), isRefused);
  });
});
