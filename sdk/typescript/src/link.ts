// linkPattern matches one link of a Link header (RFC 8288) with its parameters, and parameterPattern matches one parameter.
const linkPattern = /<([^>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]*))?)*)/g;
const parameterPattern = /([\w*-]+)\s*=\s*(?:"([^"]*)"|([^\s",;]*))/g;

/**
 * Returns the query of the link to the next page, or undefined if there is none. It ignores the link's host and path: the client
 * keeps those of the first page, because a proxy may have changed them.
 */
export function nextQuery(header: string | null): string | undefined {
  for (const [, target = "", parameters = ""] of (header ?? "").matchAll(linkPattern)) {
    for (const [, name = "", quoted, bare] of parameters.matchAll(parameterPattern)) {
      const relations = (quoted ?? bare ?? "").toLowerCase().split(/\s+/);
      if (name.toLowerCase() !== "rel" || !relations.includes("next")) continue;
      const [, query] = target.replace(/#.*$/, "").match(/\?(.*)$/) ?? [];
      return query || undefined;
    }
  }
  return undefined;
}
