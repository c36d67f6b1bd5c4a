import { RoutecardError } from "./api.js";

/** Returns the server's sentences by field, such as `paths.0.steps.2.name`. It is empty for an error that is about no field. */
export function fieldErrors(error: unknown): ReadonlyMap<string, string> {
  if (!(error instanceof RoutecardError)) return new Map();
  return new Map(error.errors.map(({ field, message }) => [field, message]));
}
