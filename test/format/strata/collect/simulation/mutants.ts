/** One defect that somebody could make in the collection, or in moving data. */
export interface CollectionMutant {
  readonly what: string;
  /** Below `src/format/strata`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** What finds it in every run; absent: the drawn scenarios, of which there have to be enough. */
  readonly foundBy?: 'found-scenarios' | 'claim-protocol';
}

/**
 * Defects that the simulation has to find: `node test/format/strata/collect/simulation/try-mutants.ts`
 * puts each of them into a copy of the sources and runs it there.
 */
export const collectionMutants: readonly CollectionMutant[] = [
  {
    what: 'does not prolong the locks of what is taken over',
    file: 'lock/retain-needs.ts',
    from: 'const rest = isRestEnough ? [] :',
    to: 'const rest = isRestEnough || !isRestEnough ? [] :',
  },
  {
    what: 'removes the points that are locked',
    file: 'lock/lock-generation.ts',
    from: 'return lockedUntil !== undefined && now < lockedUntil;',
    to: 'return lockedUntil !== undefined && now < 0;',
  },
  {
    what: 'leaves the tables of key slots that a rotation has replaced, and a crash left',
    file: 'slots/slot-tables.ts',
    from: 'if (number < current) await',
    to: 'if (number < 0) await',
  },
  {
    what: 'removes at once what no point needs',
    file: 'collect/next-generation.ts',
    from: "if (end === 'committed') unneeded.set(pack.key, pack);",
    to: "if (end === 'committed') ripe.push(pack);",
  },
  {
    what: 'awaits nobody',
    file: 'collect/next-generation.ts',
    from: 'return listed.filter((sessionId) => survey.openWriters.has(sessionId));',
    to: 'return listed.filter(() => false);',
  },
  {
    what: 'builds on a parent that is condemned',
    file: 'collect/condemned-packs.ts',
    from: 'if (condemned.size === 0) return;',
    to: 'if (condemned.size >= 0) return;',
  },
  {
    what: 'looks where the maps begin by the manifests alone',
    file: 'collect/survey-repository.ts',
    from: 'currentPoint(slot.point, roots));',
    to: 'currentPoint(slot.point, new Map()));',
  },
  {
    what: 'moves without a claim of its own',
    file: 'relocate/relocate.ts',
    from: 'await claimRelocation(context, sessionId, instanceId);',
    to: '1;',
  },
  {
    what: 'takes a relocation for replaced that is not',
    file: 'collect/survey-relocations.ts',
    from: 'if (isReplaced(claim.relocation, found, marked)) replaced.push(mover);',
    to: 'replaced.push(mover);',
  },
  {
    what: 'leaves relocations that are replaced',
    file: 'collect/survey-relocations.ts',
    from: 'if (isReplaced(claim.relocation, found, marked)) replaced.push(mover);',
    to: 'if (marked.size < 0) replaced.push(mover);',
  },
  {
    what: 'moves before it is registered',
    file: 'relocate/relocate.ts',
    from: '    await registerWriter(context, sessionId, instanceId);\n',
    to: '    await context.keyring.create(sessionId, null);\n',
  },
  {
    what: 'discards without a tombstone',
    file: 'writer/discard-writer.ts',
    from: '    await objectStore.create(objectKey, tombstone);',
    to: '    if ((await objectStore.head(objectKey)) === null) {\n      await removeWriter(context, sessionId);\n      return null;\n    }\n    await objectStore.create(objectKey, tombstone);',
  },
  {
    what: 'takes a point that was not listed for removed',
    file: 'collect/survey-repository.ts',
    from: 'const relocations = await surveyRelocations(context, marked, signal);',
    to: 'const listed = new Set(places.map((each) => pointKey(each.instanceId, each.pointId)));\n  marked.has = (key) => !listed.has(key);\n  const relocations = await surveyRelocations(context, marked, signal);',
    foundBy: 'found-scenarios',
  },
  {
    what: 'does not look whether another collector was faster',
    file: 'collect/generations.ts',
    from: 'if ((await latestNumber(objectStore)) !== generation.number) throw overtaken();',
    to: '',
    foundBy: 'found-scenarios',
  },
  {
    what: 'removes keys of sessions that have stored since it looked',
    file: 'collect/strata-collector.ts',
    from: 'const useless = await withoutPacks(objectStore, leftovers.keys);',
    to: 'const useless = leftovers.keys;',
    foundBy: 'found-scenarios',
  },
  {
    what: 'does not look again after it has claimed',
    file: 'relocate/claim-relocation.ts',
    from: 'const others = after.claims.filter((each) => each.sessionId !== sessionId);',
    to: 'const others = after.claims.filter(() => false);',
    foundBy: 'claim-protocol',
  },
  {
    what: 'takes two relocations of one number for one after the other',
    file: 'relocate/claim-relocation.ts',
    from: 'each.number >= number',
    to: 'each.number > number',
    foundBy: 'claim-protocol',
  },
];
