/** Returns a new idempotency key. crypto.randomUUID would be shorter, but pages that were loaded by plain HTTP lack it. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
