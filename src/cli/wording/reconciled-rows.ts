import {
  type InstanceId,
  itemOwner,
  itemResourceId,
  type Reconciliation,
  type SessionId,
} from '../../index.ts';
import { formatCount, formatSize } from '../output/format-quantity.ts';

type ReconciledItem = Reconciliation['items'][number];
type ReconciledMailbox = Reconciliation['mailboxes'][number];

/** One line of what was found: a resource of the cloud, or what a session has left in the repository. */
export interface ReconciledRow extends Pick<ReconciledItem, 'decision' | 'problem'> {
  readonly kind: ReconciledItem['item']['kind'] | 'mailbox';
  readonly id: string;
  /** What people read for the id. */
  readonly name: string;
  readonly sessionId: SessionId;
  readonly instanceId: InstanceId | null;
  /** Of a mailbox; null for all else. */
  readonly totals: { readonly objects: number; readonly bytes: number } | null;
}

export function reconciledRows({ items, mailboxes }: Reconciliation): readonly ReconciledRow[] {
  return [...items.map(rowOfItem), ...mailboxes.map(rowOfMailbox)];
}

function rowOfItem({ item, decision, problem }: ReconciledItem): ReconciledRow {
  const { sessionId, instanceId } = itemOwner(item);
  const id = itemResourceId(item);
  return { kind: item.kind, id, name: id, sessionId, instanceId, totals: null, decision, problem };
}

function rowOfMailbox({ mailbox, decision, problem }: ReconciledMailbox): ReconciledRow {
  const { sessionId, instanceId, objects, bytes } = mailbox;
  return {
    kind: 'mailbox',
    id: `control/${sessionId}/`,
    name: `${formatCount(objects, 'object')}, ${formatSize(bytes)}`,
    sessionId,
    instanceId,
    totals: { objects, bytes },
    decision,
    problem,
  };
}
