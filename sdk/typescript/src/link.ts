// A link of a Link header (RFC 8288) with its parameters, and one parameter.
const linkPattern = /<([^>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]*))?)*)/g;
const parameterPattern = /([\w*-]+)\s*=\s*(?:"([^"]*)"|([^\s",;]*))/g;

/**
 * The query of the link to the next page; undefined when there is none. Only the query is followed: server and path stay
 * those of the first page, whatever a proxy has made of them.
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
