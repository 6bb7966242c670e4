// What a pane may ask of its host, whichever host that is. Every command of docs/api.md is one method.

import type {
  AlertAcknowledge,
  AlertNote,
  Alerts,
  AlertSilenceOrder,
  AlertsQuestion,
  AppState,
  BodyPreview,
  Bookmark,
  CaptureInterfaces,
  CheckProblem,
  CheckRuns,
  CheckRunsQuestion,
  CompleteQuestion,
  Customers,
  CustomersQuestion,
  Density,
  DensityQuestion,
  Difference,
  DifferenceQuestion,
  DoctorFinding,
  ExchangeAtQuestion,
  ExchangeDetail,
  ExchangesPage,
  ExchangesQuestion,
  FilterCheck,
  FlowDetail,
  FlowPacketsPage,
  FlowPacketsQuestion,
  FlowSequence,
  FlowsPage,
  FlowsQuestion,
  FlowStream,
  FoundEvent,
  Health,
  HealthQuestion,
  Incident,
  IncidentsQuestion,
  Inspection,
  InspectQuestion,
  Message,
  NamingChecked,
  NamingDraft,
  NamingSave,
  NamingState,
  NewWhisperer,
  NextEventQuestion,
  PacketBytes,
  Passing,
  PassingQuestion,
  ProbeDetail,
  ProbeDraft,
  ProbeQuestion,
  ProbeRuns,
  ProbeRunsQuestion,
  Probes,
  ProbesQuestion,
  ProbeTested,
  ProblemsPage,
  ProblemsQuestion,
  RowsFormat,
  RowsOf,
  Scope,
  Sequence,
  SequenceQuestion,
  Series,
  SeriesQuestion,
  SqlResult,
  StateAt,
  Suggestion,
  Tick,
  Topology,
  UnresolvedPage,
  UnresolvedQuestion,
  WebsiteDetail,
  WebsiteDraft,
  WebsiteImport,
  WebsiteQuestion,
  Websites,
  WebsitesImported,
  WebsitesQuestion,
  WebsiteTested,
  Whisperer,
  WhispererConfig,
  WhispererHistory,
  WhispererProblem,
  WhispererSaved,
  WhispererSchema,
} from "./types";

/** How a question is asked. */
export interface AskOptions {
  /** A newer question of the same lane takes this one's place, which then rejects with code `superseded`. */
  lane?: string;
}

/** What a pcap export holds. */
export type PcapChoice = { flow_id: number } | { exchange_id: number } | { scope: Scope };

/** What an export of rows holds, and as what. */
export interface RowsChoice {
  rows: RowsOf;
  format: RowsFormat;
  scope: Scope;
  /** HAR: with the bodies, and with whatever secrets are in them. */
  bodies?: boolean;
}

/** Which body is saved. */
export interface BodyChoice {
  exchange_id: number;
  message: Message;
}

/** A packet's record in its source. */
export interface PacketPlace {
  source_id: number;
  position: number;
}

/** Where a row stands among all rows of a scope sorted by time. */
export interface ExchangePlace {
  index: number;
  total: number;
}

/** Which figures of a whisperer: without times those of the last ten minutes, in at most `points` samples (600 at most). */
export interface WhispererTime {
  id: string;
  from_us?: number;
  to_us?: number;
  points: number;
}

/** Files being dragged over the window. `dropped` ends it, as `left` does. */
export type DragPhase = "over" | "left" | "dropped";

/** Whether pushes arrive. `refused` means that this session is not, or no longer, allowed in. */
export type Connection = "connecting" | "open" | "lost" | "refused";

/** How far an upload is, in bytes. */
export interface UploadProgress {
  name: string;
  sentBytes: number;
  totalBytes: number;
}

/** What a host is told about pushes. */
export interface PushListener {
  tick: (tick: Tick) => void;
  connection: (state: Connection) => void;
}

/** The host. Every method rejects with an `ApiError`. */
export interface Backend {
  /** The desktop window or a browser. */
  readonly host: "window" | "browser";

