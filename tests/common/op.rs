//! Operations on a store, made by quickcheck or out of bytes.

use quickcheck::{Arbitrary, Gen};

/// Names an object: most values pick one that is alive, the others a handle that is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pick(pub(crate) u8);

/// Names an edge: most values pick one that exists, the others any two objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EdgePick(pub(crate) Pick, pub(crate) Pick);

/// What a [`Pick`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Picked {
    /// One of those alive, counted from the oldest.
    Alive(usize),
    /// One of those that have died.
    Dead(usize),
    /// The null handle.
    Null,
    /// A handle that the store has not given out, unless by chance.
    Foreign(usize),
}

impl Pick {
    /// What the byte stands for: one in eight is a handle that is not alive.
    pub(crate) fn picked(self) -> Picked {
        let at = usize::from(self.0);
        match self.0 {
            0..=223 => Picked::Alive(at),
            224..=239 => Picked::Dead(at - 224),
            240..=243 => Picked::Null,
            244..=255 => Picked::Foreign(at - 244),
        }
    }
}

impl EdgePick {
    /// The number of an edge, counted over all edges, or `None` where any two objects are meant.
    pub(crate) fn number(self) -> Option<usize> {
        let EdgePick(Pick(high), Pick(low)) = self;
        (high < 208).then(|| usize::from(high) << 8 | usize::from(low))
    }
}

/// Which of the two component types of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Health,
    Name,
}

/// What is done to a list of edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Insert,
    Push,
    Set,
    Replace,
    Remove,
    Unlink,
    MoveTo,
    Swap,
    Sort,
    Clear,
    Relabel,
}

impl Change {
    fn decode(byte: u8) -> Self {
        match byte % 16 {
            0..=2 => Self::Insert,
            3..=4 => Self::Push,
            5 => Self::Set,
            6 => Self::Replace,
            7 => Self::Remove,
            8 => Self::Unlink,
            9..=10 => Self::MoveTo,
            11..=12 => Self::Swap,
            13 => Self::Sort,
            14 => Self::Clear,
            _ => Self::Relabel,
        }
    }
}

/// A call on a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Insert,
    InsertWith,
    InsertLinked(Pick, u8),
    Root(Pick),
    Unroot(Pick),
    Link(Pick, u8, Pick),
    LinkWeak(Pick, u8, Pick),
    Unlink(EdgePick),
    UnlinkLabel(EdgePick, u8),
    UnlinkWeak(EdgePick),
    Relink(EdgePick, Pick, Pick),
    Set(Pick, u8, Pick),
    /// Owner and label; whether the edges are weak; an index, and a target or another index.
    List(Pick, u8, bool, Change, u8, Pick),
    Destroy(Pick),
    Scope(Vec<Op>),
    Collect,
    CollectGeneration(u8),
    /// A step of so many units, or of all there is to do where it is 0.
    Step(u8),
    /// The same for suspects alone.
    Trace(u8),
    Freeze,
    Unfreeze,
    Hold(Pick),
    CloneRoot(u8),
    DropRoot(u8),
    Release(u8),
    SyncRoots,
    ReleaseForeign,
    /// Goes on with a clone, and drops the original or the clone's clone.
    CloneStore,
    Retain(u8),
    Drain,
    Clear,
    Shrink,
    /// So many objects, with a health that is this number, and a name unless it is odd.
    InsertBatch(u8, u8),
    InsertComponent(Pick, Kind, u8),
    RemoveComponent(Pick, Kind),
    Write(Pick, u8),
    /// A buffer of so many insertions, linked in a chain, and then of these operations.
    Commands(u8, Vec<Op>),
}

