//! What the reader of heap snapshots accepts, and what it says of what it refuses.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write as _};
use understory_heapsnapshot::{EdgeKind, EdgeName, ErrorKind, NodeKind, Snapshot};

/// Three nodes: the root holds a forest by name, the forest a tree by index, and the tree knows
/// the forest weakly.
const PLAIN: &str = r#"{"snapshot":{"meta":{
"node_fields":["type","name","id","self_size","edge_count","trace_node_id","detachedness"],
"node_types":[["synthetic","object"],"string","number","number","number","number","number"],
"edge_fields":["type","name_or_index","to_node"],
"edge_types":[["property","element","weak"],"string_or_number","node"]},
"node_count":3,"edge_count":3,"trace_function_count":0},
"nodes":[0,0,1,0,1,0,0
,1,1,3,24,1,0,0
,1,2,5,16,1,0,0
],
"edges":[0,3,7
,1,9,14
,2,3,7
],
"trace_function_infos":[],"trace_tree":[],"samples":[],"locations":[],
"strings":["","Forest","Tree","the forest"]}"#;

fn read(document: &str) -> Result<Snapshot, (ErrorKind, String)> {
    Snapshot::read(document.as_bytes()).map_err(|error| (error.kind(), error.to_string()))
}

/// `PLAIN` with one part replaced.
fn edited(from: &str, to: &str) -> String {
    assert_eq!(PLAIN.matches(from).count(), 1, "{from} is not unique");
    PLAIN.replace(from, to)
}

#[track_caller]
fn refuse(document: &str, kind: ErrorKind, message: &str) {
    let (found, text) = read(document).expect_err("the document should be refused");
    assert_eq!((found, text.as_str()), (kind, message));
}

/// The whole content as text, so that documents can be compared.
fn describe(snapshot: &Snapshot) -> String {
    let mut text = format!("root {}\n", snapshot.root());
    for index in 0..snapshot.node_count() {
        let node = snapshot.node(index).unwrap();
        let (kind, name, id, size) = (node.kind, node.name, node.id, node.self_size);
        let number = |number: Option<u64>| number.map_or("?".into(), |number| number.to_string());
        let (id, size) = (number(id), number(size));
        writeln!(text, "{index} {kind} {name:?} {id} {size}").unwrap();
        assert_eq!(node.edge_count, snapshot.edges(index).len());
        for edge in snapshot.edges(index) {
            writeln!(text, "  {} {} -> {}", edge.kind, edge.name, edge.target).unwrap();
        }
    }
    text
}

const DESCRIBED: &str = r#"root 0
0 synthetic "" 1 0
  property the forest -> 1
1 object "Forest" 3 24
  element [9] -> 2
2 object "Tree" 5 16
  weak the forest -> 1
"#;

fn packed(document: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(document).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn rows_are_read_as_they_stand() {
    let snapshot = read(PLAIN).unwrap();
    assert_eq!(describe(&snapshot), DESCRIBED);
    assert_eq!((snapshot.node_count(), snapshot.edge_count()), (3, 3));
    assert_eq!(snapshot.node(3), None);
    assert_eq!(snapshot.edges(3).count(), 0);
    assert_eq!(snapshot.edges(usize::MAX).count(), 0);
}

#[test]
fn packed_files_are_known_by_their_first_bytes() {
    let snapshot = Snapshot::read(packed(PLAIN.as_bytes()).as_slice()).unwrap();
    assert_eq!(describe(&snapshot), DESCRIBED);
}

#[test]
fn a_reader_may_give_a_byte_at_a_time() {
    struct Drip<'a>(&'a [u8]);
    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let len = out.len().min(1);
            self.0.read(&mut out[..len])
        }
    }
    for document in [PLAIN.as_bytes(), &packed(PLAIN.as_bytes())] {
        assert_eq!(
            describe(&Snapshot::read(Drip(document)).unwrap()),
            DESCRIBED
        );
    }
}

#[test]
fn columns_are_found_by_name() {
    let moved = r#"{"snapshot":{"meta":{
        "node_fields":["edge_count","later","id","name","self_size","type"],
        "node_types":["number","number","number","string","number",["synthetic","object"],"number"],
        "edge_fields":["to_node","name_or_index","type"],
        "edge_types":["node","string_or_number",["property","element","weak"]]},
        "node_count":3,"edge_count":3},
        "nodes":[1,8,1,0,0,0, 1,8,3,1,24,1, 1,8,5,2,16,1],
        "edges":[6,3,0, 12,9,1, 6,3,2],
        "strings":["","Forest","Tree","the forest"]}"#;
    assert_eq!(describe(&read(moved).unwrap()), DESCRIBED);
}

