import type { ItemRef } from '../../index.ts';

export const itemKindWords: Readonly<Record<ItemRef['kind'], string>> = {
  'snapshot-set': 'snapshot set',
  replica: 'replica',
  'restore-point': 'restore point',
};
