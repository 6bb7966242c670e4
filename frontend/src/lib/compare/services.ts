// Which services are offered, in which order, and which are compared when nobody chose.

import type { ServiceNode, Topology } from "../backend";
import { errorOrigins } from "../topology/measures";

const FIRST_CHOICE = 3;

/** Services where errors start, the most failing first, then the busiest; at most three. */
export function firstChoice(topology: Topology): string[] {
  const services = topology.nodes.filter(({ kind, golden }) => kind === "service" && golden.requests > 0);
  const origins = errorOrigins(services, topology.edges);
  const failures = ({ golden }: ServiceNode): number => golden.errors_5xx + golden.failed;
  const failing = services.filter(({ name }) => origins.has(name)).sort((a, b) => failures(b) - failures(a));
  const busy = services.filter((node) => !failing.includes(node)).sort(byRequests);
  return [...failing, ...busy].slice(0, FIRST_CHOICE).map(({ name }) => name);
}

/** Nodes whose name holds `text`: those that begin with it first, then the busiest. */
export function offered(nodes: readonly ServiceNode[], text: string): ServiceNode[] {
  const wanted = text.trim().toLowerCase();
  const rank = ({ name }: ServiceNode): number => name.toLowerCase().indexOf(wanted);
  return nodes
    .filter((node) => rank(node) >= 0)
    .sort((a, b) => Number(rank(a) > 0) - Number(rank(b) > 0) || byRequests(a, b));
}

function byRequests(a: ServiceNode, b: ServiceNode): number {
  return b.golden.requests - a.golden.requests || (a.name < b.name ? -1 : 1);
}

/** A node's name as people read it. */
export const titleOf = (name: string): string => (name === "customers" ? "Customers" : name);
