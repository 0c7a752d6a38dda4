export { createRingpost } from './client.js';
export type { CallLog, PublishedEvent, PublishOptions, Query, RequestOptions, Ringpost, RingpostOptions, Schemas, TimelineEvent, Token } from './client.js';
export { RingpostError } from './error.js';
export { configure, getCallOutcome } from './outcome.js';
export { Paged } from './paged.js';
export type { components, operations, paths } from './schema.js';
