import { ageRule } from './age-rule.ts';
import { countRule } from './count-rule.ts';
import { gfsRule } from './gfs-rule.ts';
import type { RulesOf } from './retention-rule.ts';

/** The rules that the settings of a chain stand for; none when nothing is set. */
export const settingsRules: RulesOf = ({ count, age, gfs }, timeZone) => {
  const hasFlags =
    gfs !== null && [gfs.daily, gfs.weekly, gfs.monthly, gfs.yearly].some((flag) => flag !== null);
  return [
    ...(count === null ? [] : [countRule(count)]),
    ...(age === null ? [] : [ageRule(age, timeZone)]),
    ...(hasFlags ? [gfsRule(gfs, timeZone)] : []),
  ];
};
