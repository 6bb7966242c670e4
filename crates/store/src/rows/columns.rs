//! Physical tables as typed column builders: one declaration gives the builders, the `CREATE TABLE` and the record batch.

use std::sync::Arc;

use duckdb::arrow::{
    array::{
        ArrayBuilder, ArrayRef, BinaryBuilder, BooleanBuilder, Int32Builder, Int64Builder, ListBuilder, StringBuilder,
        TimestampNanosecondBuilder, UInt8Builder, UInt16Builder, UInt32Builder, UInt64Builder,
    },
    datatypes::{DataType, Field, TimeUnit},
};

use super::seldom::{Collected, NonZero, Present};

/// What a column holds: its SQL type, and the builder that collects it.
pub(crate) trait ColumnType {
    type Builder: Collected + Default;
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
    U16s,
    ListBuilder<UInt16Builder>,
    "USMALLINT[]",
    DataType::List(Arc::new(Field::new_list_field(DataType::UInt16, true)))
);
column_type!(
    U32s,
    ListBuilder<UInt32Builder>,
    "UINTEGER[]",
    DataType::List(Arc::new(Field::new_list_field(DataType::UInt32, true)))
);
column_type!(
    Texts,
    ListBuilder<StringBuilder>,
    "VARCHAR[]",
    DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)))
);

// Columns of which most batches hold nothing but NULL, or nothing but zero: see [`super::seldom`].
column_type!(SeldomU16, Present<UInt16Builder>, "USMALLINT", DataType::UInt16);
column_type!(SeldomU32, Present<UInt32Builder>, "UINTEGER", DataType::UInt32);
column_type!(SeldomI32, Present<Int32Builder>, "INTEGER", DataType::Int32);
column_type!(SeldomCode, Present<UInt8Builder>, "UTINYINT", DataType::UInt8);
column_type!(SeldomI64, Present<Int64Builder>, "BIGINT", DataType::Int64);
column_type!(SeldomU64, Present<UInt64Builder>, "UBIGINT", DataType::UInt64);
column_type!(SeldomFlag, Present<BooleanBuilder>, "BOOLEAN", DataType::Boolean);
column_type!(SeldomText, Present<StringBuilder>, "VARCHAR", DataType::Utf8);
column_type!(NonZeroCode, NonZero<UInt8Builder>, "UTINYINT DEFAULT 0", DataType::UInt8);
column_type!(NonZeroU16, NonZero<UInt16Builder>, "USMALLINT DEFAULT 0", DataType::UInt16);
column_type!(NonZeroU64, NonZero<UInt64Builder>, "UBIGINT DEFAULT 0", DataType::UInt64);

/// The rows a column has collected, and their array, typed only by its schema; `None` where the table's default says it all.
pub(crate) fn collected(column: &mut impl Collected) -> (usize, Option<ArrayRef>) {
    column.collected()
}

impl<B: ArrayBuilder> Collected for B {
    fn collected(&mut self) -> (usize, Option<ArrayRef>) {
        (self.len(), Some(self.finish()))
    }
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

            /// The rows collected so far, or `None` without any; the builders are empty afterwards. Columns that hold nothing but their
            /// default are left out.
            pub(crate) fn take(&mut self) -> Option<duckdb::arrow::record_batch::RecordBatch> {
                use duckdb::arrow::{datatypes::{Field, Schema}, record_batch::RecordBatch};
                let columns = [
                    $((
                        stringify!($column),
                        <$crate::rows::columns::$type as $crate::rows::columns::ColumnType>::data_type(),
                        $crate::rows::columns::collected(&mut self.$column),
                    )),+
                ];
                let rows = columns[0].2.0;
                if rows == 0 {
                    return None;
                }
                let (mut fields, mut arrays) = (Vec::new(), Vec::new());
                for (name, data_type, (length, array)) in columns {
                    assert_eq!(length, rows, "every push fills every column of its table: {name}");
                    if let Some(array) = array {
                        fields.push(Field::new(name, data_type, true));
                        arrays.push(array);
                    }
                }
                let batch = RecordBatch::try_new(std::sync::Arc::new(Schema::new(fields)), arrays)
                    .expect("columns have the types of their builders");
                Some(batch)
            }
        }
    };
}
pub(crate) use table;
