// How the browser proves that it may ask: the token of the URL that `wirereel serve` printed.

/** Takes the token out of the address bar and turns it into the session cookie. */
export class Session {
  /** Resolves once commands and pushes can be sent. Never rejects: without a session the first command says so. */
  readonly ready: Promise<void>;
  readonly #token: string | null;

  constructor(location: Location = window.location, history: History = window.history) {
    const found = takeToken(new URL(location.href));
    this.#token = found.token;
    if (found.token === null) {
      this.ready = Promise.resolve();
      return;
    }
    history.replaceState(history.state, "", found.rest);
    // Pushes cannot carry a header, so the cookie is needed as well.
    this.ready = fetch(`/?token=${encodeURIComponent(found.token)}`, { credentials: "same-origin" }).then(
      () => undefined,
      () => undefined,
    );
  }

  /** Headers for a command. */
  get headers(): Record<string, string> {
    return this.#token === null ? {} : { "X-Wirereel-Token": this.#token };
  }
}

/** The token in a URL's query or fragment, and the URL without it. */
export function takeToken(url: URL): { token: string | null; rest: string } {
  const fragment = new URLSearchParams(url.hash.startsWith("#token=") ? url.hash.slice(1) : "");
  const token = url.searchParams.get("token") ?? fragment.get("token");
  url.searchParams.delete("token");
  if (fragment.has("token")) url.hash = "";
  return { token, rest: url.pathname + url.search + url.hash };
}
