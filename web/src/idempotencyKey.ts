import { useMemo } from "preact/hooks";

import { randomKey } from "./randomKey.js";

/**
 * Returns the idempotency key of a request, a new one when one of the given values has changed. A repeated press sends the same request,
 * also after an error, so that the server carries it out once.
 */
export const useIdempotencyKey = (...values: unknown[]): string => useMemo(randomKey, values);
