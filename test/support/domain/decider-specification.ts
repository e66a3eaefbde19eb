import assert from 'node:assert/strict';
import type { ErrorCode } from '../../../src/domain/errors/error-code.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';

/** The three parts of an aggregate that decides. */
export interface Decider<Command, State, Event> {
  readonly initial: State;
  readonly evolve: (state: State, event: Event) => State;
  readonly decide: (command: Command, state: State) => readonly Event[];
}

/** What is claimed of one command; each method is one sentence of a specification. */
export interface Outcome<State, Event> {
  /** Exactly these events, in this order. */
  then(...expected: readonly Event[]): void;
  /** The command is taken, and nothing happens. */
  thenNothing(): void;
  /** Refused with this code, in a message that says all of `words`. */
  thenRefused(code: ErrorCode, ...words: readonly string[]): void;
  /** What was decided, and the state after it, for what the sentences above cannot say. */
  decided(): { readonly events: readonly Event[]; readonly state: State };
}

export interface Given<Command, State, Event> {
  when(command: Command): Outcome<State, Event>;
}

export type Specification<Command, State, Event> = (
  ...history: readonly Event[]
) => Given<Command, State, Event>;

/**
 * given-events / when-command / then-events, for one decider:
 * `given(...events).when(command).then(...events)`.
 */
export function specificationOf<Command, State, Event>({
  initial,
  evolve,
  decide,
}: Decider<Command, State, Event>): Specification<Command, State, Event> {
  return (...history) => ({
    when: (command) => {
      const before = history.reduce(evolve, initial);
      return {
        then: (...expected) => {
          assert.deepEqual(decide(command, before), expected);
        },
        thenNothing: () => {
          assert.deepEqual(decide(command, before), []);
        },
        thenRefused: (code, ...words) => {
          assert.throws(
            () => decide(command, before),
            (error) => {
              assert.ok(error instanceof SnapledgerError, `refused with ${String(error)}`);
              assert.equal(error.code, code, error.message);
              for (const word of words) assert.ok(error.message.includes(word), error.message);
              assertHelpful(error);
              return true;
            },
          );
        },
        decided: () => {
          const events = decide(command, before);
          return { events, state: events.reduce(evolve, before) };
        },
      };
    },
  });
}

/** Nobody but us can do anything about these. */
const withoutRemedy: ReadonlySet<ErrorCode> = new Set([
  'INTERNAL',
  'ILLEGAL_TRANSITION',
  'SESSION_FENCED',
]);

/** What every refusal owes to its reader: what was wrong, and what to do about it. */
function assertHelpful({ code, message, remedy }: SnapledgerError): void {
  assert.match(message, /\S$/, 'a message says something, to its end');
  if (withoutRemedy.has(code)) return;
  assert.match(remedy ?? '', /\S.*\.$/, `the remedy of '${message}' is a sentence`);
}