/// Bytes that are read one at a time; a zero follows the last.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl Bytes<'_> {
    fn take(&mut self) -> u8 {
        match self.0.split_first() {
            Some((&first, rest)) => {
                self.0 = rest;
                first
            }
            None => 0,
        }
    }

    fn pick(&mut self) -> Pick {
        Pick(self.take())
    }

    fn edge(&mut self) -> EdgePick {
        EdgePick(self.pick(), self.pick())
    }

    fn label(&mut self) -> u8 {
        self.take() % 4
    }

    /// A budget: mostly none or a small one.
    fn units(&mut self) -> u8 {
        match self.take() {
            0..=95 => 0,
            byte @ 96..=207 => 1 + byte % 6,
            byte => 1 + byte % 64,
        }
    }

    fn kind(&mut self) -> Kind {
        if self.take() % 2 == 0 {
            Kind::Health
        } else {
            Kind::Name
        }
    }
}

/// The script that the bytes spell; every sequence of bytes spells one.
pub(crate) fn script(bytes: &[u8]) -> Vec<Op> {
    let mut bytes = Bytes(bytes);
    let mut ops = Vec::new();
    while !bytes.0.is_empty() {
        ops.push(Op::decode(&mut bytes, true));
    }
    ops
}

impl Op {
    /// Reads one operation; a scope is read only where `nest` allows it.
    pub(crate) fn decode(bytes: &mut Bytes<'_>, nest: bool) -> Self {
        let kind = match bytes.take() {
            185..=194 if !nest => 60,
            kind => kind,
        };
        match kind {
            0..=27 => Self::Insert,
            28..=31 => Self::InsertBatch(bytes.take() % 6, bytes.take()),
            32..=35 => Self::InsertWith,
            36..=59 => Self::InsertLinked(bytes.pick(), bytes.label()),
            82..=97 => Self::list(bytes),
            60..=81 => Self::Link(bytes.pick(), bytes.label(), bytes.pick()),
            98..=103 => Self::LinkWeak(bytes.pick(), bytes.label(), bytes.pick()),
            104..=111 => Self::Root(bytes.pick()),
            112..=137 => Self::Unroot(bytes.pick()),
            138..=157 => Self::Unlink(bytes.edge()),
            158..=161 => Self::UnlinkLabel(bytes.edge(), bytes.take()),
            162..=164 => Self::UnlinkWeak(bytes.edge()),
            165..=171 => Self::Relink(bytes.edge(), bytes.pick(), bytes.pick()),
            172..=179 => Self::Set(bytes.pick(), bytes.label(), bytes.pick()),
            180..=184 => Self::Destroy(bytes.pick()),
            185..=190 => Self::scope(bytes),
            191..=194 => Self::commands(bytes),
            195..=199 => Self::Collect,
            200..=206 => Self::CollectGeneration(bytes.take() % 3),
            207..=214 => Self::Step(bytes.units()),
            215..=218 => Self::Trace(bytes.units()),
            219..=220 => Self::Freeze,
            221..=222 => Self::Unfreeze,
            223..=227 => Self::Hold(bytes.pick()),
            228..=229 => Self::CloneRoot(bytes.take()),
            230..=232 => Self::DropRoot(bytes.take()),
            233 => Self::Release(bytes.take()),
            234 => Self::SyncRoots,
            235 => Self::ReleaseForeign,
            236..=237 => Self::CloneStore,
            238 => Self::Retain(bytes.take()),
            239 => Self::Drain,
            240 => Self::Clear,
            241..=242 => Self::Shrink,
            243..=247 => Self::InsertComponent(bytes.pick(), bytes.kind(), bytes.take()),
            248..=249 => Self::RemoveComponent(bytes.pick(), bytes.kind()),
            250..=255 => Self::Write(bytes.pick(), bytes.take()),
        }
    }

    fn list(bytes: &mut Bytes<'_>) -> Self {
        let (owner, label, how) = (bytes.pick(), bytes.label(), bytes.take());
        let change = Change::decode(how / 2);
        Self::List(
            owner,
            label,
            how % 2 == 1,
            change,
            bytes.take(),
            bytes.pick(),
        )
    }

