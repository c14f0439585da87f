export { buildFinisherInitrd, type FinisherInitrd, type FinisherInitrdRequest } from './initrd.js';
export { type FinisherJob, finisherDefaults, finisherKernelArguments, finisherPart } from './job.js';
export { createReportReader, type FinisherResult, type ReportReader, reportPrefix } from './report.js';
