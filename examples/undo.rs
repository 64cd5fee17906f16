//! A scene editor with undo and redo: commands as a user gives them, and what the scene is after each.
//!
//! `cargo run --example undo --features rollback`

use std::error::Error;

use understory::{Handle, History, Store, Walk};

/// What edges mean: a part has an ordered list of children, and the scene may have a selection.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Link {
    Child,
    Selected,
}
use Link::{Child, Selected};

#[derive(Clone, Debug)]
struct Part {
    name: String,
    at: [i32; 2],
}

/// What the user does.
enum Command {
    Add(&'static str, &'static str),
    Select(&'static str),
    Move(i32, i32),
    /// The selected part, below another one.
    Attach(&'static str),
    Delete,
    Undo,
    Redo,
}
use Command::{Add, Attach, Delete, Move, Redo, Select, Undo};

struct Editor {
    scene: Store<Part, Link>,
    root: Handle,
    history: History,
}

impl Editor {
    fn new() -> Self {
        let mut scene = Store::default();
        let root = scene.insert(Part {
            name: "scene".to_string(),
            at: [0, 0],
        });
        // A real editor has room for more.
        let history = History::new().max_steps(100).max_bytes(64 << 20);
        Self {
            scene,
            root,
            history,
        }
    }

    fn find(&self, name: &str) -> Result<Handle, String> {
        let mut parts = self.scene.iter();
        let found = parts.find(|(_, part)| part.name == name);
        let (handle, _) = found.ok_or_else(|| format!("there is no {name}"))?;
        Ok(handle)
    }

    fn selected(&self) -> Result<Handle, &'static str> {
        let selected = self.scene.weak_edges().target(self.root, &Selected);
        selected.ok_or("nothing is selected")
    }

    /// Does what the user wants, and says what it was.
    fn run(&mut self, command: &Command) -> Result<String, Box<dyn Error>> {
        let Self { scene, history, .. } = self;
        match command {
            Undo => {
                let name = history.undo(scene)?;
                return Ok(format!("undo {}", name.unwrap_or("nothing")));
            }
            Redo => {
                let name = history.redo(scene)?;
                return Ok(format!("redo {}", name.unwrap_or("nothing")));
            }
            Select(name) => {
                // Part of the scene, and goes back with it, but no step of its own.
                let part = self.find(name)?;
                self.scene.set_weak(self.root, Selected, part)?;
                return Ok(format!("select {name}"));
            }
            _ => {}
        }
        let name = self.name(command)?;
        self.history.checkpoint(&mut self.scene, name.as_str())?;
        self.change(command)?;
        Ok(name)
    }

    /// The name of a step.
    fn name(&self, command: &Command) -> Result<String, &'static str> {
        let selected = || Ok(&self.scene[self.selected()?].name);
        Ok(match command {
            Add(name, _) => format!("add {name}"),
            Move(..) => format!("move {}", selected()?),
            Attach(to) => format!("attach {} to {to}", selected()?),
            _ => format!("delete {}", selected()?),
        })
    }

    fn change(&mut self, command: &Command) -> Result<(), Box<dyn Error>> {
        match *command {
            Add(name, to) => {
                let to = self.find(to)?;
                let name = name.to_string();
                let part = Part { name, at: [0, 0] };
                self.scene.insert_linked(to, Child, part)?;
            }
            Move(x, y) => {
                let part = self.selected()?;
                let [left, top] = &mut self.scene[part].at;
                *left += x;
                *top += y;
            }
            Attach(to) => {
                let (part, to) = (self.selected()?, self.find(to)?);
                let parent = self.scene.source(part, &Child).ok_or("it is the scene")?;
                self.scene.relink((parent, part), (to, part))?;
            }
            Delete => {
                // With all that hangs on it, and the selection.
                let part = self.selected()?;
                let parent = self.scene.source(part, &Child).ok_or("it is the scene")?;
                self.scene.unlink(parent, part)?;
            }
            Select(_) | Undo | Redo => unreachable!("they are no steps"),
        }
        Ok(())
    }

    /// The scene in a line: children in brackets, the selected part with a star.
    fn line(&self) -> String {
        let selected = self.selected().ok();
        let mut line = String::new();
        let mut depth = 0;
        let mut walk = Walk::depth_first().along(Child);
        for visit in walk.over(self.scene.edges(), [self.root]) {
            let Part { name, at: [x, y] } = &self.scene[visit.object];
            if visit.depth > depth {
                line.push_str(" (");
            } else {
                line.push_str(&")".repeat(depth - visit.depth));
                line.push_str(if line.is_empty() { "" } else { ", " });
            }
            depth = visit.depth;
            line.push_str(name);
            if (*x, *y) != (0, 0) {
                line += &[" ", &x.to_string(), ":", &y.to_string()].concat();
            }
            if selected == Some(visit.object) {
                line.push('*');
            }
        }
        line + &")".repeat(depth)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut editor = Editor::new();
    let script = [
        (Add("tower", "scene"), "scene (tower)"),
        (Add("flag", "tower"), "scene (tower (flag))"),
        (Add("tree", "scene"), "scene (tower (flag), tree)"),
        (Select("tower"), "scene (tower* (flag), tree)"),
        (Move(4, 1), "scene (tower 4:1* (flag), tree)"),
        (Delete, "scene (tree)"),
        // The tower is back with its flag, its place and the selection.
        (Undo, "scene (tower 4:1* (flag), tree)"),
        (Undo, "scene (tower* (flag), tree)"),
        (Redo, "scene (tower 4:1* (flag), tree)"),
        (Select("flag"), "scene (tower 4:1 (flag*), tree)"),
        // Another step: the deletion can't be done again from here on.
        (Attach("tree"), "scene (tower 4:1, tree (flag*))"),
        (Redo, "scene (tower 4:1, tree (flag*))"),
        (Move(0, 2), "scene (tower 4:1, tree (flag 0:2*))"),
        (Undo, "scene (tower 4:1, tree (flag*))"),
        (Undo, "scene (tower 4:1 (flag*), tree)"),
        (Undo, "scene (tower* (flag), tree)"),
        (Undo, "scene (tower (flag))"),
        (Undo, "scene (tower)"),
        (Undo, "scene"),
        (Undo, "scene"),
        (Redo, "scene (tower)"),
    ];
    for (command, expected) in &script {
        let done = editor.run(command)?;
        println!("{done:<22} {}", editor.line());
        assert_eq!(editor.line(), *expected);
    }

    // What the menus show.
    let undo: Vec<&str> = editor.history.undo_names().collect();
    let redo: Vec<&str> = editor.history.redo_names().collect();
    println!("\nundo: {}\nredo: {}", undo.join(", "), redo.join(", "));
    assert_eq!(undo, ["add tower"]);
    assert_eq!(redo[..3], ["add flag", "add tree", "move tower"]);
    assert_eq!(redo[3..], ["attach flag to tree", "move flag"]);
    println!("history: {} bytes", editor.scene.snapshot_memory());
    Ok(())
}
