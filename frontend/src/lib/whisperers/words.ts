// What is said of a whisperer: where it captures, how much comes, and what it waits for.

import type { BreakerState, Whisperer, WhispererKind } from "../backend";
import type { IconName } from "../components";
import { STATE_WORDS } from "../capture/words";
import { bytes, clock, count, counted, duration } from "../format";

export const KIND_WORDS: Record<WhispererKind, { word: string; icon: IconName; about: string }> = {
  interface: { word: "INTERFACE", icon: "nic", about: "Packets of interfaces of its host" },
  file: { word: "FILE", icon: "file", about: "A capture file on its host" },
  upload: { word: "UPLOAD", icon: "upload", about: "Files dropped into this window" },
};

export const BREAKER_WORDS: Record<BreakerState, { word: string; about: string; tone: "ok" | "warn" | "err" }> = {
  closed: { word: "closed", about: "packets flow", tone: "ok" },
  open: { word: "open", about: "nothing is taken, packets are counted and thrown away", tone: "err" },
  half_open: { word: "half open", about: "one batch is tried", tone: "warn" },
};

/** The picture of its kind; an agent that is reached by a command has a terminal's. */
export function iconOf({ kind, command }: Whisperer): IconName {
  return kind === "interface" && command !== "" ? "ssh" : KIND_WORDS[kind].icon;
}

/** Where it captures: `remote, ssh, ens5 on stage-node-1`. */
export function placeOf(whisperer: Whisperer, fallback: unknown = undefined): string {
  const { kind, command, path, host } = whisperer;
  if (kind === "upload") return "drop target";
  const way = command === "" ? "local" : `remote, ${programOf(command)}`;
  const what = kind === "file" ? (path ?? "no file") : interfacesOf(whisperer, fallback).join(", ");
  const where = command === "" ? "this machine" : host;
  return `${way}${what === "" ? "" : `, ${what}`}${where === null ? "" : ` on ${where}`}`;
}

/** The interfaces that it is set to capture on, or those of the default. */
export function interfacesOf({ config }: Whisperer, fallback: unknown = undefined): string[] {
  const set = config.capture["interfaces"] ?? fallback;
  return Array.isArray(set) ? set.filter((name): name is string => typeof name === "string") : [];
}

/** The program that leads to its host: `ssh` of `/usr/bin/ssh -p 22 stage wirereel-whisperer`. */
export function programOf(command: string): string {
  return command.trim().split(/\s+/)[0]?.split("/").at(-1) ?? "";
}

/** The third line of the list: how much comes, or what it waits for. Empty where the state says it all. */
export function progressOf(whisperer: Whisperer, nowUs: number): string {
  const { state, figures, reason, kind, totals } = whisperer;
  switch (state) {
    case "capturing": {
      const lost = figures.lost_in_kernel + figures.lost_in_queue;
      return `${perSecond(figures.packets_per_s)} packets/s${lost > 0 ? `, ${count(lost)} lost` : ""}`;
    }
    case "connecting":
      return attemptOf(whisperer, nowUs);
    case "wrong_configuration":
      return reason ?? "";
    case "not_visible": {
      const why = reason ?? (figures.updated_us === null ? "" : `last seen ${clock(figures.updated_us, "second")}`);
      return [attemptOf(whisperer, nowUs), why].filter((part) => part !== "").join(": ");
    }
    case "stopped":
      if (kind === "file" && totals.bytes > 0) return `read to the end, ${bytes(totals.bytes)}`;
      return totals.captures > 0 ? counted(totals.captures, "capture") : "";
  }
}

/** True while it captures, or tries to: also between two attempts, while nobody can see it. */
export function isWanted({ state, attempt }: Whisperer): boolean {
  return state === "capturing" || state === "connecting" || attempt > 0;
}

/** `attempt 3, in 12 s`. */
export function attemptOf({ attempt, next_attempt_us }: Whisperer, nowUs: number): string {
  if (attempt === 0) return "";
  const wait = next_attempt_us === null ? 0 : next_attempt_us - nowUs;
  return `attempt ${count(attempt)}${wait >= 500_000 ? `, in ${duration(Math.round(wait / 1e6) * 1e6)}` : ""}`;
}

/** `stage-node-1: Capturing`, for the live region; with the reason where there is one. */
export function announced({ name, state, reason }: Whisperer): string {
  return `${name}: ${STATE_WORDS[state]}${reason === null ? "" : `, ${reason}`}`;
}

/** Figures below ten keep a decimal: one packet in four seconds is not nothing. */
export function perSecond(rate: number): string {
  return rate > 0 && rate < 10 ? (rate < 0.05 ? "<0.1" : rate.toFixed(1)) : count(Math.round(rate));
}

/** A share of captured packets, exact enough for small losses: `0.11%`. */
export function lostShare(lost: number, packets: number): string {
  const percent = (lost / Math.max(1, lost + packets)) * 100;
  if (percent < 0.005) return "<0.01%";
  return `${percent < 10 ? percent.toFixed(2) : percent.toFixed(1)}%`;
}