#[test]
fn sections_that_describe_no_others_may_stand_anywhere() {
    let (head, strings) = PLAIN.split_once("\"strings\"").unwrap();
    let strings = strings.strip_suffix('}').unwrap();
    let first = format!("{{\"strings\"{strings},{}", head.strip_prefix('{').unwrap());
    let first = first.trim_end().trim_end_matches(',').to_string() + "}";
    assert_eq!(describe(&read(&first).unwrap()), DESCRIBED);
}

#[test]
fn unknown_kinds_keep_their_names() {
    let document = PLAIN
        .replace("\"synthetic\",", "\"elf\",")
        .replace("\"property\"", "\"spell\"");
    let snapshot = read(&document).unwrap();
    assert_eq!(
        snapshot.node(0).unwrap().kind,
        &NodeKind::Other("elf".into())
    );
    let edge = snapshot.edges(0).next().unwrap();
    assert_eq!(edge.kind, &EdgeKind::Other("spell".into()));
    assert_eq!(edge.name, EdgeName::Text("the forest"));
}

#[test]
fn lone_surrogates_survive_as_replacement_characters() {
    let strings = r#"["","\ud800 high","low \udc00","\udc00\ud800\ud83c\udf33"]"#;
    let document = edited(r#"["","Forest","Tree","the forest"]"#, strings);
    let snapshot = read(&document).unwrap();
    assert_eq!(snapshot.node(1).unwrap().name, "\u{fffd} high");
    assert_eq!(snapshot.node(2).unwrap().name, "low \u{fffd}");
    let name = snapshot.edges(0).next().unwrap().name;
    assert_eq!(name, EdgeName::Text("\u{fffd}\u{fffd}\u{1f333}"));
}

#[test]
fn bytes_that_are_no_text_survive_as_replacement_characters() {
    let mut document = PLAIN.as_bytes().to_vec();
    let place = PLAIN.find("Forest").unwrap();
    document[place..place + 3].copy_from_slice(&[0xed, 0xff, 0xed]);
    let snapshot = Snapshot::read(document.as_slice()).unwrap();
    assert_eq!(
        snapshot.node(1).unwrap().name,
        "\u{fffd}\u{fffd}\u{fffd}est"
    );
}

#[test]
fn the_root_may_be_another_node() {
    let document = edited("\"edge_count\":3,", "\"edge_count\":3,\"root_index\":14,");
    assert_eq!(read(&document).unwrap().root(), 2);
}

#[test]
fn sizes_and_ids_may_exceed_32_bits() {
    let document = edited(",1,1,3,24,1", ",1,1,5000000000,6000000000,1");
    let node = read(&document).unwrap();
    let node = node.node(1).unwrap();
    assert_eq!(
        (node.id, node.self_size),
        (Some(5_000_000_000), Some(6_000_000_000))
    );
}

/// What the edge of the forest is called if its row has `written` for an index.
fn index(written: &str) -> EdgeName<String> {
    let document = edited(",1,9,14\n", &format!(",1,{written},14\n"));
    let snapshot = read(&document).unwrap();
    let edge = snapshot.edges(1).next().unwrap();
    match edge.name {
        EdgeName::Index(index) => EdgeName::Index(index),
        EdgeName::Text(text) => EdgeName::Text(text.to_string()),
        EdgeName::Unknown => EdgeName::Unknown,
    }
}

#[test]
fn indices_that_v8_writes_with_a_sign_are_unsigned() {
    for (written, meant) in [
        ("-2147483648", 2_147_483_648),
        ("-2147483647", 2_147_483_649),
        ("-2", 4_294_967_294),
        ("2147483647", 2_147_483_647),
        ("2147483648", 2_147_483_648),
        ("4294967295", 4_294_967_295),
    ] {
        assert_eq!(index(written), EdgeName::Index(meant), "{written}");
    }
}

#[test]
fn indices_may_take_more_than_32_bits() {
    for wide in [4_294_967_295, 4_294_967_296, u64::MAX - 1] {
        assert_eq!(index(&wide.to_string()), EdgeName::Index(wide));
    }
    // Each with its own edge: the second and the third of four are wide, or none at all.
    let document = PLAIN
        .replace("\"edge_count\":3", "\"edge_count\":6")
        .replace(",1,1,3,24,1,", ",1,1,3,24,4,")
        .replace(
            ",1,9,14\n",
            ",1,9,14,1,5000000000,14,1,18446744073709551615,14,1,6000000000,7\n",
        );
    let snapshot = read(&document).unwrap();
    let names: Vec<_> = snapshot.edges(1).map(|edge| edge.name).collect();
    let index = EdgeName::Index;
    assert_eq!(
        names,
        [
            index(9),
            index(5_000_000_000),
            EdgeName::Unknown,
            index(6_000_000_000)
        ]
    );
}

#[test]
fn indices_that_are_none_are_unknown() {
    for written in [
        "18446744073709551615", // Julia's, for a place that it has not found
        "-1",
        "-2147483649",
        "0.5",
        "1e30",
        "-1e30",
        "99999999999999999999",
        "null",
    ] {
        assert_eq!(index(written), EdgeName::Unknown, "{written}");
    }
    assert_eq!(index("-1").to_string(), "[?]");
}

#[test]
fn whole_numbers_may_be_written_as_fractions() {
    for written in ["7.0", "0.7e1", "70e-1", "7E0"] {
        assert_eq!(index(written), EdgeName::Index(7), "{written}");
    }
    assert_eq!(index("-2.0"), EdgeName::Index(4_294_967_294));
    assert_eq!(index("-0.0"), EdgeName::Index(0));
    assert_eq!(index("1e19"), EdgeName::Index(10_000_000_000_000_000_000));
    let document = PLAIN
        .replace(":3,", ":3.0,")
        .replace(",1,1,3,24,1,", ",1e0,1.0,3.0,2.4e1,1.0,")
        .replace(",1,9,14\n", ",1.0,9.0,1.4e1\n");
    assert_ne!(document, PLAIN);
    assert_eq!(describe(&read(&document).unwrap()), DESCRIBED);
}

#[test]
fn ids_and_sizes_that_are_none_are_unknown() {
    for (written, id, size) in [
        ("-1000", Some(4_294_966_296), None),
        ("-5000000000", Some(18_446_744_068_709_551_616), None),
        ("2.5", None, None),
        ("null", None, None),
        ("99999999999999999999", None, None),
        ("18446744073709551615", None, None),
        (
            "18446744073709551614",
            Some(u64::MAX - 1),
            Some(u64::MAX - 1),
        ),
    ] {
        let document = edited(",1,1,3,24,1", &format!(",1,1,{written},{written},1"));
        let snapshot = read(&document).unwrap();
        let node = snapshot.node(1).unwrap();
        assert_eq!((node.id, node.self_size), (id, size), "{written}");
    }
}

#[test]
fn ids_and_sizes_may_be_left_out() {
    for column in ["id", "self_size"] {
        let document = edited(&format!("\"{column}\""), "\"x\"");
        let snapshot = read(&document).unwrap();
        let node = snapshot.node(1).unwrap();
        let (id, size) = (node.id, node.self_size);
        let known = if column == "id" { size } else { id };
        assert_eq!(id.or(size), known);
        assert!(known.is_some());
    }
}

#[test]
fn columns_that_are_not_read_may_hold_any_number() {
    for written in ["-1", "0.25", "null", "1e300", "18446744073709551615"] {
        let document = edited(
            ",1,1,3,24,1,0,0",
            &format!(",1,1,3,24,1,{written},{written}"),
        );
        assert_eq!(describe(&read(&document).unwrap()), DESCRIBED);
        for section in ["samples", "locations", "trace_function_infos", "trace_tree"] {
            let document = edited(
                &format!("\"{section}\":[]"),
                &format!("\"{section}\":[{written}]"),
            );
            assert_eq!(describe(&read(&document).unwrap()), DESCRIBED);
        }
        let header = edited("_count\":0", &format!("_count\":{written},\"x\":{written}"));
        assert_eq!(describe(&read(&header).unwrap()), DESCRIBED);
    }
    let document = edited("\"edge_count\":3,", "\"edge_count\":3,\"root_index\":null,");
    assert_eq!(describe(&read(&document).unwrap()), DESCRIBED);
}

#[test]
fn kinds_that_the_header_does_not_name_are_unknown() {
    for written in [
        "2",
        "255",
        "256",
        "-1",
        "0.5",
        "null",
        "18446744073709551615",
    ] {
        let document = edited(",1,1,3,24,1", &format!(",{written},1,3,24,1"));
        let snapshot = read(&document).unwrap();
        let kind = snapshot.node(1).unwrap().kind;
        assert_eq!(kind, &NodeKind::Unknown, "{written}");
        assert_eq!(kind.name(), "(unknown)");
    }
    for written in ["3", "300", "-1"] {
        let document = edited(",1,9,14\n", &format!(",{written},9,14\n"));
        let snapshot = read(&document).unwrap();
        let edge = snapshot.edges(1).next().unwrap();
        assert_eq!(edge.kind, &EdgeKind::Unknown, "{written}");
        // Nothing says whether the number is that of a string.
        assert_eq!(edge.name, EdgeName::Index(9));
        assert!(!edge.kind.is_weak());
    }
}

#[test]
fn kinds_that_v8_writes_before_it_names_them_are_known() {
    let v8 = r#""hidden","array","string","object","code","closure","regexp","number","native",
        "synthetic","concatenated string","sliced string""#;
    for (kind, known) in [
        (11, NodeKind::SlicedString),
        (12, NodeKind::Symbol),
        (13, NodeKind::BigInt),
        (15, NodeKind::WasmObject),
        (16, NodeKind::Unknown),
    ] {
        let document = edited(",1,1,3,24,1", &format!(",{kind},1,3,24,1"))
            .replace("\"synthetic\",\"object\"", v8);
        let snapshot = read(&document).unwrap();
        assert_eq!(snapshot.node(1).unwrap().kind, &known);
    }
    // Another list than V8's says nothing of what follows it, and no list neither.
    for other in [&v8.replace("regexp", "spell"), ""] {
        let document =
            edited(",1,1,3,24,1", ",12,1,3,24,1").replace("\"synthetic\",\"object\"", other);
        let snapshot = read(&document).unwrap();
        assert_eq!(snapshot.node(1).unwrap().kind, &NodeKind::Unknown);
    }
}

#[test]
fn kinds_of_edges_that_are_not_known_may_be_numbered() {
    let document = edited("\"element\"", "\"spell\"");
    let snapshot = read(&document).unwrap();
    let edge = snapshot.edges(1).next().unwrap();
    assert_eq!(edge.kind, &EdgeKind::Other("spell".into()));
    // There is no ninth string.
    assert_eq!(edge.name, EdgeName::Index(9));
}

#[test]
fn snapshots_of_the_oldest_and_the_newest_node_are_read() {
    for node in ["oldest", "newest"] {
        let path = format!(
            "{}/tests/fixtures/node-{node}.heapsnapshot.gz",
            env!("CARGO_MANIFEST_DIR")
        );
        let snapshot = Snapshot::read(File::open(path).unwrap()).unwrap();
        let nodes = || (0..snapshot.node_count()).map(|node| snapshot.node(node).unwrap());
        for known in nodes() {
            assert!(known.id.is_some() && known.self_size.is_some());
            let other = matches!(known.kind, NodeKind::Other(_) | NodeKind::Unknown);
            assert!(!other, "{node}: {known:?}");
        }
        assert!(
            nodes().any(|known| known.kind == &NodeKind::Symbol),
            "{node}"
        );
        // The keys of the scene.
        let edges = || (0..snapshot.node_count()).flat_map(|node| snapshot.edges(node));
        for key in [7, 2_147_483_647, 2_147_483_648, 4_294_967_294] {
            let key = EdgeName::Index(key);
            assert!(edges().any(|edge| edge.name == key), "{node}: {key}");
        }
        let text = EdgeName::Text("4294967296");
        assert!(edges().any(|edge| edge.name == text), "{node}");
        assert!(edges().all(|edge| edge.name != EdgeName::Unknown), "{node}");
        assert!(snapshot.root_groups().len() > 10, "{node}");
    }
}

#[test]
fn depth_of_what_is_skipped_costs_no_stack() {
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let document = edited("\"trace_tree\":[]", &format!("\"trace_tree\":{deep}"));
    assert_eq!(describe(&read(&document).unwrap()), DESCRIBED);
    let (kind, _) = read(&deep).unwrap_err();
    assert_eq!(kind, ErrorKind::Json);
}

#[test]
fn every_truncation_is_refused_with_its_offset() {
    for len in 0..PLAIN.len() {
        let error = Snapshot::read(&PLAIN.as_bytes()[..len]).expect_err("cut short");
        assert_eq!(error.kind(), ErrorKind::Truncated, "at {len}: {error}");
        assert_eq!(error.offset(), Some(len as u64), "at {len}: {error}");
    }
    let end = PLAIN.find(",2,3,7").unwrap() + 3;
    refuse(
        &PLAIN[..end],
        ErrorKind::Truncated,
        &format!("the file ends inside `edges`, row 2 (at byte {end})"),
    );
}

#[test]
fn every_truncation_of_a_packed_file_is_refused() {
    let packed = packed(PLAIN.as_bytes());
    for len in 2..packed.len() {
        let error = Snapshot::read(&packed[..len]).expect_err("cut short");
        assert_eq!(error.kind(), ErrorKind::Gzip, "at {len}: {error}");
    }
}

#[test]
fn damage_to_a_packed_file_is_refused() {
    let packed = packed(PLAIN.as_bytes());
    // The header's method, the middle of the data, the checksum.
    for place in [2, packed.len() / 2, packed.len() - 8] {
        let mut damaged = packed.clone();
        damaged[place] ^= 0x55;
        Snapshot::read(damaged.as_slice()).expect_err("damaged");
    }
    let mut damaged = packed.clone();
    damaged[packed.len() - 8] ^= 0x55;
    let error = Snapshot::read(damaged.as_slice()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Gzip);
    let text = error.to_string();
    assert!(
        text.starts_with("the gzip stream is damaged or cut short: "),
        "{text}"
    );
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn a_failing_reader_is_told_from_a_bad_file() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let late = PLAIN.as_bytes()[..100].chain(Broken);
    for error in [
        Snapshot::read(Broken).unwrap_err(),
        Snapshot::read(late).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Read);
        assert!(
            error
                .to_string()
                .starts_with("the file cannot be read: the disk is gone")
        );
    }
}

