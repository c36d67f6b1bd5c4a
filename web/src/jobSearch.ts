import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { client, type Schemas } from "./api.js";

/** The jobs that were found last, and whether they are the answer to the present text. */
export interface FoundJobs {
  jobs: Schemas["JobList"];
  isCurrent: boolean;
  error: unknown;
}

/** How long the search waits for the next key, in milliseconds. */
const typingPause = 150;

/** Searches the jobs of the server while the text changes. An empty text finds the newest jobs, undefined searches nothing. */
export function useJobSearch(text: string | undefined, limit: number): FoundJobs {
  const found = useSignal<{ text: string; jobs: Schemas["JobList"]; error: unknown } | undefined>(undefined);
  const q = text?.trim();
  useEffect(() => {
    if (q === undefined) {
      found.value = undefined;
      return undefined;
    }
    const aborter = new AbortController();
    const search = async () => {
      try {
        const jobs = await client().jobs.list({ query: { limit, ...(q !== "" && { q }) }, signal: aborter.signal });
        if (!aborter.signal.aborted) found.value = { text: q, jobs, error: undefined };
      } catch (error) {
        if (!aborter.signal.aborted) found.value = { text: q, jobs: [], error };
      }
    };
    const timer = setTimeout(() => void search(), q === "" ? 0 : typingPause);
    return () => {
      clearTimeout(timer);
      aborter.abort();
    };
  }, [q]);
  const { jobs = [], error } = found.value ?? {};
  return { jobs, isCurrent: found.value?.text === q, error };
}

/**
 * Chooses on Enter: at once if what is listed is the answer to the present text, else as soon as it is. The caller calls
 * `cancel` when the text changes or the list closes.
 */
export function useEnter(isCurrent: boolean, choose: () => void): { enter: () => void; cancel: () => void } {
  const waits = useRef(false);
  const cancel = () => {
    waits.current = false;
  };
  // Without delay: an effect that runs later could take back an Enter that came after the text had changed.
  useLayoutEffect(() => {
    if (!isCurrent || !waits.current) return;
    cancel();
    choose();
  });
  const enter = () => {
    if (isCurrent) choose();
    else waits.current = true;
  };
  return { enter, cancel };
}

/** What tells jobs of the same name apart. */
export function detailsOf({ jiraPartNumber, jiraTicketKey, externalId }: Schemas["Job"]): string {
  return [jiraPartNumber, jiraTicketKey, externalId].filter((text) => text !== undefined).join(" · ");
}
