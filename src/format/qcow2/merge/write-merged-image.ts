import type { PointId, SessionId } from '../../../domain/identifiers.ts';
import { mapInOrder } from '../../flow/map-in-order.ts';
import type { ChainRun } from '../image/image-chain.ts';
import { imageNameOf } from '../image/image-description.ts';
import { ImageWriter } from '../image/image-writer.ts';
import type { IndexEntry } from '../image/index-entry.ts';
import { objectKeys } from '../object/object-keys.ts';
import { corrupt } from '../object/refusals.ts';
import { readFrame } from '../point/record-reader.ts';
import type { VolumeImage } from '../point/stored-point.ts';
import { createObject, type RepositoryContext } from '../repository-context.ts';
import { PartBuilder } from '../transfer/part-builder.ts';
import { transferLimits } from '../transfer/transfer-limits.ts';
import { mergeLimits } from './merge-limits.ts';
import { mergedRuns, type VolumeMerge } from './volume-merge.ts';

export interface MergeWriter {
  readonly sessionId: SessionId;
  readonly signal: AbortSignal;
}

/** Writes the image that several become. @throws OBJECT_CORRUPT, and the signal's reason */
export async function writeMergedImage(
  context: RepositoryContext,
  pointId: PointId,
  { volumeId, merged, behind, wholeParts }: VolumeMerge,
  { sessionId, signal }: MergeWriter,
): Promise<{ readonly image: VolumeImage; readonly bytesWritten: number }> {
  const parent = behind === null ? null : { pointId: behind.pointId, volumeId: behind.volumeId };
  const writer = new ImageWriter(context, {
    sessionId,
    name: imageNameOf(pointId, volumeId),
    sizeBytes: merged[0]?.description.sizeBytes ?? 0,
    backing:
      parent === null ? null : { ...parent, name: imageNameOf(parent.pointId, parent.volumeId) },
  });
  const numbers = new Map(wholeParts.map((part) => [part.key, writer.parts.add(part)]));
  const copies = new CopiedParts(context, sessionId, writer);
  const found = mapInOrder({
    source: mergedRuns(context, merged, behind),
    perform: async (run) => {
      const isCopied = run.state === 'data' && !numbers.has(run.part.key);
      return { run, frame: isCopied ? await readFrame(context, run) : null };
    },
    inFlightMax: mergeLimits.recordsAtOnceMax,
    signal,
  });
  for await (const { run, frame } of found) {
    const part = run.state === 'data' ? numbers.get(run.part.key) : undefined;
    await writer.add(frame === null ? entryOf(run, part ?? 0) : await copies.add(run, frame));
  }
  await copies.finish();
  const { place, bytesWritten } = await writer.finish();
  return {
    image: { volumeId, image: place, parent },
    bytesWritten: bytesWritten + copies.bytesWritten,
  };
}

function entryOf(run: ChainRun, part: number): IndexEntry {
  const { first } = run;
  if (run.state !== 'data') return { first, count: run.count, state: run.state, record: null };
  return { first, count: 1, state: 'data', record: { ...run.record, part } };
}

/** Parts of records that are stored anew, one after the other. */
class CopiedParts {
  bytesWritten = 0;
  readonly #context: RepositoryContext;
  readonly #sessionId: SessionId;
  readonly #writer: ImageWriter;
  readonly #token: string;
  #number = 0;
  #open: { readonly part: number; readonly builder: PartBuilder } | null = null;

  constructor(context: RepositoryContext, sessionId: SessionId, writer: ImageWriter) {
    this.#context = context;
    this.#sessionId = sessionId;
    this.#writer = writer;
    this.#token = context.random.uuid();
  }

  async add(run: ChainRun, frame: Uint8Array): Promise<IndexEntry> {
    if ((this.#open?.builder.sizeBytes ?? 0) >= transferLimits.partTargetBytes) await this.finish();
    this.#open ??= this.#begin();
    const { part, builder } = this.#open;
    const digest = run.record?.digest ?? new Uint8Array();
    const record = { ...builder.add(frame, digest), part };
    return { first: run.first, count: 1, state: 'data', record };
  }

  async finish(): Promise<void> {
    const built = this.#open?.builder.built() ?? null;
    this.#open = null;
    if (built === null) return;
    this.#writer.parts.settle(built.part);
    this.bytesWritten += built.bytes.length;
    const { key } = built.part;
    if ((await createObject(this.#context, key, built.bytes)) === 'created') return;
    throw corrupt(key, 'somebody else has made an object of this name');
  }

  #begin(): { readonly part: number; readonly builder: PartBuilder } {
    const key = objectKeys.copiedPart(this.#sessionId, this.#token, this.#number);
    this.#number += 1;
    const seal = this.#context.recordSeal(this.#sessionId);
    return { part: this.#writer.parts.reserve(), builder: new PartBuilder(key, seal) };
  }
}
