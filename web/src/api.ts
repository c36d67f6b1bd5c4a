import { computed, signal } from "@preact/signals";

import { toError } from "../../sdk/typescript/src/errors.js";
import { createClient, RoutecardConnectionError, RoutecardError, type RoutecardClient, type Schemas } from "../../sdk/typescript/src/index.js";
import { words } from "./words.js";

export { RoutecardError, type Schemas };

const storedKey = "routecard.key";

/** The API key of this tab, "" if it has none. */
const key = signal(takeKey());

/** Sends every request of the pages. */
const current = computed(() => createClient({ baseUrl: "", ...(key.value !== "" && { apiKey: key.value }) }));

/** A client that sends each request once, for callers that repeat requests themselves. */
const oneShot = computed(() => createClient({ baseUrl: "", retry: { attempts: 1 }, ...(key.value !== "" && { apiKey: key.value }) }));

export const client = (): RoutecardClient => current.value;
export const oneShotClient = (): RoutecardClient => oneShot.value;

/** What the server says about this tab: its role, and whether keys are required. */
export type Session =
  | { name: "loading" }
  | { name: "open"; session: Schemas["Session"] }
  | { name: "signedOut" }
  | { name: "unreachable"; message: string };

export const session = signal<Session>({ name: "loading" });

/** Asks the server who this tab is. */
export async function loadSession(): Promise<void> {
  try {
    session.value = { name: "open", session: await client().session.get() };
  } catch (error) {
    session.value =
      error instanceof RoutecardError && error.statusCode === 401
        ? { name: "signedOut" }
        : { name: "unreachable", message: messageOf(error) };
  }
}

const roles = ["read", "operate", "write"] as const;

function hasRole(least: (typeof roles)[number]): boolean {
  const at = session.value;
  return at.name === "open" && roles.indexOf(at.session.role) >= roles.indexOf(least);
}

/** Reports whether this tab may move units. */
export const mayOperate = () => hasRole("operate");

/** Reports whether this tab may change jobs and paths. */
export const mayWrite = () => hasRole("write");

/** Signs in with a key. Throws the server's error, and forgets the key, if the server does not accept it. */
export async function signIn(newKey: string, staySignedIn: boolean): Promise<void> {
  const opened = await createClient({ baseUrl: "", apiKey: newKey, retry: { attempts: 1 } }).session.get();
  forgetKey();
  (staySignedIn ? localStorage : sessionStorage).setItem(storedKey, newKey);
  key.value = newKey;
  session.value = { name: "open", session: opened };
}

/** Signs out, also on the next start. */
export function signOut(): void {
  forgetKey();
  key.value = "";
  void loadSession();
}

/** Reports whether this tab has a key. */
export const hasKey = () => key.value !== "";

/** Asks for the headers of a list without its items. Throws the server's error. */
export async function head(path: string, query: Record<string, string>): Promise<Response> {
  const response = await fetch(`${path}?${new URLSearchParams(query)}`, { method: "HEAD", headers: authorization() });
  if (!response.ok) throw await toError(response, 1);
  return response;
}

/** The headers of a request that is not sent by the client. */
export const authorization = (): Record<string, string> => (key.value === "" ? {} : { Authorization: `Bearer ${key.value}` });

function forgetKey(): void {
  sessionStorage.removeItem(storedKey);
  localStorage.removeItem(storedKey);
}

/** Returns the stored key, or the one behind #key= in the address, which is erased at once. */
function takeKey(): string {
  const given = /^#key=(.+)$/.exec(location.hash)?.[1];
  if (given === undefined) return sessionStorage.getItem(storedKey) ?? localStorage.getItem(storedKey) ?? "";
  history.replaceState(null, "", location.pathname + location.search);
  const decoded = decodeURIComponent(given);
  sessionStorage.setItem(storedKey, decoded);
  return decoded;
}

/** The sentence to show for an error. */
export function messageOf(error: unknown): string {
  if (isAway(error)) return words.away;
  return error instanceof Error ? error.message : String(error);
}

/** What a reverse proxy answers while the server is away. */
const awayStatuses: readonly number[] = [502, 503, 504];

/** Reports whether the server was not reached. An answer without a request id is from a proxy. */
function isAway(error: unknown): boolean {
  if (error instanceof RoutecardError) return awayStatuses.includes(error.statusCode) && error.requestId === undefined;
  return error instanceof RoutecardConnectionError || (error instanceof DOMException && error.name === "TimeoutError");
}