  appState(): Promise<AppState>;
  openSample(name: string): Promise<void>;
  openRecent(recordingId: string): Promise<void>;
  forgetRecent(recordingId: string): Promise<void>;
  /** Lets the user choose capture files, then opens them. False when nothing was chosen. */
  chooseFiles(progress: (upload: UploadProgress | null) => void): Promise<boolean>;
  /** Opens what was dropped on the page: one file. The window's host takes drops itself, there this does nothing. */
  openDropped(files: File[], progress: (upload: UploadProgress | null) => void): Promise<void>;
  cancelImport(): Promise<void>;
  captureInterfaces(): Promise<CaptureInterfaces>;
  /** Captures on this machine with this configuration; how it goes comes with ticks. */
  captureStart(config: Record<string, unknown>): Promise<void>;
  captureStop(): Promise<void>;
  /** How Wirereel itself is, or was at an instant. */
  health(question: HealthQuestion, options?: AskOptions): Promise<Health>;
  /** This machine's first, then in the order in which they were added. */
  whisperers(options?: AskOptions): Promise<Whisperer[]>;
  whispererHistory(time: WhispererTime, options?: AskOptions): Promise<WhispererHistory>;
  whispererSchema(): Promise<WhispererSchema>;
  /** What is wrong with a configuration; nothing is saved. */
  whispererCheck(id: string, config: WhispererConfig, options?: AskOptions): Promise<WhispererProblem[]>;
  /** Saves a configuration in which nothing is wrong. */
  whispererSave(id: string, config: WhispererConfig): Promise<WhispererSaved>;
  whispererAdd(whisperer: NewWhisperer): Promise<Whisperer>;
  whispererRename(id: string, name: string): Promise<void>;
  /** What it captured stays. */
  whispererRemove(id: string): Promise<void>;
  whispererResume(id: string, resume: boolean): Promise<void>;
  /** Resolves at once; the state follows with ticks. */
  whispererStart(id: string): Promise<void>;
  whispererStop(id: string): Promise<void>;
  closeRecording(): Promise<void>;

  /** Websites that are checked, with figures of every frame for the rows asked for. */
  websites(question: WebsitesQuestion, options?: AskOptions): Promise<Websites>;
  website(question: WebsiteQuestion, options?: AskOptions): Promise<WebsiteDetail>;
  checkRuns(question: CheckRunsQuestion, options?: AskOptions): Promise<CheckRuns>;
  /** The JSON Schema of a website. */
  websiteSchema(): Promise<Record<string, unknown>>;
  /** What is wrong with a website; nothing is saved. */
  websiteCheck(draft: WebsiteDraft, options?: AskOptions): Promise<CheckProblem[]>;
  /** Saves a website in which nothing is wrong. */
  websiteSave(draft: WebsiteDraft): Promise<CheckProblem[]>;
  /** What was measured stays. */
  websiteRemove(website: string): Promise<void>;
  websitePause(website: string, paused: boolean): Promise<void>;
  /** Checks it once, whether it is saved or not; nothing is kept. */
  websiteTest(draft: WebsiteDraft, options?: AskOptions): Promise<WebsiteTested>;
  websitesImport(list: WebsiteImport, options?: AskOptions): Promise<WebsitesImported>;

  /** All probes with figures of a time, and what lies between their regions. */
  probes(question: ProbesQuestion, options?: AskOptions): Promise<Probes>;
  probe(question: ProbeQuestion, options?: AskOptions): Promise<ProbeDetail>;
  probeRuns(question: ProbeRunsQuestion, options?: AskOptions): Promise<ProbeRuns>;
  /** The JSON Schema of a probe. */
  probeSchema(): Promise<Record<string, unknown>>;
  /** What is wrong with a probe; nothing is saved. */
  probeCheck(draft: ProbeDraft, options?: AskOptions): Promise<CheckProblem[]>;
  /** Saves a probe in which nothing is wrong. */
  probeSave(draft: ProbeDraft): Promise<CheckProblem[]>;
  /** What was measured stays. */
  probeRemove(probe: string): Promise<void>;
  probePause(probe: string, paused: boolean): Promise<void>;
  /** Sends it once, whether it is saved or not; nothing is kept. */
  probeTest(draft: ProbeDraft, options?: AskOptions): Promise<ProbeTested>;

  alerts(question: AlertsQuestion, options?: AskOptions): Promise<Alerts>;
  /** Says that somebody knows of it, or takes that back. */
  alertAcknowledge(order: AlertAcknowledge): Promise<void>;
  alertNote(order: AlertNote): Promise<void>;
  alertSilence(order: AlertSilenceOrder): Promise<void>;
  /** Sends a made-up alert to a target; rejects with why it did not arrive. */
  alertTestTarget(target: string): Promise<void>;