#[test]
fn other_formats_are_refused() {
    for document in [
        "null",
        "[]",
        "12",
        "\"snapshot\"",
        "PK\u{3}\u{4}",
        "<html>",
        "{]",
    ] {
        let (kind, text) = read(document).unwrap_err();
        assert_eq!(kind, ErrorKind::Json, "{document}: {text}");
        assert!(text.starts_with("the document: "), "{document}: {text}");
    }
    let more = format!("{PLAIN} {{");
    let (kind, text) = read(&more).unwrap_err();
    assert_eq!(kind, ErrorKind::Json);
    assert!(text.contains("trailing characters"), "{text}");
}

#[test]
fn sections_must_be_there_once_and_in_order() {
    for section in ["snapshot", "nodes", "edges", "strings"] {
        let renamed = PLAIN.replacen(&format!("\"{section}\":"), "\"x\":", 1);
        let (kind, text) = read(&renamed).unwrap_err();
        let message = if section == "snapshot" {
            "`nodes` comes before `snapshot`, which names its columns".to_string()
        } else {
            format!("there is no section `{section}`")
        };
        assert_eq!(kind, ErrorKind::Section);
        assert!(text.starts_with(&message), "{text}");
    }
    let document = edited("\"samples\":[]", "\"nodes\":[]");
    let (kind, text) = read(&document).unwrap_err();
    assert_eq!(kind, ErrorKind::Section);
    assert!(text.starts_with("there are two sections `nodes`"), "{text}");
    assert_eq!(read("{}").unwrap_err().0, ErrorKind::Section);
}

