use super::*;
use crate::cases::quickcheck;
use alloc::vec::Vec;

/// Runs a script of pushes, removals and clearings on many lists of one pool and on vectors.
fn agree<E: Clone + PartialEq + core::fmt::Debug>(
    script: &[(u8, u16)],
    label: impl Fn(u32) -> E,
) -> bool {
    let mut pool = Outgoing::default();
    let mut lists = [List::EMPTY; 4];
    let mut model: [Vec<(u32, u32, E)>; 4] = Default::default();
    for (step, &(op, number)) in (1..).zip(script) {
        let which = usize::from(number) % 4;
        let (list, vec) = (&mut lists[which], &mut model[which]);
        let at = if vec.is_empty() {
            0
        } else {
            usize::from(number) / 4 % vec.len()
        };
        match op % 16 {
            0..=9 => {
                for round in 0..u32::from(op % 16 + 1) * 7 {
                    let entry = Entry {
                        node: step,
                        back: round,
                    };
                    assert!(pool.make_room(list));
                    assert_eq!(pool.put(list, entry, label(step)) as usize, vec.len());
                    vec.push((step, round, label(step)));
                }
            }
            10 | 11 if !vec.is_empty() => {
                for _ in 0..=vec.len() / 2 {
                    let at = at.min(vec.len() - 1);
                    assert_eq!(pool.swap_remove(list, at), vec.swap_remove(at).2);
                }
            }
            12 | 13 if !vec.is_empty() && !list.may_have_holes() => {
                assert_eq!(pool.shift_remove(list, at), vec.remove(at).2);
            }
            14 if !vec.is_empty() => {
                pool.set_entry(list, at, Entry { node: 7, back: 9 });
                (vec[at].0, vec[at].1) = (7, 9);
            }
            15 => {
                let mut labels = Vec::new();
                pool.clear(list, &mut labels);
                vec.clear();
            }
            _ => {}
        }
        for (list, vec) in lists.iter().zip(&model) {
            assert_eq!(list.len(), vec.len());
            assert_eq!(list.is_empty(), vec.is_empty());
            assert!(pool.nodes(list).iter().eq(vec.iter().map(|e| &e.0)));
            let backs = (0..vec.len()).map(|at| pool.entry(*list, at).back);
            assert!(backs.eq(vec.iter().map(|e| e.1)));
            assert!((0..vec.len()).all(|at| *pool.label(*list, at) == vec[at].2));
        }
    }
    let (mut fresh, entries) = (
        Outgoing::default(),
        model.iter().map(Vec::len).sum::<usize>(),
    );
    assert!(pool.in_use() >= entries);
    for (list, vec) in lists.iter_mut().zip(&model) {
        fresh.adopt(&mut pool, list);
        assert!(fresh.nodes(list).iter().eq(vec.iter().map(|e| &e.0)));
    }
    assert_eq!(pool.in_use(), 0);
    true
}

#[test]
fn lists_agree_with_vectors() {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "quickcheck hands values over"
    )]
    fn property(script: Vec<(u8, u16)>) -> bool {
        agree(&script, |_| ()) && agree(&script, |n| n) && agree(&script, |n| alloc::format!("{n}"))
    }
    quickcheck(100).quickcheck(property as fn(_) -> bool);
}

#[test]
fn lists_of_every_length_pass_every_class() {
    let script: Vec<_> = (0..40)
        .map(|n| (9, n % 2))
        .chain((0..60).map(|n| (10, n)))
        .collect();
    assert!(agree(&script, |_| ()));
    assert!(agree(&script, u64::from));
}

#[test]
fn freed_blocks_are_used_again() {
    let mut pool = Outgoing::default();
    let mut memory = 0;
    for round in 0..100 {
        let mut lists = [List::EMPTY; 100];
        for list in &mut lists {
            for node in 1..20 {
                pool.push(list, Entry { node, back: 0 }, ());
            }
        }
        if round == 0 {
            memory = pool.memory();
        }
        for list in &mut lists {
            pool.clear(list, &mut Vec::new());
        }
    }
    assert_eq!(pool.memory(), memory);
}
