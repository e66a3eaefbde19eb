import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../../domain/errors/assert.ts';
import { type CatalogueWriter, prepareCatalogueWriter } from './advance-catalogue.ts';
import { advanceInTransaction } from './advance-in-transaction.ts';
import type { AdvanceMessage, AdvanceReply, AdvanceThreadData } from './advance-message.ts';
import { openCatalogueDatabase } from './catalogue-database.ts';

/*
 * The program of a thread that puts rows into a catalogue, while the thread that started it makes the
 * next ones.
 */

const { folder } = workerData as AdvanceThreadData;
let opened: { readonly database: DatabaseSync; readonly writer: CatalogueWriter } | null = null;

const port = parentPort;
assert(port !== null, 'advance-thread-program runs on a worker thread');
port.on('message', (message: AdvanceMessage) => {
  switch (message.kind) {
    case 'advance':
      port.postMessage(reply(message));
      return;
    case 'close':
      opened?.database.close();
      port.close();
      return;
  }
});

function reply({ advance }: AdvanceMessage & { readonly kind: 'advance' }): AdvanceReply {
  try {
    const { database, writer } = (opened ??= open());
    return { kind: 'done', outcome: advanceInTransaction(database, writer, advance) };
  } catch (error) {
    return { kind: 'failed', said: error instanceof Error ? error.message : String(error) };
  }
}

function open(): NonNullable<typeof opened> {
  const database = openCatalogueDatabase(folder);
  return { database, writer: prepareCatalogueWriter(database) };
}
