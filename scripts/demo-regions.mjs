// The demo of two regions: starts its programs, follows what it is told from another terminal, and ends all of them.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const folder = process.env.WIREREEL_DEMO;
const wirereel = join(process.env.WIREREEL_PROGRAMS, "wirereel");
const A = "Region A";
const B = "Region B";
const PORTS = { "Mediary A": 7611, "Mediary B": 7612, "Gateway B": 7613, "nginx B": 7614, catalog: 7615 };
const at = (name) => `127.0.0.1:${PORTS[name]}`;
const to = (name) => `grpc://${at(name)}`;
const file = (name) => join(folder, `${name.toLowerCase().replace(" ", "-")}.json`);
const read = (name) => JSON.parse(readFileSync(file(name), "utf8"));
/** Whole or not at all: whoever reads it at this moment finds the one or the other. */
function write(path, value) {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}

const relay = (name, region, role, routes) => ({ name, region, role, listen: at(name), routes });
const HOPS = {
  catalog: { kind: "respond", options: { name: "catalog", region: B, listen: at("catalog") } },
  "Gateway B": { kind: "gateway", options: relay("Gateway B", B, "gateway", { services: { catalog: to("catalog") } }) },
  "Mediary B": {
    kind: "relay",
    options: relay("Mediary B", B, "relay", { services: { catalog: to("Gateway B"), "catalog by nginx": to("nginx B") } }),
  },
  "Mediary A": { kind: "relay", options: relay("Mediary A", A, "relay", { regions: { [B]: to("Mediary B") } }) },
};

const hop = (name, region, address) => ({ hop: name, region, ...(address === undefined ? {} : { address }) });
const through = (gateway) => [hop("Mediary A", A), hop("Mediary B", B), gateway, hop("catalog", B)];
/** The service is asked for an answer after its work, not for its health: `slow` and `errors` are seen. */
const probe = (name, more) => ({
  name,
  target: to("Mediary A"),
  from: A,
  call: { method: "wirereel.probe.v1.Probe/Echo" },
  interval: "1s",
  timeout: "3s",
  ...more,
});
const PROBES = [
  probe("catalog from Region A", { to: { region: B, service: "catalog" }, path: through(hop("Gateway B", B)) }),
  probe("catalog by nginx", { to: { region: B, service: "catalog by nginx" }, path: through(hop("nginx B", B, at("nginx B"))) }),
  probe("catalog, black box", { to: { region: B, service: "catalog" }, mode: "black_box" }),
  probe("catalog inside Region B", {
    from: B,
    target: to("Gateway B"),
    to: { region: B, service: "catalog" },
    path: [hop("Gateway B", B), hop("catalog", B)],
  }),
];

const NGINX = `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
events { worker_connections 128; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server { listen ${at("nginx B")} http2; location / { grpc_pass ${to("catalog")}; } }
}
`;

function fail(message) {
  console.error(message);
  process.exit(2);
}

/** What another terminal says: a file that the running demo, or one of its programs, follows. */
function order([verb, ...words]) {
  if (!existsSync(file("catalog"))) fail("The demo does not run: start it with scripts/demo-regions.");
  const [name, time, part = "request"] = words;
  const names = Object.keys(HOPS).concat("nginx B");
  switch (verb) {
    case "delay": {
      if (HOPS[name]?.options.routes === undefined) fail(`"${name}" is no relay: Mediary A, Mediary B or Gateway B.`);
      const { delays = {}, ...rest } = read(name);
      const { [part]: _, ...others } = delays;
      return write(file(name), { ...rest, delays: time === "none" ? others : { ...others, [part]: time } });
    }
    case "errors":
    case "slow": {
      const { load = {}, ...rest } = read("catalog");
      const { delay, ...without } = load;
      if (verb === "errors") return write(file("catalog"), { ...rest, load: { ...load, errors_per_mille: Number(name) } });
      return write(file("catalog"), { ...rest, load: name === "none" ? without : { ...load, delay: name } });
    }
    case "stop":
    case "start": {
      if (!names.includes(name)) fail(`"${name}" is not one of ${names.join(", ")}.`);
      const stopped = new Set(JSON.parse(readFileSync(file("stopped"), "utf8")));
      if (verb === "stop") stopped.add(name);
      else stopped.delete(name);
      return write(file("stopped"), [...stopped]);
    }
    default:
      return fail(`"${verb}" is not one of delay, errors, slow, stop, start.`);
  }
}

/** Runs everything until it is told to end. */
async function demo() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "home"), { recursive: true });
  for (const [name, { options }] of Object.entries(HOPS)) write(file(name), options);
  write(file("stopped"), []);
  writeFileSync(join(folder, "nginx.conf"), NGINX);
  write(join(folder, "home", "wirereel.json"), { probes: PROBES });

  const running = new Map();
  /** Stopped by order: what ended by itself said why, and is not started again and again. */
  const down = new Set();
  let ending = false;
  function start(name, program, args) {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
    child.on("error", (error) => console.error(`${name} cannot be started: ${error.message}`));
    child.on("exit", (code) => {
      if (running.get(name) === child) running.delete(name);
      if (!ending && code) console.error(`${name} ended with ${code}`);
    });
    running.set(name, child);
  }
  const hasNginx = spawnSync("nginx", ["-v"], { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } }).status === 0;
  if (!hasNginx) console.error("nginx is not installed: the probe through it will be down.");
  const startHop = (name) => {
    if (name === "nginx B") {
      if (hasNginx) start(name, "/usr/sbin/nginx", ["-p", folder, "-c", join(folder, "nginx.conf")]);
    } else start(name, wirereel, ["probe", HOPS[name].kind, "--config", file(name)]);
  };
  [...Object.keys(HOPS), "nginx B"].forEach(startHop);

  const host = spawn(wirereel, ["serve", "--workspace", join(folder, "home")], { stdio: ["ignore", "pipe", "inherit"] });
  createInterface({ input: host.stdout }).on("line", (line) => console.log(`Probes: ${line}`));

  const follow = setInterval(() => {
    const stopped = new Set(JSON.parse(readFileSync(file("stopped"), "utf8")));
    for (const name of [...Object.keys(HOPS), "nginx B"]) {
      if (stopped.has(name)) {
        down.add(name);
        running.get(name)?.kill("SIGTERM");
      } else if (down.has(name) && !running.has(name)) {
        down.delete(name);
        startHop(name);
      }
    }
  }, 500);
  await new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, resolve);
    host.on("exit", resolve);
    if (process.env.DEMO_SECONDS) setTimeout(resolve, Number(process.env.DEMO_SECONDS) * 1000);
  });
  ending = true;
  clearInterval(follow);
  host.kill("SIGTERM");
  for (const child of running.values()) child.kill("SIGTERM");
}

if (process.argv.length > 2) order(process.argv.slice(2));
else await demo();