    fn scope(bytes: &mut Bytes<'_>) -> Self {
        let len = bytes.take() % 8;
        Self::Scope((0..len).map(|_| Self::decode(bytes, false)).collect())
    }

    fn commands(bytes: &mut Bytes<'_>) -> Self {
        let inserted = bytes.take() % 3;
        let len = bytes.take() % 6;
        let command = |bytes: &mut Bytes<'_>| match bytes.take() % 8 {
            0..=2 => Self::Link(bytes.pick(), bytes.label(), bytes.pick()),
            3 => Self::Root(bytes.pick()),
            4..=5 => Self::Unroot(bytes.pick()),
            6 => Self::Unlink(bytes.edge()),
            _ => Self::Destroy(bytes.pick()),
        };
        Self::Commands(inserted, (0..len).map(|_| command(bytes)).collect())
    }

    /// The bytes that operands are read from.
    fn operands(&mut self) -> Vec<&mut u8> {
        match self {
            Self::InsertLinked(Pick(a), label) => vec![a, label],
            Self::Root(Pick(a))
            | Self::Unroot(Pick(a))
            | Self::Destroy(Pick(a))
            | Self::Hold(Pick(a))
            | Self::Step(a)
            | Self::Trace(a)
            | Self::CloneRoot(a)
            | Self::DropRoot(a)
            | Self::Release(a)
            | Self::Retain(a)
            | Self::CollectGeneration(a)
            | Self::RemoveComponent(Pick(a), _) => vec![a],
            Self::Link(Pick(a), label, Pick(b))
            | Self::LinkWeak(Pick(a), label, Pick(b))
            | Self::Set(Pick(a), label, Pick(b)) => vec![a, label, b],
            Self::List(Pick(a), label, _, _, at, Pick(b)) => vec![a, label, at, b],
            Self::Unlink(EdgePick(Pick(a), Pick(b)))
            | Self::UnlinkWeak(EdgePick(Pick(a), Pick(b))) => vec![a, b],
            Self::UnlinkLabel(EdgePick(Pick(a), Pick(b)), label) => vec![a, b, label],
            Self::Relink(EdgePick(Pick(a), Pick(b)), Pick(c), Pick(d)) => vec![a, b, c, d],
            Self::InsertBatch(objects, value) => vec![objects, value],
            Self::InsertComponent(Pick(a), _, value) | Self::Write(Pick(a), value) => {
                vec![a, value]
            }
            _ => Vec::new(),
        }
    }

    fn with_operand(&self, at: usize, value: u8) -> Self {
        let mut op = self.clone();
        *op.operands()[at] = value;
        op
    }
}

impl Arbitrary for Op {
    fn arbitrary(g: &mut Gen) -> Self {
        let bytes: Vec<u8> = (0..64).map(|_| u8::arbitrary(g)).collect();
        Self::decode(&mut Bytes(&bytes), true)
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        match self {
            Self::Scope(ops) => {
                let inner = ops.clone();
                Box::new(inner.into_iter().chain(ops.shrink().map(Self::Scope)))
            }
            &Self::Commands(inserted, ref ops) => {
                let fewer = (0..inserted).map({
                    let ops = ops.clone();
                    move |inserted| Self::Commands(inserted, ops.clone())
                });
                let shorter = ops.shrink().map(move |ops| Self::Commands(inserted, ops));
                Box::new(ops.clone().into_iter().chain(fewer).chain(shorter))
            }
            _ => {
                let op = self.clone();
                let values: Vec<u8> = op
                    .clone()
                    .operands()
                    .into_iter()
                    .map(|byte| *byte)
                    .collect();
                Box::new(values.into_iter().enumerate().flat_map(move |(at, value)| {
                    let op = op.clone();
                    let mut smaller = vec![0, value / 2, value.saturating_sub(1)];
                    smaller.dedup();
                    smaller.retain(|&byte| byte != value);
                    smaller
                        .into_iter()
                        .map(move |byte| op.with_operand(at, byte))
                }))
            }
        }
    }
}
