// Addresses with ports.

/** An address with its port, as in an URL: `10.0.0.1:80`, `[2001:db8::1]:443`. */
export function endpoint(ip: string, port: number): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}
