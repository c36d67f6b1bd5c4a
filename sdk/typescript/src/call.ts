import type { ResponseObjectMap, SuccessResponse } from "openapi-typescript-helpers";

import type { operations } from "./schema.js";

/** The name of an operation of the contract. */
export type OperationId = keyof operations;

/** The body of a request. */
export type RequestBody<Id extends OperationId> = operations[Id] extends {
  requestBody?: { content: { "application/json": infer Body } };
}
  ? Body
  : never;

/** The body of a 2xx response. It is undefined for a response without a body. */
export type Result<Id extends OperationId> = SuccessResponse<ResponseObjectMap<operations[Id]>, "application/json">;

type Query<Id extends OperationId> = operations[Id]["parameters"] extends { query: infer Q } ? { query: Q }
  : operations[Id]["parameters"] extends { query?: infer Q } ? { query?: NonNullable<Q> }
  : unknown;

/** The options of one call that every operation has. */
export interface CallSettings {
  /** Identifies the request for 24 hours, so that repeating the call has no second effect. Each POST has a random one by default. */
  idempotencyKey?: string;
  /** The ETag that was read: the call fails with 412 when the resource has changed since then, see `isChanged`. */
  ifMatch?: string;
  /** Ends the call early. */
  signal?: AbortSignal;
  /** Milliseconds until the call fails, all attempts included. Defaults to the client's timeout. */
  timeout?: number;
}

/** The options of one call, with the query parameters of its operation. */
export type CallOptions<Id extends OperationId> = Query<Id> & CallSettings;

/** The result of a call. Await it, or call `withResponse` to get the headers too. */
export interface Call<T> extends Promise<T> {
  withResponse(): Promise<{ data: T; response: Response }>;
}

/** Carries out an operation. */
export type CallFunction = <Id extends OperationId>(
  id: Id,
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  pathParameters: Record<string, string>,
  body: unknown,
  options: CallOptions<Id> | undefined,
) => Call<Result<Id>>;
