import { parentPort } from 'node:worker_threads';
import { answer, type TaskMessage } from './lane.js';

parentPort?.on('message', (task: TaskMessage) => parentPort?.postMessage(answer(task)));
