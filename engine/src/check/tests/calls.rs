//! `call`: what it is given, where it stands, and circles.

use grammar::source::Span;

use super::*;

/// A runbook that wants a version and a set of hosts, and one that calls it with these arguments.
fn calling(arguments: &str) -> String {
    format!(
        "runbook site.up {{\n param to: version\n param why: string = \"x\"\n target web\n target first: host = web[0]\n step s on web {{ run `echo {{{{ to }}}} {{{{ why }}}}` }}\n step t on first {{ run `true` }} }}\n\
         runbook x {{\n target h: host = \"h1\"\n target t = [\"h1\", \"h2\"]\n param p: string = \"v\"\n call up site.up({arguments})\n step s on h {{ run `echo {{{{ p }}}}` }} }}"
    )
}

#[test]
fn a_call_gives_what_the_runbook_declares_and_nothing_else() {
    let missed: Vec<String> = [
        ("web: t", "RB0105", "site.up", "`to: …`"),
        ("to: \"1.0\"", "RB0144", "site.up", "`web: …`"),
        ("to: \"1.0\", web: t, wep: t", "RB0103", "wep", "`web`"),
        ("to: \"1.0\", web: h", "RB0108", "h", "a list"),
        ("to: \"1.0\", web: [h], first: t", "RB0108", "t", "a host"),
        ("to: \"-x\", web: t", "RB0107", "-x", "a version"),
        ("to: nothing, web: t", "RB0104", "nothing", "text stands in quotes"),
    ]
    .into_iter()
    .filter_map(|(arguments, code, at, help)| miss(&calling(arguments), code, at, help))
    .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    for sound in ["to: \"1.0\", web: t", "to: version(\"1.0\"), web: [h], why: p", "to: \"1.0\", web: t, first: h"] {
        assert!(checked(&calling(sound)).is_ok(), "{sound}: {:#?}", checked(&calling(sound)).err());
    }
}

#[test]
fn a_target_that_is_not_passed_has_the_same_name_here() {
    let text = |here: &str| format!("runbook site.up {{\n target web\n step s on web {{ run `true` }} }}\nrunbook x {{\n {here}\n call up site.up }}");
    assert!(checked(&text("target web = [\"w1\"]")).is_ok());
    finds(&text("target web: host = \"w1\"\n step s on web { run `true` }"), "RB0144", "site.up", "`web` is one host here");
    finds(&text("param web: string = \"w1\"\n step s on local { run `echo {{ web }}` }"), "RB0144", "site.up", "`web` is no target here");
    // Hosts that are written in the called runbook are its own, not the caller's wish.
    let own = "runbook site.up {\n target web = [\"w1\"]\n step s on web { run `true` } }\nrunbook x { call up site.up }";
    finds(own, "RB0144", "site.up", "pass it");
}

#[test]
fn an_unknown_runbook_is_told_with_the_one_that_was_meant() {
    finds("runbook site.update { }\nrunbook x { call up site.updat }", "RB0142", "site.updat", "`site.update`");
    finds("runbook x { call up far.away }", "RB0142", "far.away", "there is: `x`");
    finds("runbook x { }\nrunbook x { }", "RB0141", "x", "rename");
}

#[test]
fn a_circle_of_calls_is_told_from_its_smallest_position() {
    let text = "runbook c { call down a }\nrunbook a { parallel { call up b } }\nrunbook b { boundary x { call round c } }\nrunbook d { call in a }";
    let errors = checked(text).expect_err("a circle");
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!((errors[0].code, errors[0].message.as_str()), ("RB0143", "runbooks call each other in a circle: c → a → b → c"));
    assert_eq!(errors[0].span.start, text.find("down a").expect("there") + 5);
    assert_eq!(errors[0].related.len(), 2);
    finds("runbook a { call me a }", "RB0143", "a", "never come back");
}

#[test]
fn calls_are_not_nested_without_end_and_long_chains_are_told_and_do_no_harm() {
    let chain = |length: usize| {
        let books: String = (0..length).map(|n| format!("runbook r{n} {{ parallel {{ call c r{} }} }}\n", n + 1)).collect();
        format!("{books}runbook r{length} {{ step s on local {{ run `true` }} }}")
    };
    assert!(checked(&chain(32)).is_ok());
    let errors = checked(&chain(5_000)).expect_err("too deep");
    assert_eq!(errors.iter().map(|e| (e.code, e.message.as_str())).collect::<Vec<_>>(), [("RB0150", "calls are nested more than 32 deep")]);
    let doubled: String = (0..20).map(|n| format!("runbook r{n} {{ call a r{m}\n call b r{m} }}\n", m = n + 1)).collect();
    let errors = checked(&format!("{doubled}runbook r20 {{ }}")).expect_err("a million calls");
    assert_eq!(errors.iter().map(|e| (e.code, e.message.as_str())).collect::<Vec<_>>(), [("RB0150", "calls unfold to more than 10000")]);
}

#[test]
fn of_a_knot_the_circle_through_its_smallest_position_is_told() {
    let text = "runbook a { call one b\n call two c }\nrunbook b { call back a }\nrunbook c { call on d }\nrunbook d { call back a }";
    let errors = checked(text).expect_err("a knot");
    assert_eq!(errors.iter().map(|e| e.message.as_str()).collect::<Vec<_>>(), ["runbooks call each other in a circle: a → b → a"]);
}

#[test]
fn what_can_not_be_taken_back_is_not_called_side_by_side_with_others() {
    let text = "runbook deep { target h: host = \"h1\"\n gate g \"?\" { timeout 1h then park }\n step drop on h { run `true`\n irreversible \"gone\" } }\n\
                runbook middle { target h: host = \"h1\"\n call deeper deep }\n\
                runbook x { target h: host = \"h1\"\n parallel { call down middle\n step s on h { run `true` } } }";
    finds(text, "RB0124", "down", "before or behind");
}

#[test]
fn a_called_runbook_sees_its_own_names_alone() {
    let text = "runbook site.up { step s on local { run `echo {{ p }}` } }\nrunbook x {\n param p: string = \"v\"\n call up site.up\n step s on local { run `echo {{ p }}` } }";
    finds(text, "RB0104", "p", "text stands in quotes");
}

#[test]
fn the_id_of_a_call_is_one_of_its_runbooks_ids() {
    finds("runbook y { }\nrunbook x { step up on local { run `true` }\n call up y }", "RB0109", "up", "up-2");
    finds("runbook y { }\nrunbook x { call Up_It y }", "RB0126", "Up_It", "`up-it`");
}

#[test]
fn runbooks_of_an_imported_file_can_be_called() {
    let mut folder =
        Folder(BTreeMap::from([("up.runbook", "import \"deep.runbook\"\nrunbook site.up { call in site.deep }"), ("deep.runbook", "runbook site.deep { }")]));
    let program = check(read("import \"up.runbook\"\nrunbook x { call up site.up }\nrunbook y { }"), &mut folder).expect("sound");
    let names = |places: &[Span]| places.iter().filter_map(|at| program.runbook_at(*at)).map(|r| r.name.value.clone()).collect::<Vec<_>>();
    assert_eq!(names(program.own_runbooks()), ["x", "y"]);
    assert_eq!(names(&program.reachable()), ["x", "site.up", "site.deep"]);
    let errors = check(read("import \"up.runbook\"\nrunbook site.up { }"), &mut folder).expect_err("two of one name");
    assert_eq!(errors[0].code, "RB0141");
}
