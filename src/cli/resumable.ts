import type { ResumePoint } from '../build/records/resume-point.js';

/** `resumable` of docs/json.md. */
export const resumableDocument = ({ from, until }: ResumePoint) => ({ from, until });
