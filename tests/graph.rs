//! Who dies, in graphs that are written down as text.
//!
//! A script is a list of statements with `;` between them. Edges make the objects they name:
//! `a->b` is an edge, `a-x>b` one with the label `x`, `a~>b` a weak one. `root a b` keeps objects;
//! the others lose the root they were born with before the next statement that is a call. Calls are
//! `unroot`, `unlink`, `order` (an unlink that keeps the order), `relink`, `set`, `destroy`,
//! `freeze`, `unfreeze`, `step`, `collect` with or without a generation, and `scope:` with calls
//! that have `,` between them. A script without a call ends with `collect`.

use std::collections::BTreeMap;

use understory::{Auto, Budget, Cause, Config, Death, Generation, Handle, Reclaim, Store};

type Graph = Store<&'static str, &'static str>;

struct Script {
    handles: BTreeMap<&'static str, Handle>,
    /// Objects that still have the root of their birth and are not to keep it.
    loose: Vec<&'static str>,
}

#[derive(Clone, Copy)]
struct Arrow {
    source: &'static str,
    label: &'static str,
    target: &'static str,
    weak: bool,
}

impl Arrow {
    fn parse(word: &'static str) -> Option<Self> {
        let (left, target) = word.split_once('>')?;
        if let Some(source) = left.strip_suffix('~') {
            return Some(Self {
                source,
                label: "",
                target,
                weak: true,
            });
        }
        let (source, label) = left.split_once('-')?;
        Some(Self {
            source,
            label,
            target,
            weak: false,
        })
    }
}

impl Script {
    fn run(text: &'static str, config: Config) -> (Graph, Self, Vec<&'static str>) {
        let mut graph = Graph::with_config(config.record_deaths(true));
        let mut script = Self {
            handles: BTreeMap::new(),
            loose: Vec::new(),
        };
        let mut calls = 0;
        for statement in text
            .split(';')
            .map(str::trim)
            .filter(|statement| !statement.is_empty())
        {
            calls += usize::from(script.statement(&mut graph, statement));
            graph.check_invariants().unwrap();
        }
        script.let_go(&mut graph);
        if calls == 0 {
            graph.collect();
        }
        graph.check_invariants().unwrap();
        let others = |death: &Death<_, _>| death.cause != Cause::Destroyed;
        let dead = graph.drain_deaths().filter(others);
        let dead: Vec<_> = dead.map(|death| death.value).collect();
        (graph, script, dead)
    }

    /// Runs a statement; says whether it is a call.
    fn statement(&mut self, graph: &mut Graph, statement: &'static str) -> bool {
        let (verb, rest) = statement.split_once(' ').unwrap_or((statement, ""));
        let words = || rest.split_whitespace();
        if verb == "root" {
            for name in words() {
                let is_new = !self.handles.contains_key(name);
                let handle = self.object(graph, name);
                let is_loose = self.loose.contains(&name);
                self.loose.retain(|&other| other != name);
                if !is_new && !is_loose {
                    graph.root(handle).unwrap();
                }
            }
            return false;
        }
        if verb.contains('>') {
            statement
                .split_whitespace()
                .for_each(|word| self.link(graph, word));
            return false;
        }
        self.let_go(graph);
        if verb == "scope:" {
            graph.scope(|graph| {
                for call in rest.split(',') {
                    self.statement(graph, call.trim());
                }
            });
        } else {
            self.call(graph, verb, &words().collect::<Vec<_>>());
        }
        true
    }

