/** The program of an encoder thread. Imports little, so that it starts fast. */
import { workerData } from 'node:worker_threads';
import { batchEncoder, type EncoderSettings } from './encode-batch.ts';
import { keepFreedMemory } from '../record/keep-freed-memory.ts';
import { serveJobs } from './threads/serve-jobs.ts';

keepFreedMemory();
serveJobs(batchEncoder(workerData as EncoderSettings));
