import { type ModelBlock, modelVolume, text } from '../../../src/conformance/model-volume.ts';

const last: ModelBlock = 'text-9';

/** What the golden repositories hold, point by point; the first was merged into the second, and removed. */
export const goldenVolumes = [
  modelVolume([...text(0, 3), 'zero', 'absent', 'text-5', last], 1000),
  modelVolume([...text(1, 4), 'absent', 'zero', 'text-5', last], 1000),
  modelVolume([...text(1, 3), 'zero', 'text-7', 'zero', 'absent', last, 'text-11']),
] as const;
