// A node or edge as terms of the filter language.

/** A value of a term: quoted where its characters would be read as language. */
export function filterValue(value: string): string {
  return /^[\w.@/-]+$/.test(value) && !/^-|^(AND|OR|NOT)$/i.test(value)
    ? value
    : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

/** Exchanges of a service, or of an edge when `client` is given. */
export function filterTerms({ client, server }: { client: string | null; server: string }): string[] {
  if (client === null) return [`service:${filterValue(server)}`];
  return [`client:${filterValue(client)}`, `server:${filterValue(server)}`];
}