#[test]
fn columns_that_are_needed_must_be_there() {
    for (list, column) in [
        ("node_fields", "type"),
        ("node_fields", "name"),
        ("node_fields", "edge_count"),
        ("edge_fields", "type"),
        ("edge_fields", "name_or_index"),
        ("edge_fields", "to_node"),
    ] {
        let start = PLAIN.find(list).unwrap();
        let (head, tail) = PLAIN.split_at(start);
        let document = head.to_string() + &tail.replacen(&format!("\"{column}\""), "\"x\"", 1);
        let (kind, text) = read(&document).unwrap_err();
        assert_eq!(kind, ErrorKind::Columns);
        assert!(
            text.starts_with(&format!("`{list}` has no `{column}`")),
            "{text}"
        );
    }
}

#[test]
fn kinds_must_be_named() {
    for (from, to, message) in [
        (
            r#"[["synthetic","object"],"#,
            r#"["number","#,
            "`node_types` names no kinds",
        ),
        (
            r#"[["property","element","weak"],"string_or_number","node"]"#,
            "[]",
            "`edge_types` names no kinds",
        ),
    ] {
        let (kind, text) = read(&edited(from, to)).unwrap_err();
        assert_eq!(kind, ErrorKind::Columns);
        assert!(text.starts_with(message), "{text}");
    }
    let many: Vec<_> = (0..256).map(|i| format!("\"{i}\"")).collect();
    let document = edited(r#""synthetic","object""#, &many.join(","));
    assert_eq!(read(&document).unwrap_err().0, ErrorKind::Columns);
}

#[test]
fn counts_must_be_true() {
    let (nodes, edges) = ("\"node_count\":3", "\"edge_count\":3");
    for (from, to, message) in [
        (
            nodes,
            "\"node_count\":4",
            "`snapshot` declares 4 nodes, but there are 3",
        ),
        (
            nodes,
            "\"node_count\":2",
            "`snapshot` declares 2 nodes, but there are more",
        ),
        (
            edges,
            "\"edge_count\":4",
            "`snapshot` declares 4 edges, but there are 3",
        ),
        (
            "\n,2,3,7\n",
            "",
            "`snapshot` declares 3 edges, but there are 2",
        ),
        (
            "\n,2,3,7\n",
            "\n,2,3,7,2,3,7\n",
            "`snapshot` declares 3 edges, but there are more",
        ),
        (
            "\n,2,3,7\n",
            "\n,2,3\n",
            "row 2 of `edges` ends after 2 of 3 numbers",
        ),
        (
            ",1,2,5,16,1,0,0",
            ",1,2,5,16",
            "row 2 of `nodes` ends after 4 of 7 numbers",
        ),
        (
            ",1,2,5,16,1,",
            ",1,2,5,16,0,",
            "the nodes have 2 edges by their `edge_count`, but there are 3",
        ),
    ] {
        let (kind, text) = read(&edited(from, to)).unwrap_err();
        assert_eq!(kind, ErrorKind::Count, "{text}");
        assert!(text.starts_with(message), "{text}");
    }
}

#[test]
fn rows_that_do_not_fit_in_32_bits_are_refused() {
    for count in ["4294967295", "18446744073709551615"] {
        let document = edited("\"node_count\":3", &format!("\"node_count\":{count}"));
        let (kind, text) = read(&document).unwrap_err();
        assert_eq!(kind, ErrorKind::TooLarge, "{text}");
    }
}

#[test]
fn a_declared_count_reserves_no_memory_by_itself() {
    let document = edited("\"node_count\":3", "\"node_count\":4294967294");
    assert_eq!(read(&document).unwrap_err().0, ErrorKind::Count);
}

#[test]
fn numbers_must_lead_somewhere() {
    let size = "of 7 numbers";
    for (from, to, message) in [
        ("[0,3,7\n", "[0,3,8\n", "`to_node` of row 0 of `edges` is 8, which is not a multiple of 7, the length of a node".to_string()),
        (",1,9,14\n", ",1,9,21\n", format!("`to_node` of row 1 of `edges` is 21, but there are 3 nodes {size}")),
        (",1,9,14\n", ",1,9,18446744073709551614\n", format!("`to_node` of row 1 of `edges` is 18446744073709551614, but there are 3 nodes {size}")),
        (",1,9,14\n", ",1,9,-7\n", format!("`to_node` of row 1 of `edges` is -7, but there are 3 nodes {size}")),
        (",1,9,14\n", ",1,9,10.5\n", format!("`to_node` of row 1 of `edges` is no whole number of 64 bits, but there are 3 nodes {size}")),
        ("\n,2,3,7\n", "\n,2,4294967295,7\n", "`name_or_index` of row 2 of `edges` is 4294967295, but must be less than 4294967295".to_string()),
        ("\n,2,3,7\n", "\n,2,-1,7\n", "`name_or_index` of row 2 of `edges` is -1, but must be less than 4294967295".to_string()),
        ("\n,2,3,7\n", "\n,2,4,7\n", "`name_or_index` of row 2 of `edges` is 4, but must be less than 4".to_string()),
        (",1,1,3,24,1", ",1,4,3,24,1", "`name` of row 1 of `nodes` is 4, but must be less than 4".to_string()),
        (",1,1,3,24,1", ",1,1,3,24,3", "`edge_count` of row 1 of `nodes` is 3, but must be less than 3".to_string()),
        (",1,1,3,24,1", ",1,1,3,24,-1", "`edge_count` of row 1 of `nodes` is -1, but must be less than 3".to_string()),
        ("\"edge_count\":3,", "\"edge_count\":-3,", "`edge_count` is -3, which counts nothing".to_string()),
        ("\"node_count\":3,", "\"node_count\":3.5,", "`node_count` is no whole number of 64 bits, which counts nothing".to_string()),
        ("\"edge_count\":3,", "\"edge_count\":3,\"root_index\":21,", format!("root_index is 21, but there are 3 nodes {size}")),
        ("\"edge_count\":3,", "\"edge_count\":3,\"root_index\":5,", "root_index is 5, which is not a multiple of 7, the length of a node".to_string()),
    ] {
        let (kind, text) = read(&edited(from, to)).unwrap_err();
        assert_eq!(kind, ErrorKind::Range, "{text}");
        assert!(text == message || text.starts_with(&format!("{message} (at byte ")), "{text}");
    }
}

#[test]
fn an_empty_heap_has_no_root() {
    let document = r#"{"snapshot":{"meta":{
        "node_fields":["type","name","id","self_size","edge_count"],"node_types":[[]],
        "edge_fields":["type","name_or_index","to_node"],"edge_types":[[]]},
        "node_count":0,"edge_count":0},"nodes":[],"edges":[],"strings":[]}"#;
    let (kind, text) = read(document).unwrap_err();
    assert_eq!(kind, ErrorKind::Range);
    assert!(
        text.starts_with("root_index is 0, but there are 0 nodes"),
        "{text}"
    );
}

