/** The program of a decoder thread. Imports little, so that it starts fast. */
import { workerData } from 'node:worker_threads';
import { keepFreedMemory } from '../record/keep-freed-memory.ts';
import { serveJobs } from '../transfer/threads/serve-jobs.ts';
import { batchDecoder, type DecoderSettings } from './decode-batch.ts';

keepFreedMemory();
serveJobs(batchDecoder(workerData as DecoderSettings));
