import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatPlug, plainFormat } from '../../demo/plain-format/plain-format.ts';
import { createMemoryObjectStore } from '../../src/adapters/memory/object-store.ts';
import { optionsOn } from '../../src/conformance/format-bench.ts';
import type { FormatPlug } from '../../src/format/format-plug.ts';
import {
  formatIn,
  formatNamed,
  formatNamedIn,
  nativeFormat,
  openRepositoryIn,
} from '../../src/vault/formats.ts';
import { createQcow2Format } from '../../src/format/qcow2/qcow2-format.ts';
import { cheapHardness, cheapStrata } from '../support/format/cheap-strata.ts';

const asked = (...plugs: readonly FormatPlug[]) => {
  return () => Promise.resolve(plugs);
};
const never = (): Promise<never> => Promise.reject(new Error('nobody was to ask for formats'));

describe('the storage formats of a vault', () => {
  it('are found by their names, and others are asked for only when they are needed', async () => {
    assert.equal(await formatNamed('strata', never), nativeFormat);
    assert.equal(await formatNamed('plain', asked(formatPlug)), formatPlug);
    await assert.rejects(formatNamed('plan', asked(formatPlug)), {
      code: 'UNKNOWN_FORMAT',
      message:
        "the storage format 'plan' is not plugged in; known: strata, qcow2, qcow2-plain, plain",
    });
  });

  it('are those of the package too, which nobody can plug another one in for', async () => {
    for (const name of ['qcow2', 'qcow2-plain']) {
      const { format, workerModule } = await formatNamed(name, never);
      assert.deepEqual([format.name, workerModule], [name, null]);
    }
    const renamed: FormatPlug = { ...formatPlug, format: { ...plainFormat, name: 'qcow2' } };
    await assert.rejects(formatNamed('other', asked(renamed)), {
      code: 'INVALID_ARGUMENT',
      message: /'qcow2' cannot be plugged in: there is another one/,
    });
    const store = createMemoryObjectStore();
    await createQcow2Format('sealed', cheapHardness).createRepository(optionsOn(store));
    assert.equal((await formatIn(store, never)).format.name, 'qcow2');
  });

  it('are found by what is in a store', async () => {
    const store = createMemoryObjectStore();
    assert.equal(await formatIn(store, asked(formatPlug)), nativeFormat);
    await plainFormat.createRepository(optionsOn(store));
    assert.equal(await formatIn(store, asked(formatPlug)), formatPlug);
    assert.equal(
      (await openRepositoryIn(optionsOn(store), asked(formatPlug))).format.name,
      'plain',
    );
    await assert.rejects(openRepositoryIn(optionsOn(store), asked()), { code: 'NOT_A_REPOSITORY' });

    const native = createMemoryObjectStore();
    await cheapStrata.createRepository(optionsOn(native));
    assert.equal((await openRepositoryIn(optionsOn(native), never)).format.name, 'strata');
  });

  it('are those that the vaults name, and no others that a store says it is of', async () => {
    const store = createMemoryObjectStore();
    assert.equal(await formatNamedIn(store, 'plain', asked(formatPlug)), formatPlug);
    await cheapStrata.createRepository(optionsOn(store));
    await assert.rejects(formatNamedIn(store, 'plain', asked(formatPlug)), {
      code: 'NOT_A_REPOSITORY',
      message: "the vault is of the storage format 'plain', and this repository of 'strata'",
    });
    await plainFormat.createRepository(optionsOn(store));
    assert.equal(await formatNamedIn(store, 'plain', asked(formatPlug)), formatPlug);
    assert.equal(await formatNamedIn(store, 'strata', never), nativeFormat);
  });

  it('cannot be called like the native one or one another, nor be described in other words', async () => {
    const renamed = (name: string): FormatPlug => ({
      ...formatPlug,
      format: { ...plainFormat, name },
    });
    const cases: readonly (readonly [readonly FormatPlug[], RegExp])[] = [
      [[renamed('strata')], /'strata' cannot be plugged in: there is another one/],
      [[formatPlug, formatPlug], /'plain' cannot be plugged in: there is another one/],
      [[renamed('Plain')], /the name 'Plain' is not 1 to 32 of a-z/],
      [[{ ...formatPlug, workerModule: new URL('https://example.org/x.js') }], /is no file/],
    ];
    for (const [plugs, message] of cases) {
      await assert.rejects(formatNamed('other', asked(...plugs)), {
        code: 'INVALID_ARGUMENT',
        message,
      });
    }
  });
});
