// The part of a backend that is the same for every host: each command by its name.

import type {
  AskOptions,
  Backend,
  BodyChoice,
  DragPhase,
  ExchangePlace,
  PacketPlace,
  PcapChoice,
  PushListener,
  RowsChoice,
  UploadProgress,
  WhispererTime,
} from "./backend";
import { ApiError } from "./error";
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
  Scope,
  Sequence,
  SequenceQuestion,
  Series,
  SeriesQuestion,
  SqlResult,
  StateAt,
  Suggestion,
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
import { Lanes } from "./lanes";

/** The commands that write a file where the user says. */
export type ExportName = "export_pcap" | "export_rows" | "save_body";

/** A backend whose commands all travel through one `send`. */
export abstract class CommandBackend implements Backend {
  abstract readonly host: "window" | "browser";
  readonly #lanes = new Lanes();

  /** Carries one command to the host. */
  protected abstract send(name: string, args: object, lane: string | undefined, signal: AbortSignal): Promise<unknown>;

  abstract chooseFiles(progress: (upload: UploadProgress | null) => void): Promise<boolean>;
  abstract openDropped(files: File[], progress: (upload: UploadProgress | null) => void): Promise<void>;
  /** Has the host write a file by the command `name`: the path, or null when unknown or given up. */
  protected abstract export(name: ExportName, choice: object): Promise<string | null>;
  abstract saveFile(name: string, content: Blob): Promise<string | null>;
  abstract listen(listener: PushListener): () => void;
  abstract onDrag(listener: (phase: DragPhase) => void): () => void;

