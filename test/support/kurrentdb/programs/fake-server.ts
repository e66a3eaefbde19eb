/** A fake server in a process of its own; prints its location, and runs until it is ended. */
import { FakeKurrentDb } from '../fake-kurrentdb.ts';

const server = await FakeKurrentDb.start();
process.stdout.write(`${server.url}\n`);
