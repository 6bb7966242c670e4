// The two ends of what a row is about: columns that several grids have.

import { endpoint } from "../format";
import type { Column } from "./column";

/** A row with two ends. */
export interface Peers {
  client_service: string;
  server_service: string;
  client_ip: string;
  client_port: number;
  server_ip: string;
  server_port: number;
}

/** Names. */
export const SERVICE_COLUMNS: readonly Column<Peers>[] = [
  { id: "client", title: "Client", sort: "client_service", width: 124, text: (row) => row.client_service },
  { id: "server", title: "Server", sort: "server_service", width: 124, text: (row) => row.server_service },
];

/** Addresses with ports. */
export const ADDRESS_COLUMNS: readonly Column<Peers>[] = [
  {
    id: "clientAddress",
    title: "Client address",
    sort: "client_ip",
    width: 150,
    mono: true,
    text: (row) => endpoint(row.client_ip, row.client_port),
  },
  {
    id: "serverAddress",
    title: "Server address",
    sort: "server_ip",
    width: 150,
    mono: true,
    text: (row) => endpoint(row.server_ip, row.server_port),
  },
];
