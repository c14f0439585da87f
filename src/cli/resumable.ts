import type { ResumePoint } from '../build/resume-point.js';

/** `resumable` of docs/json.md. */
export const resumableDocument = ({ from, until }: ResumePoint) => ({ from, until });
