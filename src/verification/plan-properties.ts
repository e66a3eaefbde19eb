import { moreProperties } from './more-properties.ts';
import type { PlanProperty } from './plan-property.ts';
import { reasonProperties } from './reason-properties.ts';
import { safeProperties } from './safe-properties.ts';
import { wholePlanProperties } from './whole-plan-properties.ts';

/** The properties that retention has with any rules that are rules. */
export const planProperties: readonly PlanProperty[] = [
  ...wholePlanProperties,
  ...safeProperties,
  ...reasonProperties,
  ...moreProperties,
];
