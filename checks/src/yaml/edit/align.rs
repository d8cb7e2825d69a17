//! Which items of a list stay, change, go and come.

use serde_json::Value as Json;

/// Longer comparisons than this are not worth their time: items then change in place.
const MAX_CELLS: usize = 1_000_000;

/// What becomes of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// The old item becomes the new one, which may be equal.
    Becomes(usize, usize),
    /// The old item goes.
    Goes(usize),
    /// The new item comes.
    Comes(usize),
}

/// Aligns two lists so that as many items as can be stay what they are. In between, items change in place, and what is
/// left over goes or comes.
pub(super) fn align(old: &[Json], new: &[Json]) -> Vec<Fate> {
    let mut fates = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (a, b) in equal(old, new).into_iter().chain([(old.len(), new.len())]) {
        while i < a && j < b {
            fates.push(Fate::Becomes(i, j));
            (i, j) = (i + 1, j + 1);
        }
        fates.extend((i..a).map(Fate::Goes));
        fates.extend((j..b).map(Fate::Comes));
        if a < old.len() && b < new.len() {
            fates.push(Fate::Becomes(a, b));
        }
        (i, j) = (a + 1, b + 1);
    }
    fates
}

/// A longest row of pairs of equal items.
fn equal(old: &[Json], new: &[Json]) -> Vec<(usize, usize)> {
    let front = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let back = old[front..].iter().rev().zip(new[front..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[front..old.len() - back], &new[front..new.len() - back]);
    let mut pairs: Vec<(usize, usize)> = (0..front).map(|at| (at, at)).collect();
    if a.len() * b.len() <= MAX_CELLS {
        pairs.extend(longest(a, b).into_iter().map(|(i, j)| (front + i, front + j)));
    }
    pairs.extend((0..back).rev().map(|at| (old.len() - 1 - at, new.len() - 1 - at)));
    pairs
}

fn longest(a: &[Json], b: &[Json]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    let mut length = vec![0usize; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            length[i * width + j] = if a[i] == b[j] {
                length[(i + 1) * width + j + 1] + 1
            } else {
                length[(i + 1) * width + j].max(length[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if length[(i + 1) * width + j] >= length[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::Fate::{Becomes, Comes, Goes};
    use super::*;

    fn list(items: &[u8]) -> Vec<Json> {
        items.iter().copied().map(Json::from).collect()
    }

    #[test]
    fn what_is_equal_stays() {
        assert_eq!(align(&list(&[1, 2, 3]), &list(&[1, 3])), [Becomes(0, 0), Goes(1), Becomes(2, 1)]);
        assert_eq!(align(&list(&[1, 2]), &list(&[1, 9, 2])), [Becomes(0, 0), Comes(1), Becomes(1, 2)]);
        assert_eq!(align(&list(&[1, 2, 3]), &list(&[1, 9, 3])), [Becomes(0, 0), Becomes(1, 1), Becomes(2, 2)]);
        assert_eq!(align(&list(&[1, 2, 3, 4]), &list(&[2, 4])), [Goes(0), Becomes(1, 0), Goes(2), Becomes(3, 1)]);
        assert_eq!(align(&[], &list(&[1])), [Comes(0)]);
    }

    proptest! {
        #[test]
        fn the_new_list_comes_out(old in vec(0u8..4, 0..9), new in vec(0u8..4, 0..9)) {
            let (old, new) = (list(&old), list(&new));
            let fates = align(&old, &new);
            let kept: Vec<usize> = fates.iter().filter_map(|fate| match fate { Becomes(_, j) | Comes(j) => Some(*j), Goes(_) => None }).collect();
            let seen: Vec<usize> = fates.iter().filter_map(|fate| match fate { Becomes(i, _) | Goes(i) => Some(*i), Comes(_) => None }).collect();
            prop_assert!(kept.into_iter().eq(0..new.len()));
            prop_assert!(seen.into_iter().eq(0..old.len()));
        }
    }
}
