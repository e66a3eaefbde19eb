import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import {
  evolveRepositorySession,
  initialRepositorySession,
  type RepositorySession,
} from '../../domain/repository-session/repository-session.ts';
import { repositoryCatalogue } from '../ledger/event-catalogues.ts';
import type { Aggregate } from '../ledger/ledger.ts';

export const repositoryAggregate: Aggregate<RepositorySession, RepositorySessionEvent> = {
  catalogue: repositoryCatalogue,
  initial: initialRepositorySession,
  evolve: evolveRepositorySession,
};
