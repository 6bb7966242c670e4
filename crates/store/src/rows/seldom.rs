//! Columns that hold one value in most batches. They are collected only from the first other value on, and a batch of nothing but that value
//! leaves the column out: the table's default takes its place, which costs a tenth of appending it.

use duckdb::arrow::{
    array::{ArrayBuilder, ArrayRef, BooleanBuilder, PrimitiveBuilder, StringBuilder},
    datatypes::ArrowPrimitiveType,
};

/// A column's rows, ready to be taken.
pub(crate) trait Collected {
    /// The number of rows, and their array unless all of them are the table's default. Nothing is collected afterwards.
    fn collected(&mut self) -> (usize, Option<ArrayRef>);
}

/// A builder, whatever it builds.
pub(crate) trait Fill: ArrayBuilder + Default {
    type Value<'a>;
    fn fill(&mut self, value: Self::Value<'_>);
    fn fill_nulls(&mut self, count: usize);
}

impl<T: ArrowPrimitiveType> Fill for PrimitiveBuilder<T> {
    type Value<'a> = T::Native;
    fn fill(&mut self, value: T::Native) {
        self.append_value(value);
    }
    fn fill_nulls(&mut self, count: usize) {
        self.append_nulls(count);
    }
}

impl Fill for BooleanBuilder {
    type Value<'a> = bool;
    fn fill(&mut self, value: bool) {
        self.append_value(value);
    }
    fn fill_nulls(&mut self, count: usize) {
        self.append_nulls(count);
    }
}

impl Fill for StringBuilder {
    type Value<'a> = &'a str;
    fn fill(&mut self, value: &str) {
        self.append_value(value);
    }
    fn fill_nulls(&mut self, count: usize) {
        (0..count).for_each(|_| self.append_null());
    }
}

/// A column that is NULL in most batches.
#[derive(Default)]
pub(crate) struct Present<B> {
    /// Rows before the first value; all rows without one.
    nulls: usize,
    builder: Option<B>,
}

impl<B: Fill> Present<B> {
    pub(crate) fn append_option(&mut self, value: Option<B::Value<'_>>) {
        match (value, &mut self.builder) {
            (None, None) => self.nulls += 1,
            (None, Some(builder)) => builder.fill_nulls(1),
            (Some(value), Some(builder)) => builder.fill(value),
            (Some(value), None) => {
                let builder = self.builder.insert(B::default());
                builder.fill_nulls(self.nulls);
                builder.fill(value);
            }
        }
    }
}

impl<B: Fill> Collected for Present<B> {
    fn collected(&mut self) -> (usize, Option<ArrayRef>) {
        let nulls = std::mem::take(&mut self.nulls);
        let array = self.builder.take().map(|mut builder| builder.finish());
        (array.as_ref().map_or(nulls, |array| array.len()), array)
    }
}

/// A column of numbers that are 0 in most batches.
#[derive(Default)]
pub(crate) struct NonZero<B> {
    /// Rows before the first other number; all rows without one.
    zeros: usize,
    builder: Option<B>,
}

impl<T: ArrowPrimitiveType> NonZero<PrimitiveBuilder<T>> {
    pub(crate) fn append_value(&mut self, value: T::Native) {
        let zero = T::Native::default();
        match &mut self.builder {
            None if value == zero => self.zeros += 1,
            Some(builder) => builder.append_value(value),
            None => {
                let builder = self.builder.insert(PrimitiveBuilder::new());
                builder.append_value_n(zero, self.zeros);
                builder.append_value(value);
            }
        }
    }
}

impl<T: ArrowPrimitiveType> Collected for NonZero<PrimitiveBuilder<T>> {
    fn collected(&mut self) -> (usize, Option<ArrayRef>) {
        let zeros = std::mem::take(&mut self.zeros);
        let array = self.builder.take().map(|mut builder| ArrayBuilder::finish(&mut builder));
        (array.as_ref().map_or(zeros, |array| array.len()), array)
    }
}

#[cfg(test)]
mod tests {
    use duckdb::arrow::array::{AsArray, UInt16Builder};
    use duckdb::arrow::datatypes::UInt16Type;

    use super::*;

    #[test]
    fn a_column_of_nothing_but_its_default_is_left_out() {
        let (mut text, mut number) = (Present::<StringBuilder>::default(), NonZero::<UInt16Builder>::default());
        for _ in 0..3 {
            text.append_option(None);
            number.append_value(0);
        }
        assert!(matches!(text.collected(), (3, None)));
        assert!(matches!(number.collected(), (3, None)));
        assert!(matches!(text.collected(), (0, None)));
    }

    #[test]
    fn what_came_before_the_first_other_value_is_filled_in() {
        let (mut text, mut number) = (Present::<StringBuilder>::default(), NonZero::<UInt16Builder>::default());
        for (word, figure) in [(None, 0), (None, 0), (Some("a"), 7), (None, 0), (Some("b"), 8)] {
            text.append_option(word);
            number.append_value(figure);
        }
        let (rows, array) = text.collected();
        let words: Vec<_> = array.as_ref().unwrap().as_string::<i32>().iter().collect();
        assert_eq!((rows, words), (5, vec![None, None, Some("a"), None, Some("b")]));
        let (rows, array) = number.collected();
        let figures = array.unwrap();
        assert_eq!((rows, figures.as_primitive::<UInt16Type>().values().to_vec()), (5, vec![0, 0, 7, 0, 8]));
        assert!(matches!(number.collected(), (0, None)), "the next batch begins anew");
    }
}
