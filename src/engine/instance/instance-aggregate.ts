import type { InstanceEvent } from '../../domain/instance/instance-events.ts';
import {
  evolveInstance,
  initialInstance,
  type InstanceState,
} from '../../domain/instance/instance-state.ts';
import { instanceCatalogue } from '../ledger/event-catalogues.ts';
import type { Aggregate } from '../ledger/ledger.ts';

export const instanceAggregate: Aggregate<InstanceState, InstanceEvent> = {
  catalogue: instanceCatalogue,
  initial: initialInstance,
  evolve: evolveInstance,
  subjectOf: (_, stream) => stream,
};
