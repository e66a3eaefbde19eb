/*
 * `node killed-backup.ts <before|after> <append> <vault folder> [<worker program>]`: a real engine
 * that backs up web-1 and is killed right before, or right after, an append: the n-th, or the
 * first of this type of event. Prints how many appends there were when it came to its end alive.
 */
import { backUp } from '../vault/back-up.ts';
import { openTestVault } from '../vault/open-test-vault.ts';
import { type AppendCall, createHookedEventStore } from './hooked-event-store.ts';

const [when = '', which = '', folder = '', workerProgram] = process.argv.slice(2);

/** SIGKILL arrives before this call returns to JavaScript, or at the very next instruction. */
function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

function isTheOne({ number, events }: AppendCall): boolean {
  return number === Number(which) || events.some(({ type }) => type === which);
}

let appends = 0;
await using vault = await openTestVault(folder, {
  ...(workerProgram === undefined ? {} : { workerProgram }),
  limits: { transferEventIntervalMs: 0 },
  decorate: ({ eventStore }) => ({
    eventStore: createHookedEventStore(eventStore, {
      beforeAppend: async (call) => {
        if (when === 'before' && isTheOne(call)) await die();
      },
      afterAppend: async (call) => {
        appends = call.number;
        if (when === 'after' && isTheOne(call)) await die();
      },
    }),
  }),
});
await backUp(vault.engine);
process.stdout.write(String(appends));