    fn call(&mut self, graph: &mut Graph, verb: &str, words: &[&'static str]) {
        let arrow = |at: usize| Arrow::parse(words[at]).unwrap();
        let ends = |arrow: Arrow| (self.handles[arrow.source], self.handles[arrow.target]);
        match (verb, words) {
            ("unroot", names) => names
                .iter()
                .for_each(|name| graph.unroot(self.handles[name]).unwrap()),
            ("destroy", [name]) => {
                assert!(!graph.destroy(self.handles[name]).is_stale());
            }
            ("unlink", [_]) if arrow(0).weak => {
                let (source, target) = ends(arrow(0));
                graph.unlink_weak(source, target).unwrap();
            }
            ("unlink", [_]) if !arrow(0).label.is_empty() => {
                let (source, target) = ends(arrow(0));
                graph
                    .list_mut(source, &arrow(0).label)
                    .unlink(target)
                    .unwrap();
            }
            ("unlink", [_]) => {
                let (source, target) = ends(arrow(0));
                graph.unlink(source, target).unwrap();
            }
            ("relink", [_, _]) => graph.relink(ends(arrow(0)), ends(arrow(1))).unwrap(),
            ("set", [_]) => {
                let (source, target) = ends(arrow(0));
                graph.set(source, arrow(0).label, target).unwrap();
            }
            ("freeze", []) => graph.freeze(),
            ("unfreeze", []) => graph.unfreeze(),
            ("step", []) => drop(graph.step(Budget::unlimited())),
            ("collect", []) => drop(graph.collect()),
            ("collect", ["young"]) => drop(graph.collect_generation(Generation::Young)),
            ("collect", ["middle"]) => drop(graph.collect_generation(Generation::Middle)),
            _ => panic!("no call: {verb} {words:?}"),
        }
    }

    fn link(&mut self, graph: &mut Graph, word: &'static str) {
        let arrow = Arrow::parse(word).unwrap_or_else(|| panic!("no edge: {word}"));
        let source = self.object(graph, arrow.source);
        let target = self.object(graph, arrow.target);
        if arrow.weak {
            graph.link_weak(source, arrow.label, target).unwrap();
        } else {
            graph.link(source, arrow.label, target).unwrap();
        }
    }

    fn object(&mut self, graph: &mut Graph, name: &'static str) -> Handle {
        *self.handles.entry(name).or_insert_with(|| {
            self.loose.push(name);
            graph.insert(name)
        })
    }

    /// Drops the roots of birth that are not to be kept.
    fn let_go(&mut self, graph: &mut Graph) {
        for name in std::mem::take(&mut self.loose) {
            graph.unroot(self.handles[name]).unwrap();
        }
    }
}

fn promoting() -> Config {
    Config::new().auto(Auto::Off).promote_fill(0).reopen_fill(0)
}

#[track_caller]
fn check_with(config: Config, text: &'static str, expected: &str) {
    let (graph, script, dead) = Script::run(text, config);
    for part in expected.split(';').map(str::trim) {
        let mut words = part.split_whitespace();
        let found: Vec<&str> = match words.next() {
            Some("freed") => dead.clone(),
            Some("alive") => {
                let alive = |(_, handle): &(&&'static str, &Handle)| graph.contains(**handle);
                script
                    .handles
                    .iter()
                    .filter(alive)
                    .map(|(name, _)| *name)
                    .collect()
            }
            Some("weak") => graph
                .handles()
                .flat_map(|handle| graph.weak_edges().targets(handle))
                .map(|target| graph[target])
                .collect(),
            other => panic!("no expectation: {other:?}"),
        };
        let wanted: Vec<&str> = words.filter(|&word| word != "none").collect();
        assert_eq!(found, wanted, "{part:?} of {text:?}");
    }
}

/// Runs a script and compares who died, in order.
#[track_caller]
fn check(text: &'static str, expected: &str) {
    check_with(promoting(), text, expected);
}

#[test]
fn what_no_root_reaches_is_collected() {
    check("root a; a->b b->a c->d d->c", "freed c d; alive a b");
    check("root a; a->b b->c c->a", "freed none; alive a b c");
    check("a->b b->c c->a", "freed a b c; alive none");
}

#[test]
fn self_edges_keep_nothing_alive() {
    check("a->a", "freed a");
    check("root a; a->a; collect; unroot a", "freed none; alive a");
    check("root a; a->a; unroot a; collect", "freed a");
    check("a->a a->a; unlink a->a; unlink a->a", "freed a");
}

#[test]
fn parallel_edges_count_one_each() {
    check("root a; a->b a->b; unlink a->b", "freed none; alive a b");
    check(
        "root a; a->b a->b; unlink a->b; unlink a->b",
        "freed b; alive a",
    );
    check("a->b a->b b->a", "freed a b");
}

#[test]
fn children_die_in_the_order_of_their_edges() {
    check("root r; r->a r->b r->c; unroot r", "freed r a b c");
    check("root r; r->a a->x r->b b->y; unroot r", "freed r a x b y");
    check("root r; r->c r->a r->b; unroot r", "freed r c a b");
}

#[test]
fn a_shared_child_dies_with_its_last_owner() {
    check("root r; r->a r->b a->x b->x; unroot r", "freed r a b x");
    check("root r; r->b r->a a->b; unroot r", "freed r a b");
    check("root r; r->a r->b a->b; unroot r", "freed r a b");
    check("root r; r->x r->y r->x; unroot r", "freed r y x");
    check(
        "root r; r->a r->b r->c a->c c->d b->d; unroot r",
        "freed r a b c d",
    );
    check("root r; r->a r->c r->b b->a; unroot r", "freed r c b a");
}

#[test]
fn the_other_edges_keep_their_order_when_one_goes() {
    check(
        "root r x; r->a r->b r->c x->a; unlink r->a; unroot r",
        "freed r b c",
    );
    check(
        "root r; r->a r->b r->c; unlink r->b; unroot r",
        "freed b r a c",
    );
    check(
        "root r x y; r->a r->x r->b r->c; destroy x; unroot r",
        "freed r a b c; alive y",
    );
    check(
        "root r x; r->a r->b r->c x->d; relink r->a x->a; unroot r",
        "freed r b c; alive a d x",
    );
}

#[test]
fn the_first_of_parallel_edges_goes() {
    check(
        "root r; r-x>a r->b r-y>a; unlink r->a; unlink r-y>a; unroot r",
        "freed a r b",
    );
    check(
        "root r; r-x>a r-y>a r->b; unlink r-y>a; unlink r-x>a",
        "freed a; alive b r",
    );
}

#[test]
fn cycles_that_hang_off_cycles_die_with_them() {
    check("a->b b->a b->c c->d d->c d->e e->e", "freed a b c d e");
    check(
        "root c; a->b b->a b->c c->d d->c d->e e->e",
        "freed a b; alive c d e",
    );
    check(
        "root z; a->b b->a c->d d->c c->a z->a",
        "freed c d; alive a b z",
    );
    check(
        "root a; a->b b->c c->b; unlink a->b; collect",
        "freed b c; alive a",
    );
}

#[test]
fn what_only_garbage_held_dies_with_it() {
    check("a->b b->a a->c c->d", "freed a b c d");
    check("root x; a->b b->a a->c x->c", "freed a b; alive c x");
}

#[test]
fn weak_edges_keep_nothing_alive_and_vanish() {
    check("root a; a~>b b->c", "freed b c; alive a; weak none");
    check("root a c; a~>b c->b; unlink c->b", "freed b; weak none");
    check("root a b; a~>b", "freed none; weak b");
    check("root b; a~>b a->a", "freed a; alive b; weak none");
    check("root a; a~>b b~>b b->c c->b", "freed b c; weak none");
    check(
        "root a b; a~>b a~>b a~>a; unlink a~>b",
        "freed none; weak b a",
    );
}

#[test]
fn old_garbage_holds_young_garbage_until_an_old_collection() {
    const OLD_HOLDS_YOUNG: &str = "root a; a->a; collect; a->b b->b; unroot a; collect young";
    check(OLD_HOLDS_YOUNG, "freed none; alive a b");
    check(
        "root a; a->a; collect; a->b b->b; unroot a; collect young; collect",
        "freed a b",
    );
    check(
        "root a; a->a; collect young; a->b b->b; unroot a; collect young; collect middle",
        "freed a b",
    );
}

#[test]
fn young_garbage_that_held_the_old_gives_it_up() {
    check(
        "root a; a->x; collect; b->b b->a; unroot a; collect young",
        "freed b a x",
    );
    check(
        "root a c; a->a; collect; b->b b->a; unroot a; collect young",
        "freed b; alive a c",
    );
}

#[test]
fn frozen_objects_hold_what_they_refer_to() {
    check(
        "root a; a->b b->a; freeze; unroot a; collect",
        "freed none; alive a b",
    );
    check(
        "root a; a->b b->a; freeze; unroot a; unfreeze; collect",
        "freed a b",
    );
    check(
        "root a; a->a; freeze; a->b b->b; unroot a; collect",
        "freed none; alive a b",
    );
    check("root a; a->b; freeze; unroot a", "freed a b");
    check(
        "root a; a->b; freeze; c->c c->a; unroot a; collect",
        "freed c a b",
    );
}

#[test]
fn relink_moves_an_edge_and_nothing_dies_between() {
    check(
        "root a c; a->b; relink a->b c->b",
        "freed none; alive a b c",
    );
    check(
        "root a c; a->b; relink a->b c->b; unroot c",
        "freed c b; alive a",
    );
    check("root a; a->b b->c; relink a->b a->c", "freed b; alive a c");
    check(
        "root a; a->b; relink a->b b->b; collect",
        "freed b; alive a",
    );
    check(
        "root a b; a->b b->b; relink b->b a->b; unroot b; unlink a->b",
        "freed none",
    );
}

#[test]
fn relink_can_make_and_break_cycles() {
    check(
        "root a; a->b b->c; relink a->b c->b; collect",
        "freed b c; alive a",
    );
    check(
        "root r; r->a a->b b->a; relink b->a r->b; unlink r->a",
        "freed a; alive b r",
    );
}

#[test]
fn set_replaces_the_edge_of_a_label() {
    check("root a b; a-x>c; set a-x>b", "freed c; alive a b");
    check("root a; a-x>b; set a-x>b", "freed none; alive a b");
    check(
        "root a b; a-x>c a-y>c; set a-x>b",
        "freed none; alive a b c",
    );
    check("root a; a-x>b b->c; set a-x>c", "freed b; alive a c");
    check("root a b; set a-x>b; unroot b", "freed none; alive a b");
    check("root a; a-x>a; set a-x>a; unroot a; collect", "freed a");
}

#[test]
fn a_scope_saves_what_is_linked_again_before_it_ends() {
    check(
        "root a c; a->b; scope: unlink a->b, c->b",
        "freed none; alive a b c",
    );
    check("root a c; a->b; scope: unlink a->b", "freed b; alive a c");
    check(
        "root a b; scope: unroot a, unroot b, root a",
        "freed b; alive a",
    );
    check(
        "root a c; a->b; scope: unlink a->b, step, c->b",
        "freed none; alive a b c",
    );
    check("root a; a->b; scope: unroot a, collect", "freed a b");
    check(
        "root a b; a->x b->y; scope: unroot b, unroot a",
        "freed b y a x",
    );
}

#[test]
fn destroy_kills_whoever_holds_it() {
    check("root a b; a->b b->c; destroy b", "freed c; alive a");
    check("root a; a->b b->a; destroy a", "freed b; alive none");
    check("root a; a->a; destroy a", "freed none; alive none");
    check(
        "root a b c; a->b a->b c->b b->x b->y; destroy b; unroot a",
        "freed x y a; alive c",
    );
    check("root a b; a~>b; destroy b", "freed none; weak none");
    check("root a; a->b b->c c->b; destroy a; collect", "freed b c");
}

#[test]
fn steps_reclaim_in_the_order_of_the_falls() {
    let at_step = || promoting().reclaim(Reclaim::AtStep);
    check_with(
        at_step(),
        "root a b; a->x b->y; unroot b; unroot a",
        "freed none; alive a b x y",
    );
    check_with(
        at_step(),
        "root a b; a->x b->y; unroot b; unroot a; step",
        "freed b y a x",
    );
    check_with(
        at_step(),
        "root a b; unroot a; b->a; step",
        "freed none; alive a b",
    );
    check_with(
        at_step(),
        "root a b; unroot a; root a; step",
        "freed none; alive a b",
    );
    check_with(
        at_step(),
        "root a; a->b b->b; unroot a; step; collect",
        "freed a b",
    );
}
