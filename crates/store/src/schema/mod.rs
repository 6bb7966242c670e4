//! The public contract: every view and column with its type and meaning, from which the database's comments, the text of
//! `wirereel schema` and `docs/schema.md` are made.

mod alerts;
mod checks;
mod edges;
mod events;
mod people;
mod physical;
mod probes;
mod text;
mod workspace_views;

pub(crate) use people::{OngoingConnections, connections_sql};
pub use physical::FORMAT;
pub(crate) use physical::{
    COUNTERS, KEYFRAME_S, OPEN_DELTA, OWN_TABLES, PULSE_MS, UNTOLD_BYTES, WIDTHS_S, counter_sums,
};
pub use text::{schema_markdown, schema_text};

/// A column of a view.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    /// DuckDB's name of the type.
    pub sql_type: &'static str,
    pub about: &'static str,
}

/// A view, or a table macro when it has parameters.
#[derive(Debug, Clone)]
pub struct View {
    pub name: &'static str,
    /// Parameters of a table macro, or none.
    pub parameters: &'static [&'static str],
    /// What one row is.
    pub about: &'static str,
    pub columns: Vec<Column>,
    /// The query that gives the columns in their order.
    pub(crate) sql: String,
}

/// Shorthand for the tables of columns in this module.
const fn column(name: &'static str, sql_type: &'static str, about: &'static str) -> Column {
    Column { name, sql_type, about }
}

/// Every public view, in reading order.
pub fn views() -> Vec<View> {
    let mut views = vec![
        workspace_views::sources(),
        events::flows(),
        events::flow_events(),
        events::http_exchanges(),
        events::dns_queries(),
        events::tls_handshakes(),
    ];
    views.extend(edges::services());
    views.extend(edges::edges());
    views.extend([
        people::customers(),
        people::unresolved_addresses(),
        edges::edge_rollups(),
        workspace_views::lost_packets(),
        workspace_views::self_metrics(),
        workspace_views::ingest_errors(),
        alerts::alerts(),
        alerts::alert_events(),
        alerts::alert_deliveries(),
    ]);
    views.extend(checks::views());
    views.extend(probes::views());
    views
}

/// The statements that make tables, views, macros and comments; safe to run again on the same format.
pub(crate) fn create() -> String {
    let mut sql = physical::create();
    sql.push_str(alerts::TABLES);
    sql.push_str(&people::macros());
    sql.push_str(checks::MACROS);
    sql.push_str(probes::MACROS);
    for view in views() {
        sql.push_str(&view.create());
    }
    sql
}

impl View {
    fn create(&self) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        if !self.parameters.is_empty() {
            let (name, parameters) = (self.name, self.parameters.join(", "));
            return format!("CREATE OR REPLACE MACRO {name}({parameters}) AS TABLE {};\n", self.sql);
        }
        // Quoted, since `at` is a word of DuckDB's grammar; named inside, since comments do not find names of the outside.
        let names: Vec<String> = self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        let (name, query) = (self.name, &self.sql);
        let mut sql =
            format!("CREATE OR REPLACE VIEW {name} AS SELECT * FROM ({query}) AS v ({});\n", names.join(", "));
        sql += &format!("COMMENT ON VIEW {} IS {};\n", self.name, quoted(self.about));
        for column in &self.columns {
            sql += &format!("COMMENT ON COLUMN {}.\"{}\" IS {};\n", self.name, column.name, quoted(column.about));
        }
        sql
    }
}
