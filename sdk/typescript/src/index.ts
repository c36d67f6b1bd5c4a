export { createClient, type ClientOptions, type RoutecardClient } from "./client.js";
export type { Call, CallOptions, OperationId } from "./call.js";
export { isChanged, isConflict, isOutcomeUnknown, RoutecardConnectionError, RoutecardError, type FieldError } from "./errors.js";
export { FeedRestoredError, type EventsOptions, type StreamState } from "./events.js";
export { LoopEndedError, Progress } from "./progress.js";
export type { RetryPolicy } from "./retry.js";
export { version, type Resources } from "./resources.js";
export type { components, operations, paths } from "./schema.js";

import type { components } from "./schema.js";

/** The types of the contract by name, for example `Schemas["Job"]`. */
export type Schemas = components["schemas"];
