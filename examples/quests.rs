//! Quests from a file that somebody wrote by hand: names become edges, and what is wrong is reported with its place,
//! while everything else is loaded.
//!
//! `cargo run --release --example quests`

use std::collections::{HashMap, HashSet};
use std::error::Error;

use serde::Deserialize;
use understory::{Handle, Store, Walk};

/// The file. It has a name that is not there, one that is there twice, and a ring of prerequisites.
const FILE: &str = r#"[
    { "name": "find the map",     "gold": 10, "after": [] },
    { "name": "cross the moor",   "gold": 20, "after": ["find the map"] },
    { "name": "open the barrow",  "gold": 50, "after": ["cross the moor", "find teh key"] },
    { "name": "free the miller",  "gold": 15, "after": ["pay the bandits"] },
    { "name": "pay the bandits",  "gold": 0,  "after": ["sell the grain"] },
    { "name": "sell the grain",   "gold": 30, "after": ["find the map", "free the miller"] },
    { "name": "cross the moor",   "gold": 25, "after": [] }
]"#;

#[derive(Deserialize)]
struct Quest {
    name: String,
    gold: u32,
    /// The names of the quests that come before this one. Those that have become edges are taken out.
    after: Vec<String>,
}

/// What edges mean.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Link {
    /// From the journal to each quest.
    Lists,
    /// From a quest to one that comes before it.
    After,
}

enum Page {
    Journal,
    Quest(Quest),
}

type Quests = Store<Page, Link>;

fn main() -> Result<(), Box<dyn Error>> {
    // What is no JSON, or has other fields, is an error of serde_json with line and column.
    let quests: Vec<Quest> = serde_json::from_str(FILE)?;
    let count = quests.len();
    let mut problems = Vec::new();
    let (mut store, journal) = load(quests, &mut problems)?;
    for problem in &problems {
        println!("{problem}");
    }
    assert_eq!(problems.len(), 3);
    assert_eq!(store.list(journal, &Link::Lists).len(), count);

    // In post-order each quest comes after all those that it needs.
    let (mut walk, mut done, mut purse) = (Walk::post_order(), HashSet::new(), 0);
    for visit in walk.over(store.edges(), [journal]) {
        let Page::Quest(quest) = &store[visit.object] else {
            continue;
        };
        let needed = store.targets(visit.object);
        if !quest.after.is_empty() {
            println!("{}: waits for {:?}", quest.name, quest.after);
        } else if needed.filter(|before| !done.contains(before)).count() > 0 {
            println!("{}: waits for others that wait", quest.name);
        } else {
            done.insert(visit.object);
            purse += quest.gold;
            println!("{}: done, {purse} gold", quest.name);
        }
    }

    // The journal is burnt, and all quests go with it: there is no ring.
    store.unroot(journal)?;
    assert!(store.is_empty());
    Ok(())
}

/// A store with all quests, and the journal that owns them. A name that cannot be an edge stays in its quest.
fn load(
    mut quests: Vec<Quest>,
    problems: &mut Vec<String>,
) -> Result<(Quests, Handle), Box<dyn Error>> {
    // The quests by their names. Whoever comes second keeps its place in the file, but nobody can name it.
    let mut places = HashMap::new();
    for (at, quest) in quests.iter().enumerate() {
        let first = *places.entry(quest.name.clone()).or_insert(at);
        if first != at {
            problems.push(format!(
                "[{at}].name: {:?} is the name of [{first}]",
                quest.name
            ));
        }
    }

    // Names to positions: which quest, which of its names, and which quest is meant.
    let mut references = Vec::new();
    for (at, quest) in quests.iter().enumerate() {
        for (nth, name) in quest.after.iter().enumerate() {
            match places.get(name) {
                Some(&to) => references.push((at, nth, name.clone(), to)),
                None => problems.push(format!("[{at}].after[{nth}]: there is no quest {name:?}")),
            }
        }
    }
    for quest in &mut quests {
        quest.after.retain(|name| !places.contains_key(name));
    }

    // All in one call. The journal is at position 0, and has the only root.
    let listed = (1..=quests.len()).map(|quest| (0, Link::Lists, quest));
    let needed = references
        .iter()
        .map(|&(from, .., to)| (from + 1, Link::After, to + 1));
    let edges: Vec<_> = listed.chain(needed).collect();
    let pages = [Page::Journal]
        .into_iter()
        .chain(quests.into_iter().map(Page::Quest));
    let mut store = Quests::default();
    let handles = store.insert_graph(pages, edges, [0])?;
    let (journal, quests) = (handles[0], &handles[1..]);

    // In post-order an edge that leads to the object itself, or to a later one, closes a ring.
    let mut walk = Walk::post_order();
    let visits = walk.over(store.edges(), [journal]);
    let order: HashMap<Handle, usize> = visits.map(|visit| visit.object).zip(0..).collect();
    for (from, nth, name, to) in references {
        let (quest, before) = (quests[from], quests[to]);
        if order[&before] >= order[&quest] {
            store.list_mut(quest, &Link::After).unlink(before)?;
            problems.push(format!(
                "[{from}].after[{nth}]: {name:?} needs this quest itself"
            ));
            if let Page::Quest(quest) = &mut store[quest] {
                quest.after.push(name);
            }
        }
    }
    Ok((store, journal))
}