  topology(scope: Scope, options?: AskOptions): Promise<Topology>;
  /** Who comes in from outside, grouped: totals, a curve, and a page of rows. */
  customers(question: CustomersQuestion, options?: AskOptions): Promise<Customers>;
  /** Addresses that nobody could name. */
  unresolved(question: UnresolvedQuestion, options?: AskOptions): Promise<UnresolvedPage>;
  /** What the user calls addresses, and where customers arrive. */
  naming(options?: AskOptions): Promise<NamingState>;
  /** What other rules would do; nothing is saved. */
  namingCheck(draft: NamingDraft, options?: AskOptions): Promise<NamingChecked>;
  /** Puts rules in the place of those that the writer knows; rejects when others are in force by now. */
  namingSave(change: NamingSave): Promise<NamingState>;
  density(question: DensityQuestion, options?: AskOptions): Promise<Density>;
  exchanges(question: ExchangesQuestion, options?: AskOptions): Promise<ExchangesPage>;
  exchangeIndex(question: ExchangeAtQuestion, options?: AskOptions): Promise<ExchangePlace>;
  exchange(exchangeId: number, options?: AskOptions): Promise<ExchangeDetail>;
  exchangeBody(exchangeId: number, message: Message, options?: AskOptions): Promise<BodyPreview>;
  flows(question: FlowsQuestion, options?: AskOptions): Promise<FlowsPage>;
  flow(flowId: number, options?: AskOptions): Promise<FlowDetail>;
  flowPackets(question: FlowPacketsQuestion, options?: AskOptions): Promise<FlowPacketsPage>;
  flowSequence(flowId: number, options?: AskOptions): Promise<FlowSequence>;
  flowStream(flowId: number, options?: AskOptions): Promise<FlowStream>;
  packetBytes(place: PacketPlace, options?: AskOptions): Promise<PacketBytes>;
  problems(question: ProblemsQuestion, options?: AskOptions): Promise<ProblemsPage>;
  inspect(question: InspectQuestion, options?: AskOptions): Promise<Inspection>;
  stateAt(atUs: number, filter: string, options?: AskOptions): Promise<StateAt>;
  nextEvent(question: NextEventQuestion, options?: AskOptions): Promise<FoundEvent | null>;
  passing(question: PassingQuestion, options?: AskOptions): Promise<Passing>;
  series(question: SeriesQuestion, options?: AskOptions): Promise<Series>;
  incidents(question: IncidentsQuestion, options?: AskOptions): Promise<Incident[]>;
  difference(question: DifferenceQuestion, options?: AskOptions): Promise<Difference>;
  sequence(question: SequenceQuestion, options?: AskOptions): Promise<Sequence>;
  checkFilter(text: string, options?: AskOptions): Promise<FilterCheck>;
  completeFilter(question: CompleteQuestion, options?: AskOptions): Promise<Suggestion[]>;
  sql(query: string, options?: AskOptions): Promise<SqlResult>;

  bookmarks(): Promise<Bookmark[]>;
  addBookmark(atUs: number, note: string): Promise<Bookmark>;
  removeBookmark(id: number): Promise<void>;
  /** A remembered setting, or null. */
  getSetting(key: string): Promise<unknown>;
  setSetting(key: string, value: unknown): Promise<void>;
  doctor(): Promise<DoctorFinding[]>;

  /** Saves packets where the user says (window) or as a download (browser). The path, or null when unknown or given up. */
  exportPcap(choice: PcapChoice): Promise<string | null>;
  /** Saves rows as HAR, CSV or Parquet. As `exportPcap`. */
  exportRows(choice: RowsChoice): Promise<string | null>;
  /** Saves a body, decoded. As `exportPcap`. */
  saveBody(choice: BodyChoice): Promise<string | null>;
  /** Saves something made here: a picture, a followed stream, CSV. As `exportPcap`. */
  saveFile(name: string, content: Blob): Promise<string | null>;
  /** Rejects with `unsupported` when Wireshark is not installed. */
  openInWireshark(target: { exchange_id: number } | { flow_id: number }): Promise<void>;

  /** Starts pushes; the function returned ends them. */
  listen(listener: PushListener): () => void;
  /** Tells about files dragged over the window, where the host and not the page sees them; the function returned ends it. */
  onDrag(listener: (phase: DragPhase) => void): () => void;
}