#[test]
fn values_must_have_the_right_type() {
    for (from, to, message) in [
        (
            ",1,1,3,24,1",
            ",1,1,3,\"24\",1",
            "`nodes`, row 1: invalid type: string \"24\", expected a number",
        ),
        (
            ",1,9,14\n",
            ",1,[9],14\n",
            "`edges`, row 1: invalid type: sequence, expected a number",
        ),
        (
            "\"Tree\"",
            "7",
            "`strings`, row 2: invalid type: integer `7`, expected a string",
        ),
        (
            "\"Tree\"",
            "[84]",
            "`strings`, row 2: invalid type: sequence, expected a string",
        ),
        ("\"Tree\"", "\"\\x\"", "`strings`, row 2: invalid escape"),
        (
            "\"node_count\":3,",
            "",
            "`snapshot`: missing field `node_count`",
        ),
        (
            "\"node_count\":3",
            "\"node_count\":\"3\"",
            "`snapshot`: invalid type: string \"3\", expected a number",
        ),
        (
            r#"["type","name_or_index","to_node"]"#,
            "3",
            "`snapshot`: invalid type: integer `3`, expected a sequence",
        ),
        (
            "[[\"synthetic\"",
            "[7,[\"synthetic\"",
            "`snapshot`: invalid type: integer `7`, expected the type of a column",
        ),
    ] {
        let (kind, text) = read(&edited(from, to)).unwrap_err();
        assert_eq!(kind, ErrorKind::Json, "{text}");
        assert!(text.starts_with(message), "{text}");
        assert!(text.contains(" (at byte "), "{text}");
    }
}

#[test]
fn no_byte_brings_it_down() {
    let mut accepted = 0;
    for place in 0..PLAIN.len() {
        for byte in *b"0179-.e\"[]{},:\\ \x00\xed\xff" {
            let mut document = PLAIN.as_bytes().to_vec();
            document[place] = byte;
            if let Ok(snapshot) = Snapshot::read(document.as_slice()) {
                describe(&snapshot);
                assert!(snapshot.root_groups().len() <= snapshot.edge_count());
                accepted += 1;
            }
        }
    }
    assert!(accepted > 0);
}
