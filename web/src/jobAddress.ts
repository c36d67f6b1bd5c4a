import { useLocation } from "preact-iso/router";

/** Returns the job in the address (?job=), "" if there is none, and a function that puts another one there. */
export function useJobInAddress(): [jobId: string, change: (jobId: string) => void] {
  const { path, query, route } = useLocation();
  return [query["job"] ?? "", (jobId) => route(jobId === "" ? path : `${path}?job=${encodeURIComponent(jobId)}`, true)];
}
