/** One defect that somebody could make in the collection, or in moving data. */
export interface CollectionMutant {
  readonly what: string;
  /** Below `src/format/strata`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Defects that the simulation has to find: `node test/format/strata/collect/simulation/try-mutants.ts`
 * puts each of them into a copy of the sources and runs it there.
 */
export const collectionMutants: readonly CollectionMutant[] = [
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
    from: 'await marker.markPoint(currentPoint(slot.point, roots));',
    to: 'await marker.markPoint(currentPoint(slot.point, new Map()));',
  },
  {
    what: 'moves without a claim of its own',
    file: 'relocate/relocate.ts',
    from: '  await claimRelocation(context, sessionId, instanceId);\n',
    to: '',
  },
  {
    what: 'takes a relocation for replaced that is not',
    file: 'collect/survey-relocations.ts',
    from: "else if (claim.state === 'committed' && isReplaced(claim, found, instanceId, listed)) {",
    to: "else if (claim.state === 'committed') {",
  },
  {
    what: 'leaves relocations that are replaced',
    file: 'collect/survey-relocations.ts',
    from: "else if (claim.state === 'committed' && isReplaced(claim, found, instanceId, listed)) {",
    to: "else if (claim.state === 'damaged') {",
  },
  {
    what: 'moves before it is registered',
    file: 'relocate/relocate.ts',
    from: '    await registerWriter(context, sessionId, instanceId);\n',
    to: '    await context.keyring.create(sessionId);\n',
  },
  {
    what: 'discards without a tombstone',
    file: 'writer/discard-writer.ts',
    from: '    await objectStore.create(objectKey, tombstone);',
    to: '    if ((await objectStore.head(objectKey)) === null) {\n      await removeWriter(context, sessionId);\n      return null;\n    }\n    await objectStore.create(objectKey, tombstone);',
  },
];
