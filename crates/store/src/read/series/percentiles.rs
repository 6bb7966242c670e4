//! Percentiles per bucket, from rows of bucket, node, classes and counts.
//!
//! Rows are laid out by cell (a bucket of one side) with two passes, and each cell is then counted in one histogram that is used again:
//! no row is looked up twice and none is sorted.

use duckdb::arrow::{
    array::{Array, Int32Array, ListArray, UInt16Array, UInt32Array},
    record_batch::RecordBatch,
};

use super::{Side, points::Points};
use crate::latency::Scratch;

/// Where the rows of each cell are.
pub(super) struct Cells<'a> {
    sides: Vec<&'a Side>,
    buckets: usize,
    rows: Vec<(u32, u16, u32)>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(sides: Vec<&'a Side>, buckets: usize) -> Self {
        Self { sides, buckets, rows: Vec::new() }
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
            let cell = (side * self.buckets + buckets.value(row) as usize) as u32;
            let (of_classes, of_counts) = (classes.value_offsets()[row] as usize, counts.value_offsets()[row] as usize);
            for place in 0..classes.value_length(row) as usize {
                self.rows.push((cell, class.value(of_classes + place), count.value(of_counts + place)));
            }
        }
    }

    /// The share's percentile of every cell, and of each side as a whole.
    pub(super) fn points(self, share: f64, seconds: &[f64]) -> Vec<(Side, Points)> {
        let mut starts = vec![0_u32; self.sides.len() * self.buckets + 1];
        for (cell, ..) in &self.rows {
            starts[*cell as usize + 1] += 1;
        }
        for cell in 1..starts.len() {
            starts[cell] += starts[cell - 1];
        }
        let mut next = starts.clone();
        let mut laid_out = vec![(0_u16, 0_u32); self.rows.len()];
        for (cell, class, count) in self.rows {
            let place = &mut next[cell as usize];
            laid_out[*place as usize] = (class, count);
            *place += 1;
        }
        let (mut here, mut whole) = (Scratch::default(), Scratch::default());
        let mut all = Vec::new();
        for (side, first) in self.sides.iter().zip((0..).step_by(self.buckets)) {
            let (mut values, mut support) = (Vec::with_capacity(self.buckets), Vec::with_capacity(self.buckets));
            for (bucket, seconds) in seconds.iter().enumerate() {
                let cell = first + bucket;
                for (class, count) in &laid_out[starts[cell] as usize..starts[cell + 1] as usize] {
                    here.add(*class, u64::from(*count));
                    whole.add(*class, u64::from(*count));
                }
                values.push(here.percentile_us(share).filter(|_| *seconds > 0.0).map(|us| us as f64));
                support.push(here.total() as f64);
                here.clear();
            }
            all.push((**side, Points { values, mean: whole.percentile_us(share).map(|us| us as f64), support }));
            whole.clear();
        }
        all
    }
}
