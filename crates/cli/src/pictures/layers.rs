//! Where the nodes of a call graph stand: callers left of what they call, neighbours near each other.

/// Sweeps that move nodes towards their neighbours; more change little.
const SWEEPS: usize = 6;

/// The nodes `0..count` in columns, each from top to bottom. Edges are `(from, to)`.
pub(super) fn layers(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let depth = depths(count, edges);
    let columns = depth.iter().map(|depth| depth + 1).max().unwrap_or(0);
    let mut layers = vec![Vec::new(); columns];
    for (node, depth) in depth.iter().enumerate() {
        layers[*depth].push(node);
    }
    for sweep in 0..SWEEPS {
        let rightwards = sweep % 2 == 0;
        for step in 0..columns {
            let column = if rightwards { step } else { columns - 1 - step };
            settle(column, &mut layers, edges);
        }
    }
    layers
}

/// Longest way from a node that nobody calls, calls that close a circle left out.
fn depths(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let forward = without_circles(count, edges);
    let mut depth = vec![0; count];
    // The longest way has fewer steps than there are nodes.
    for _ in 0..count {
        let mut changed = false;
        for (from, to) in &forward {
            if depth[*to] < depth[*from] + 1 {
                depth[*to] = depth[*from] + 1;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    depth
}

/// Edges that do not lead back to a node on the way to them (depth-first search, callers that nobody calls first).
fn without_circles(count: usize, edges: &[(usize, usize)]) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        OnTheWay,
        Done,
    }
    let called = |node: usize| edges.iter().any(|(from, to)| *to == node && *from != node);
    let mut starts: Vec<usize> = (0..count).collect();
    starts.sort_by_key(|node| called(*node));
    let mut state = vec![State::New; count];
    let mut kept = Vec::new();
    for start in starts {
        if state[start] != State::New {
            continue;
        }
        state[start] = State::OnTheWay;
        // A node with the number of edges already looked at.
        let mut way = vec![(start, 0)];
        while let Some((node, looked)) = way.last_mut() {
            let node = *node;
            let next = edges.iter().enumerate().skip(*looked).find(|(_, (from, _))| *from == node);
            let Some((index, (_, to))) = next else {
                state[node] = State::Done;
                way.pop();
                continue;
            };
            *looked = index + 1;
            match state[*to] {
                State::OnTheWay => {}
                State::Done => kept.push((node, *to)),
                State::New => {
                    kept.push((node, *to));
                    state[*to] = State::OnTheWay;
                    way.push((*to, 0));
                }
            }
        }
    }
    kept
}

/// Sorts a column by the mean height of each node's neighbours in other columns; nodes without any keep their place.
fn settle(column: usize, layers: &mut [Vec<usize>], edges: &[(usize, usize)]) {
    let height = |node: usize| {
        layers.iter().enumerate().filter(|(index, _)| *index != column).find_map(|(_, layer)| {
            let place = layer.iter().position(|other| *other == node)?;
            Some((place as f64 + 0.5) / layer.len() as f64)
        })
    };
    let own = layers[column].len() as f64;
    let mut wanted: Vec<(f64, usize)> = Vec::new();
    for (place, node) in layers[column].iter().enumerate() {
        let neighbours = edges.iter().filter_map(|(from, to)| match (from == node, to == node) {
            (true, false) => height(*to),
            (false, true) => height(*from),
            _ => None,
        });
        let heights: Vec<f64> = neighbours.collect();
        let mean = heights.iter().sum::<f64>() / heights.len() as f64;
        wanted.push((if heights.is_empty() { (place as f64 + 0.5) / own } else { mean }, *node));
    }
    wanted.sort_by(|a, b| a.0.total_cmp(&b.0));
    layers[column] = wanted.into_iter().map(|(_, node)| node).collect();
}

#[cfg(test)]
mod tests {
    use super::layers;

    #[test]
    fn a_caller_stands_left_of_what_it_calls() {
        assert_eq!(layers(4, &[(0, 1), (1, 2), (0, 2), (2, 3)]), [[0], [1], [2], [3]]);
    }

    #[test]
    fn a_circle_is_opened_where_it_closes() {
        assert_eq!(layers(3, &[(0, 1), (1, 2), (2, 1)]), [[0], [1], [2]]);
        assert_eq!(layers(2, &[(0, 1), (1, 0)]), [[0], [1]]);
        assert_eq!(layers(1, &[(0, 0)]), [[0]]);
    }

    #[test]
    fn neighbours_are_brought_to_the_same_height() {
        let found = layers(5, &[(0, 1), (0, 2), (1, 4), (2, 3)]);
        let row = |node| found.iter().find_map(|layer| layer.iter().position(|other| *other == node));
        assert_eq!(row(1), row(4));
        assert_eq!(row(2), row(3));
    }

    #[test]
    fn no_node_gets_lost() {
        let edges: Vec<_> = (0..40).flat_map(|a| [(a, (a * 7 + 3) % 40), (a, (a * 11 + 5) % 40)]).collect();
        let mut all = layers(40, &edges).concat();
        all.sort_unstable();
        assert_eq!(all, (0..40).collect::<Vec<_>>());
        assert!(layers(0, &[]).is_empty());
    }
}
