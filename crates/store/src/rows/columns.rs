//! Physical tables as typed column builders: one declaration gives the builders, the `CREATE TABLE` and the record batch.

use std::sync::Arc;

use duckdb::arrow::{
    array::{
        ArrayBuilder, ArrayRef, BinaryBuilder, BooleanBuilder, Int32Builder, Int64Builder, ListBuilder, StringBuilder,
        TimestampNanosecondBuilder, UInt8Builder, UInt16Builder, UInt32Builder, UInt64Builder,
    },
    datatypes::{DataType, Field, TimeUnit},
};

/// What a column holds: its SQL type, and the builder that collects it.
pub(crate) trait ColumnType {
    type Builder: ArrayBuilder + Default;
    const SQL: &'static str;
    fn data_type() -> DataType;
}

macro_rules! column_type {
    ($name:ident, $builder:ty, $sql:literal, $data_type:expr) => {
        pub(crate) struct $name;
        impl ColumnType for $name {
            type Builder = $builder;
            const SQL: &'static str = $sql;
            fn data_type() -> DataType {
                $data_type
            }
        }
    };
}

column_type!(U64, UInt64Builder, "UBIGINT", DataType::UInt64);
column_type!(U32, UInt32Builder, "UINTEGER", DataType::UInt32);
column_type!(U16, UInt16Builder, "USMALLINT", DataType::UInt16);
column_type!(Code, UInt8Builder, "UTINYINT", DataType::UInt8);
column_type!(I64, Int64Builder, "BIGINT", DataType::Int64);
column_type!(Peer, Int32Builder, "INTEGER", DataType::Int32);
column_type!(Flag, BooleanBuilder, "BOOLEAN", DataType::Boolean);
column_type!(Text, StringBuilder, "VARCHAR", DataType::Utf8);
column_type!(Bytes, BinaryBuilder, "BLOB", DataType::Binary);
column_type!(Instant, TimestampNanosecondBuilder, "TIMESTAMP_NS", DataType::Timestamp(TimeUnit::Nanosecond, None));
column_type!(
    Texts,
    ListBuilder<StringBuilder>,
    "VARCHAR[]",
    DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)))
);

/// The array a builder has collected, typed only by its schema.
pub(crate) fn finished(builder: &mut impl ArrayBuilder) -> ArrayRef {
    builder.finish()
}

/// Declares a physical table: `table! { /// doc Name "schema.table" { column: Type, ... } }`.
macro_rules! table {
    ($(#[$doc:meta])* $name:ident $table:literal { $($column:ident : $type:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Default)]
        pub(crate) struct $name {
            $(pub(crate) $column: <$crate::rows::columns::$type as $crate::rows::columns::ColumnType>::Builder,)+
        }

        impl $name {
            /// The table's name without its schema.
            pub(crate) const TABLE: &'static str = $table;

            /// The statement that makes the table.
            pub(crate) fn create() -> String {
                let columns: &[(&str, &str)] = &[
                    $((stringify!($column), <$crate::rows::columns::$type as $crate::rows::columns::ColumnType>::SQL)),+
                ];
                let columns: Vec<String> = columns.iter().map(|(name, sql)| format!("{name} {sql}")).collect();
                format!("CREATE TABLE IF NOT EXISTS raw.{} ({});", $table, columns.join(", "))
            }

            /// The rows collected so far, or `None` without any; the builders are empty afterwards.
            pub(crate) fn take(&mut self) -> Option<duckdb::arrow::record_batch::RecordBatch> {
                use duckdb::arrow::{datatypes::{Field, Schema}, record_batch::RecordBatch};
                let fields = vec![
                    $(Field::new(
                        stringify!($column),
                        <$crate::rows::columns::$type as $crate::rows::columns::ColumnType>::data_type(),
                        true,
                    )),+
                ];
                let arrays = vec![$($crate::rows::columns::finished(&mut self.$column)),+];
                if arrays[0].is_empty() {
                    return None;
                }
                let batch = RecordBatch::try_new(std::sync::Arc::new(Schema::new(fields)), arrays)
                    .expect("every push fills every column of its table");
                Some(batch)
            }
        }
    };
}
pub(crate) use table;
