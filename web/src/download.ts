import { authorization } from "./api.js";
import { toError } from "../../sdk/typescript/src/errors.js";

/** Downloads a list of the API as CSV. Throws the server's error. */
export async function downloadCSV(path: string, query: Record<string, string>, fileName: string): Promise<void> {
  const params = new URLSearchParams(query);
  const response = await fetch(`${path}${params.size > 0 ? `?${params}` : ""}`, { headers: { ...authorization(), Accept: "text/csv" } });
  if (!response.ok) throw await toError(response, 1);
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}
