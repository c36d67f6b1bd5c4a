import { useSignal } from "@preact/signals";

import { messageOf, RoutecardError } from "../api.js";
import { words } from "../words.js";

/** Pages that were loaded by plain HTTP may not write to the clipboard. */
const canCopy = isSecureContext;

/** The server's sentence about a failed request, with the id of the request to copy. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const copied = useSignal(false);
  const requestId = error instanceof RoutecardError ? error.requestId : undefined;
  const copy = async (id: string) => {
    await navigator.clipboard.writeText(id);
    copied.value = true;
  };
  return (
    <div class="failure" role="alert">
      <p>{messageOf(error)}</p>
      <p class="failure-actions">
        {retry && (
          <button type="button" onClick={retry}>
            {words.retry}
          </button>
        )}
        {requestId !== undefined && !canCopy && <span>{words.requestId(requestId)}</span>}
        {requestId !== undefined && canCopy && (
          <button type="button" class="quiet" title={words.copyRequestId} onClick={() => void copy(requestId)}>
            {copied.value ? words.copied : words.requestId(requestId)}
          </button>
        )}
      </p>
    </div>
  );
}
