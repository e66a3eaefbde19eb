import type { SeededPrng } from './seeded-prng.ts';

/** Which part of the world a call goes to; outages strike one of them at a time. */
export type PortName = 'ledger' | 'store' | 'cloud' | 'presence' | 'device';

/** What becomes of one call of a port. `crash` is the death of the process that made it. */
export type CallFate =
  | { readonly kind: 'fine' }
  | { readonly kind: 'fails' | 'crash'; readonly when: 'before-effect' | 'after-effect' }
  /** It takes its effect, or gives its answer, much later. */
  | {
      readonly kind: 'hangs';
      readonly when: 'before-effect' | 'after-effect';
      readonly durationMs: number;
    }
  /** Fails before its effect, and would fail again: only for calls that name such an error. */
  | { readonly kind: 'refused' };

/** A call as the plan sees it; `what` is how it stands in the history. */
export interface FaultyCall {
  readonly port: PortName;
  readonly what: string;
}

/** How likely each kind of trouble is for one call. */
export interface FaultRates {
  readonly fail: number;
  readonly hang: number;
  readonly crash: number;
  readonly refuse: number;
}

/** For processes that nothing befalls, not even an outage. */
export const noFaults: FaultRates = { fail: 0, hang: 0, crash: 0, refuse: 0 };

/** A time in which every call to one part of the world fails. */
export interface Outage {
  readonly port: PortName;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The longest that a call hangs; longer than an engine waits for a sign of its worker. */
const hangMaxMs = 120_000;

const fine: CallFate = { kind: 'fine' };

/** Calls that go wrong far more often than others in one run, so that rare places are met too. */
export interface HotSpot {
  readonly what: RegExp;
  readonly rates: FaultRates;
}

/** Draws what becomes of each call. Once switched off, everything goes well. */
export class FaultPlan {
  readonly #prng: SeededPrng;
  readonly #outages: readonly Outage[];
  readonly #hotSpot: HotSpot | null;
  #isOn = true;
  /** While it is set every call to this part of the world fails, also of those that nothing befalls. */
  blackout: PortName | null = null;

  constructor(prng: SeededPrng, outages: readonly Outage[], hotSpot: HotSpot | null) {
    this.#prng = prng;
    this.#outages = outages;
    this.#hotSpot = hotSpot;
  }

  switchOff(): void {
    this.#isOn = false;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  fateOf(call: FaultyCall, rates: FaultRates, elapsedMs: number): CallFate {
    if (this.blackout === call.port) return { kind: 'fails', when: 'before-effect' };
    if (!this.#isOn || rates === noFaults) return fine;
    const when = this.#prng.chance(0.5) ? 'before-effect' : 'after-effect';
    const isOut = this.#outages.some(
      (outage) =>
        outage.port === call.port && outage.fromMs <= elapsedMs && elapsedMs < outage.untilMs,
    );
    if (isOut) return { kind: 'fails', when };
    const draw = this.#prng.next();
    const { fail, hang, crash, refuse } = this.#hotSpot?.what.test(call.what)
      ? this.#hotSpot.rates
      : rates;
    if (draw < fail) return { kind: 'fails', when };
    if (draw < fail + hang) {
      return { kind: 'hangs', when, durationMs: this.#prng.integer(100, hangMaxMs) };
    }
    if (draw < fail + hang + crash) return { kind: 'crash', when };
    return draw < fail + hang + crash + refuse ? { kind: 'refused' } : fine;
  }
}