  /** Asks `name`; the answer's type is the one docs/api.md gives for it. */
  protected async ask<A>(name: string, args: object, options: AskOptions = {}): Promise<A> {
    try {
      return (await this.#lanes.run(options.lane, (signal) => this.send(name, args, options.lane, signal))) as A;
    } catch (thrown) {
      throw ApiError.from(thrown);
    }
  }

  appState(): Promise<AppState> {
    return this.ask("app_state", {});
  }
  openSample(name: string): Promise<void> {
    return this.ask("open_sample", { name });
  }
  openRecent(recordingId: string): Promise<void> {
    return this.ask("open_recent", { recording_id: recordingId });
  }
  forgetRecent(recordingId: string): Promise<void> {
    return this.ask("forget_recent", { recording_id: recordingId });
  }
  cancelImport(): Promise<void> {
    return this.ask("cancel_import", {});
  }
  captureInterfaces(): Promise<CaptureInterfaces> {
    return this.ask("capture_interfaces", {});
  }
  captureStart(config: Record<string, unknown>): Promise<void> {
    return this.ask("capture_start", { config });
  }
  captureStop(): Promise<void> {
    return this.ask("capture_stop", {});
  }
  whisperers(options?: AskOptions): Promise<Whisperer[]> {
    return this.ask("whisperers", {}, options);
  }
  health(question: HealthQuestion, options?: AskOptions): Promise<Health> {
    return this.ask("health", question, options);
  }
  whispererHistory(time: WhispererTime, options?: AskOptions): Promise<WhispererHistory> {
    return this.ask("whisperer_history", time, options);
  }
  whispererSchema(): Promise<WhispererSchema> {
    return this.ask("whisperer_schema", {});
  }
  whispererCheck(id: string, config: WhispererConfig, options?: AskOptions): Promise<WhispererProblem[]> {
    return this.ask("whisperer_check", { id, config }, options);
  }
  whispererSave(id: string, config: WhispererConfig): Promise<WhispererSaved> {
    return this.ask("whisperer_save", { id, config });
  }
  whispererAdd(whisperer: NewWhisperer): Promise<Whisperer> {
    return this.ask("whisperer_add", { whisperer });
  }
  whispererRename(id: string, name: string): Promise<void> {
    return this.ask("whisperer_rename", { id, name });
  }
  whispererRemove(id: string): Promise<void> {
    return this.ask("whisperer_remove", { id });
  }
  whispererResume(id: string, resume: boolean): Promise<void> {
    return this.ask("whisperer_resume", { id, resume });
  }
  whispererStart(id: string): Promise<void> {
    return this.ask("whisperer_start", { id });
  }
  whispererStop(id: string): Promise<void> {
    return this.ask("whisperer_stop", { id });
  }
  closeRecording(): Promise<void> {
    return this.ask("close_recording", {});
  }

  websites(question: WebsitesQuestion, options?: AskOptions): Promise<Websites> {
    return this.ask("websites", question, options);
  }
  website(question: WebsiteQuestion, options?: AskOptions): Promise<WebsiteDetail> {
    return this.ask("website", question, options);
  }
  checkRuns(question: CheckRunsQuestion, options?: AskOptions): Promise<CheckRuns> {
    return this.ask("check_runs", question, options);
  }
  websiteSchema(): Promise<Record<string, unknown>> {
    return this.ask("website_schema", {});
  }
  websiteCheck(draft: WebsiteDraft, options?: AskOptions): Promise<CheckProblem[]> {
    return this.ask("website_check", draft, options);
  }
  websiteSave(draft: WebsiteDraft): Promise<CheckProblem[]> {
    return this.ask("website_save", draft);
  }
  websiteRemove(website: string): Promise<void> {
    return this.ask("website_remove", { website });
  }
  websitePause(website: string, paused: boolean): Promise<void> {
    return this.ask("website_pause", { website, paused });
  }
  websiteTest(draft: WebsiteDraft, options?: AskOptions): Promise<WebsiteTested> {
    return this.ask("website_test", draft, options);
  }
  websitesImport(list: WebsiteImport, options?: AskOptions): Promise<WebsitesImported> {
    return this.ask("websites_import", list, options);
  }

  probes(question: ProbesQuestion, options?: AskOptions): Promise<Probes> {
    return this.ask("probes", question, options);
  }
  probe(question: ProbeQuestion, options?: AskOptions): Promise<ProbeDetail> {
    return this.ask("probe", question, options);
  }
  probeRuns(question: ProbeRunsQuestion, options?: AskOptions): Promise<ProbeRuns> {
    return this.ask("probe_runs", question, options);
  }
  probeSchema(): Promise<Record<string, unknown>> {
    return this.ask("probe_schema", {});
  }
  probeCheck(draft: ProbeDraft, options?: AskOptions): Promise<CheckProblem[]> {
    return this.ask("probe_check", draft, options);
  }
  probeSave(draft: ProbeDraft): Promise<CheckProblem[]> {
    return this.ask("probe_save", draft);
  }
  probeRemove(probe: string): Promise<void> {
    return this.ask("probe_remove", { probe });
  }
  probePause(probe: string, paused: boolean): Promise<void> {
    return this.ask("probe_pause", { probe, paused });
  }
  probeTest(draft: ProbeDraft, options?: AskOptions): Promise<ProbeTested> {
    return this.ask("probe_test", draft, options);
  }

  alerts(question: AlertsQuestion, options?: AskOptions): Promise<Alerts> {
    return this.ask("alerts", question, options);
  }
  alertAcknowledge(order: AlertAcknowledge): Promise<void> {
    return this.ask("alert_acknowledge", order);
  }
  alertNote(order: AlertNote): Promise<void> {
    return this.ask("alert_note", order);
  }
  alertSilence(order: AlertSilenceOrder): Promise<void> {
    return this.ask("alert_silence", order);
  }
  alertTestTarget(target: string): Promise<void> {
    return this.ask("alert_test_target", { target });
  }

  topology(scope: Scope, options?: AskOptions): Promise<Topology> {
    return this.ask("topology", scope, options);
  }
  customers(question: CustomersQuestion, options?: AskOptions): Promise<Customers> {
    return this.ask("customers", question, options);
  }
  unresolved(question: UnresolvedQuestion, options?: AskOptions): Promise<UnresolvedPage> {
    return this.ask("unresolved", question, options);
  }
  naming(options?: AskOptions): Promise<NamingState> {
    return this.ask("naming", {}, options);
  }
  namingCheck(draft: NamingDraft, options?: AskOptions): Promise<NamingChecked> {
    return this.ask("naming_check", draft, options);
  }
  namingSave(change: NamingSave): Promise<NamingState> {
    return this.ask("naming_save", change);
  }
  density(question: DensityQuestion, options?: AskOptions): Promise<Density> {
    return this.ask("density", question, options);
  }
  exchanges(question: ExchangesQuestion, options?: AskOptions): Promise<ExchangesPage> {
    return this.ask("exchanges", question, options);
  }
  exchangeIndex(question: ExchangeAtQuestion, options?: AskOptions): Promise<ExchangePlace> {
    return this.ask("exchange_index", question, options);
  }
  exchange(exchangeId: number, options?: AskOptions): Promise<ExchangeDetail> {
    return this.ask("exchange", { exchange_id: exchangeId }, options);
  }
  exchangeBody(exchangeId: number, message: Message, options?: AskOptions): Promise<BodyPreview> {
    return this.ask("exchange_body", { exchange_id: exchangeId, message }, options);
  }
  flows(question: FlowsQuestion, options?: AskOptions): Promise<FlowsPage> {
    return this.ask("flows", question, options);
  }
  flow(flowId: number, options?: AskOptions): Promise<FlowDetail> {
    return this.ask("flow", { flow_id: flowId }, options);
  }
  flowPackets(question: FlowPacketsQuestion, options?: AskOptions): Promise<FlowPacketsPage> {
    return this.ask("flow_packets", question, options);
  }
  flowSequence(flowId: number, options?: AskOptions): Promise<FlowSequence> {
    return this.ask("flow_sequence", { flow_id: flowId }, options);
  }
  flowStream(flowId: number, options?: AskOptions): Promise<FlowStream> {
    return this.ask("flow_stream", { flow_id: flowId }, options);
  }
  packetBytes(place: PacketPlace, options?: AskOptions): Promise<PacketBytes> {
    return this.ask("packet_bytes", place, options);
  }
  problems(question: ProblemsQuestion, options?: AskOptions): Promise<ProblemsPage> {
    return this.ask("problems", question, options);
  }
  inspect(question: InspectQuestion, options?: AskOptions): Promise<Inspection> {
    return this.ask("inspect", question, options);
  }
  stateAt(atUs: number, filter: string, options?: AskOptions): Promise<StateAt> {
    return this.ask("state_at", { at_us: atUs, filter }, options);
  }
  nextEvent(question: NextEventQuestion, options?: AskOptions): Promise<FoundEvent | null> {
    return this.ask("next_event", question, options);
  }
  passing(question: PassingQuestion, options?: AskOptions): Promise<Passing> {
    return this.ask("passing", question, options);
  }
  series(question: SeriesQuestion, options?: AskOptions): Promise<Series> {
    return this.ask("series", question, options);
  }
  incidents(question: IncidentsQuestion, options?: AskOptions): Promise<Incident[]> {
    return this.ask("incidents", question, options);
  }
  difference(question: DifferenceQuestion, options?: AskOptions): Promise<Difference> {
    return this.ask("difference", question, options);
  }
  sequence(question: SequenceQuestion, options?: AskOptions): Promise<Sequence> {
    return this.ask("sequence", question, options);
  }
  checkFilter(text: string, options?: AskOptions): Promise<FilterCheck> {
    return this.ask("check_filter", { text }, options);
  }
  completeFilter(question: CompleteQuestion, options?: AskOptions): Promise<Suggestion[]> {
    return this.ask("complete_filter", question, options);
  }
  sql(query: string, options?: AskOptions): Promise<SqlResult> {
    return this.ask("sql", { query }, options);
  }

  bookmarks(): Promise<Bookmark[]> {
    return this.ask("bookmarks", {});
  }
  addBookmark(atUs: number, note: string): Promise<Bookmark> {
    return this.ask("add_bookmark", { at_us: atUs, note });
  }
  removeBookmark(id: number): Promise<void> {
    return this.ask("remove_bookmark", { id });
  }
  getSetting(key: string): Promise<unknown> {
    return this.ask("get_setting", { key });
  }
  setSetting(key: string, value: unknown): Promise<void> {
    return this.ask("set_setting", { key, value });
  }
  doctor(): Promise<DoctorFinding[]> {
    return this.ask("doctor", {});
  }

  exportPcap(choice: PcapChoice): Promise<string | null> {
    return this.export("export_pcap", choice);
  }
  exportRows(choice: RowsChoice): Promise<string | null> {
    return this.export("export_rows", choice);
  }
  saveBody(choice: BodyChoice): Promise<string | null> {
    return this.export("save_body", choice);
  }
  openInWireshark(target: { exchange_id: number } | { flow_id: number }): Promise<void> {
    return this.ask("open_in_wireshark", target);
  }
}
