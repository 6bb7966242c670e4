//! Percentiles per bucket, from rows of bucket, node, classes and counts.
//!
//! Rows are brought into the order of their cells (a bucket of one side), and each cell is then counted in one histogram that is used again: no
//! row is looked up twice, and classes and counts are read where they are.

use duckdb::arrow::{
    array::{Array, Int32Array, ListArray, UInt16Array, UInt32Array},
    record_batch::RecordBatch,
};

use super::{Side, points::Points};
use crate::latency::Scratch;

/// The rows of each cell.
pub(super) struct Cells<'a> {
    sides: Vec<&'a Side>,
    buckets: usize,
    lists: Vec<Lists>,
    /// Cell, batch and row in it.
    rows: Vec<(u32, u32, u32)>,
}

/// The lists of one batch's rows.
struct Lists {
    classes: ListArray,
    class: UInt16Array,
    counts: ListArray,
    count: UInt32Array,
}

impl Lists {
    /// Classes of a row with their counts.
    fn of_row(&self, row: usize) -> impl Iterator<Item = (u16, u32)> {
        let of = |list: &ListArray| list.value_offsets()[row] as usize..list.value_offsets()[row + 1] as usize;
        let classes = &self.class.values()[of(&self.classes)];
        classes.iter().copied().zip(self.count.values()[of(&self.counts)].iter().copied())
    }
}

impl<'a> Cells<'a> {
    pub(super) fn new(sides: Vec<&'a Side>, buckets: usize) -> Self {
        Self { sides, buckets, lists: Vec::new(), rows: Vec::new() }
    }

    /// Takes rows in whose nodes are at some end.
    pub(super) fn add(&mut self, batch: &RecordBatch, is_side: impl Fn(&Side, i32) -> bool) {
        let column = |index: usize| batch.column(index).as_any();
        let list = |index: usize| column(index).downcast_ref::<ListArray>();
        let (Some(buckets), Some(nodes), Some(classes), Some(counts)) =
            (column(0).downcast_ref::<UInt32Array>(), column(1).downcast_ref::<Int32Array>(), list(2), list(3))
        else {
            unreachable!("the query casts its columns to these types")
        };
        let (Some(class), Some(count)) = (
            classes.values().as_any().downcast_ref::<UInt16Array>(),
            counts.values().as_any().downcast_ref::<UInt32Array>(),
        ) else {
            unreachable!("the query casts its lists to these types")
        };
        for row in 0..batch.num_rows() {
            let Some(side) = self.sides.iter().position(|side| is_side(side, nodes.value(row))) else { continue };
            let cell = side * self.buckets + buckets.value(row) as usize;
            self.rows.push((cell as u32, self.lists.len() as u32, row as u32));
        }
        self.lists.push(Lists {
            classes: classes.clone(),
            class: class.clone(),
            counts: counts.clone(),
            count: count.clone(),
        });
    }

    /// The share's percentile of every cell, and of each side as a whole.
    pub(super) fn points(mut self, share: f64, seconds: &[f64]) -> Vec<(Side, Points)> {
        // Rows come nearly in order of their buckets, which a stable sort makes use of.
        self.rows.sort_by_key(|(cell, ..)| *cell);
        let mut rows = self.rows.iter().peekable();
        let (mut here, mut whole) = (Scratch::default(), Scratch::default());
        let mut all = Vec::new();
        for (side, first) in self.sides.iter().zip((0..).step_by(self.buckets)) {
            let (mut values, mut support) = (Vec::with_capacity(self.buckets), Vec::with_capacity(self.buckets));
            for (bucket, seconds) in seconds.iter().enumerate() {
                let cell = (first + bucket) as u32;
                while let Some((_, batch, row)) = rows.next_if(|(of, ..)| *of == cell) {
                    for (class, count) in self.lists[*batch as usize].of_row(*row as usize) {
                        here.add(class, u64::from(count));
                    }
                }
                values.push(here.percentile_us(share).filter(|_| *seconds > 0.0).map(|us| us as f64));
                support.push(here.total() as f64);
                whole.take_in(&here);
                here.clear();
            }
            all.push((**side, Points { values, mean: whole.percentile_us(share).map(|us| us as f64), support }));
            whole.clear();
        }
        all
    }
}
