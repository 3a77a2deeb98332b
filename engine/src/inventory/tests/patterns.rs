//! What `--target` picks from an inventory.

use super::*;

const HOSTS: &str = "
groups:
  web: [web1, web2, web3]
  db: [db1, db2]
  eu: {groups: [db], hosts: [web1]}
  none: []
hosts: {spare: , '2001:db8::1': }
";

/// The hosts of each pattern are those that `ansible PATTERN --list-hosts` 2.19 lists for the same groups; a name twice, and
/// `local`, are ours.
#[test]
fn a_pattern_picks_what_ansible_would_pick() {
    let inventory = sound(HOSTS);
    for (pattern, wanted) in [
        ("web", "web1 web2 web3"),
        ("web1", "web1"),
        ("web,db1", "web1 web2 web3 db1"),
        ("web:db", "web1 web2 web3 db1 db2"),
        (" web , eu ", "web1 web2 web3 db1 db2"),
        ("web:&eu", "web1"),
        ("web:!web3", "web1 web2"),
        ("!web3:web", "web1 web2"),
        ("web,db,&eu,!db2", "web1 db1"),
        ("web[0]", "web1"),
        ("web[-1]", "web3"),
        ("web[0:1]", "web1 web2"),
        ("web[1:]", "web2 web3"),
        ("web[0-1]", "web1 web2"),
        ("web*", "web1 web2 web3"),
        ("*1", "2001:db8::1 db1 web1"),
        ("web?:!web[0]", "web2 web3"),
        ("d[a-c]1:db[!1]", "db1 db2"),
        ("all:!web:!db", "2001:db8::1 spare"),
        ("!web", "2001:db8::1 db1 db2 spare"),
        ("2001:db8::1", "2001:db8::1"),
        ("local", "local"),
        ("web1,web1", "web1 web1"),
    ] {
        assert_eq!(inventory.hosts_of(pattern).map(|hosts| hosts.join(" ")), Ok(wanted.to_owned()), "{pattern}");
    }
}

#[test]
fn what_matches_nothing_is_an_error_that_names_what_there_is() {
    let inventory = sound(HOSTS);
    for (pattern, said, help) in [
        ("wep", "`wep` matches no host and no group of hosts.yaml", "did you mean `web`?"),
        ("web,wep2", "`wep2` matches no host", "did you mean `web2`?"),
        ("web:!wep3", "`wep3` matches no host", "did you mean `web3`?"),
        ("qqq", "`qqq` matches no host", "it has `db`, `eu`, `none`, `web`, `2001:db8::1`, `db1`, `db2`, `spare`"),
        ("x*", "`x*` matches no host", "it has"),
        ("none", "the group `none` of hosts.yaml has no hosts", "give it hosts"),
        ("web[3]", "`web[3]` picks none of the 3 hosts that `web` has", "`[-1]`"),
        ("web[5:9]", "picks none", "`[0]`"),
        ("web:&spare", "`web:&spare` leaves no host", "in both"),
        ("web:!web", "leaves no host", "alone"),
        ("~web.*", "a regular expression", "`*`"),
    ] {
        let why = inventory.hosts_of(pattern).expect_err(pattern);
        assert!(why.to_string().contains(said) && why.help().contains(help), "{pattern}: {why}; {}", why.help());
    }
    assert_eq!(sound("").hosts_of("web").map_err(|why| why.help()), Err("it has neither groups nor hosts".to_owned()));
}
